/** Computes 1 / (1 + e^-z) without overflow for any z, including infinities. */
export function sigmoid(z: number): number {
  if (z >= 0) return 1 / (1 + Math.exp(-z));
  const e = Math.exp(z);
  return e / (1 + e);
}

/**
 * Computes the softmax of `scores[0..count)` in place, shifted by the largest score so that nothing overflows. Scores must be
 * finite.
 */
export function softmaxInPlace(scores: Float64Array, count = scores.length): void {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < count; k++) if (scores[k]! > greatest) greatest = scores[k]!;
  let sum = 0;
  for (let k = 0; k < count; k++) {
    const e = Math.exp(scores[k]! - greatest);
    scores[k] = e;
    sum += e;
  }
  for (let k = 0; k < count; k++) scores[k]! /= sum;
}

/**
 * Minimum distance of a share from 0 and 1 in log-odds. A leaf of a tree can hold a single class; its infinite log-odds
 * would make a calibration meaningless. 1e-6 is a log-odds of 13.8.
 */
const SHARE_FLOOR = 1e-6;

/** Computes log(p / (1 - p)) of a share in [0, 1], bounded to ±13.8. */
export function boundedLogit(share: number): number {
  const p = Math.min(1 - SHARE_FLOOR, Math.max(SHARE_FLOOR, share));
  return Math.log(p / (1 - p));
}
