/**
 * Computes GrowthBook's bucketing hash, for installations that migrate from it: FNV-1a 32 over UTF-16 code units. Version 1
 * has 1,000 buckets, version 2 has 10,000 and hashes twice; returns null for other versions. The value is in [0, 1).
 */
export function growthbookHash(seed: string, value: string, version: number): number | null {
  if (version === 2) return growthbookBucket(seed, value) / 10_000;
  if (version === 1) return (fnv1a32(value + seed) % 1000) / 1000;
  return null;
}

/** Computes GrowthBook's bucket of hash version 2, a whole number in [0, 10000). */
export function growthbookBucket(seed: string, value: string): number {
  return fnv1a32(String(fnv1a32(seed + value))) % 10_000;
}

function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
