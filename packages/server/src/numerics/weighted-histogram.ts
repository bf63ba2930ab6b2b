/**
 * Weights of values in [0, 1] in equal bins, for the quantiles of an arm whose units have different weights. A document: part of stored evidence.
 */
export interface WeightedHistogram {
  bins: number[];
}

/** On a latency range of 4 natural logarithms a bin is 2 % wide; inside it the quantile is interpolated. */
const BINS = 200;

/**
 * Creates a histogram without any weight.
 *
 * @example
 * emptyHistogram().bins.length // 200
 */
export function emptyHistogram(): WeightedHistogram {
  return { bins: new Array<number>(BINS).fill(0) };
}

/**
 * Adds a value in [0, 1] with its weight, in place.
 *
 * @example
 * const histogram = emptyHistogram();
 * addToHistogram(histogram, 0.5, 2);
 * histogram.bins[100] // 2
 */
export function addToHistogram(histogram: WeightedHistogram, value: number, weight: number): void {
  histogram.bins[Math.min(BINS - 1, Math.floor(value * BINS))]! += weight;
}

/**
 * Computes the value below which `share` (0 to 1) of the weight lies, linear inside a bin. `null` if it is empty.
 *
 * @example
 * const histogram = emptyHistogram();
 * addToHistogram(histogram, 0.25, 1);
 * addToHistogram(histogram, 0.75, 3);
 * histogramQuantile(histogram, 0.5) // 0.751667
 */
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
