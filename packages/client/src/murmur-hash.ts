/**
 * MurmurHash3 x86 32 (Austin Appleby, 2011, public domain) over the UTF-8 of a string.
 *
 * The bytes are made while hashing, so no buffer is allocated; a unit id of 20 characters costs some tens
 * of nanoseconds. A lone surrogate counts as U+FFFD, as in `TextEncoder`. Not for secrets.
 */
export function murmurHash3(text: string, seed = 0): number {
  return hashOnward(text, seed | 0, 0, 0, 0);
}

/**
 * The hash of `prefix + text` for many texts: what the prefix contributes is computed once.
 * `prefix` must not end in the first half of a surrogate pair.
 */
export function murmurHash3After(prefix: string, seed = 0): (text: string) => number {
  const bytes = new TextEncoder().encode(prefix);
  const whole = bytes.length & ~3;
  let hash = seed | 0;
  for (let at = 0; at < whole; at += 4) {
    hash = mix(hash, bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
  }
  let word = 0;
  let shift = 0;
  for (let at = whole; at < bytes.length; at++) {
    word |= bytes[at]! << shift;
    shift += 8;
  }
  return (text) => hashOnward(text, hash, word, shift, bytes.length);
}

/** Of the first byte of a UTF-8 sequence, by the number of bytes that follow it. */
const leadBits = [0, 0xc0, 0xe0, 0xf0];

/** Goes on from a state: the hash so far, the bytes of an unfinished word, its bits in use, bytes so far. */
function hashOnward(
  text: string,
  hashSoFar: number,
  wordSoFar: number,
  shiftSoFar: number,
  byteCount: number,
): number {
  let hash = hashSoFar;
  let word = wordSoFar;
  let shift = shiftSoFar;
  let length = byteCount;
  for (let at = 0; at < text.length; at++) {
    let code = text.charCodeAt(at);
    if (code < 0x80) {
      word |= code << shift;
      shift += 8;
      length += 1;
      if (shift === 32) {
        hash = mix(hash, word);
        word = 0;
        shift = 0;
      }
      continue;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      const next = code < 0xdc00 && at + 1 < text.length ? text.charCodeAt(at + 1) : 0;
      if (next >= 0xdc00 && next <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00);
        at += 1;
      } else {
        code = 0xfffd;
      }
    }
    const following = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    for (let part = following; part >= 0; part--) {
      const bits = code >>> (6 * part);
      const byte = part === following ? leadBits[following]! | bits : 0x80 | (bits & 0x3f);
      word |= byte << shift;
      shift += 8;
      length += 1;
      if (shift === 32) {
        hash = mix(hash, word);
        word = 0;
        shift = 0;
      }
    }
  }
  if (shift > 0) hash ^= scramble(word);
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mix(hash: number, word: number): number {
  const mixed = hash ^ scramble(word);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function scramble(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}
