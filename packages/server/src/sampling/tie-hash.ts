/**
 * A 32-bit hash of a task key that orders candidates of equal value: the same on every run and machine, and
 * unrelated to the key's spelling, so that ties do not always favour the tasks that come first by name.
 *
 * FNV-1a over UTF-16 code units with MurmurHash3's finaliser (public domain, Noll; Appleby). Not for secrets.
 */
export function tieHash(taskKey: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < taskKey.length; index++) {
    hash = Math.imul(hash ^ taskKey.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Orders two tasks of equal value: by hash, then by key. Negative where `a` goes first. */
export function byTieHash(a: string, b: string): number {
  return tieHash(a) - tieHash(b) || (a < b ? -1 : a > b ? 1 : 0);
}
