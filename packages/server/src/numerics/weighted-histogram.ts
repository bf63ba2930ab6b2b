/**
 * Weights of values in [0, 1] in equal bins: what a quantile of an arm is read from when its units have
 * different weights. A document: part of stored evidence.
 */
export interface WeightedHistogram {
  bins: number[];
}

/** On a latency range of 4 natural logarithms a bin is 2 % wide; inside it the quantile is interpolated. */
const BINS = 200;

export function emptyHistogram(): WeightedHistogram {
  return { bins: new Array<number>(BINS).fill(0) };
}

export function addToHistogram(histogram: WeightedHistogram, value: number, weight: number): void {
  histogram.bins[Math.min(BINS - 1, Math.floor(value * BINS))]! += weight;
}

/** The value below which `share` of the weight lies, linear inside a bin; null while empty. */
export function histogramQuantile(histogram: WeightedHistogram, share: number): number | null {
  const total = histogram.bins.reduce((sum, weight) => sum + weight, 0);
  if (total <= 0) return null;
  let before = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const weight = histogram.bins[bin]!;
    if (weight > 0 && before + weight >= share * total)
      return (bin + (share * total - before) / weight) / BINS;
    before += weight;
  }
  return 1;
}
