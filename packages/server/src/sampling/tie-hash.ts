import { createHash } from "node:crypto";

/**
 * A 32-bit hash of a task key that orders candidates of equal value: the same on every run and machine, and
 * unrelated to the key's spelling, so that ties do not always favour the tasks that come first by name.
 *
 * The first four bytes of MD5, big-endian, because PostgreSQL computes the same (`task_key_hash`) and keeps
 * its indexes in this order. Not for secrets.
 */
export function computeTieHash(taskKey: string): number {
  return createHash("md5").update(taskKey).digest().readUInt32BE(0);
}

/** Orders two tasks of equal value: by hash, then by key. Negative where `a` goes first. */
export function byTieHash(a: string, b: string): number {
  return computeTieHash(a) - computeTieHash(b) || (a < b ? -1 : a > b ? 1 : 0);
}
