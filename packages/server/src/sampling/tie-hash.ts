import { createHash } from "node:crypto";

/**
 * Computes a 32-bit hash of a task key that orders candidates of equal value. It is the same on every run and machine
 * and independent of the alphabetical order, so that ties do not always favour the first tasks by name.
 *
 * The hash is the first four bytes of MD5, big-endian, because PostgreSQL computes the same (`task_key_hash`) and
 * keeps its indexes in this order. It is not cryptographically secure.
 */
export function computeTieHash(taskKey: string): number {
  return createHash("md5").update(taskKey).digest().readUInt32BE(0);
}

/** Orders two tasks of equal value by hash, then by key. Negative if `a` goes first. */
export function byTieHash(a: string, b: string): number {
  return computeTieHash(a) - computeTieHash(b) || (a < b ? -1 : a > b ? 1 : 0);
}
