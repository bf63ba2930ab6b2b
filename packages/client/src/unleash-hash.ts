import { murmurHash3After } from "./murmur-hash.ts";

/** The seed with which Unleash distributes units over the variants of a flag; rollouts use 0. */
export const UNLEASH_VARIANT_SEED = 86028157;

/**
 * Computes Unleash's normalised value, for installations that migrate from it: a whole number in [1, buckets]. A unit is in a
 * gradual rollout of p percent if its value over 100 buckets is at most p.
 */
export function unleashBucket(group: string, id: string, buckets = 100, seed = 0): number {
  return prepareUnleashBucket(group, buckets, seed)(id);
}

/** Returns a function that computes `unleashBucket` for many ids of one group. */
export function prepareUnleashBucket(group: string, buckets = 100, seed = 0): (id: string) => number {
  const hash = murmurHash3After(`${group}:`, seed);
  return (id) => (hash(id) % buckets) + 1;
}
