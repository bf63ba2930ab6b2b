import { sortedQuantile } from "./log-scale.ts";

/**
 * Returns the median; with an even number of values the mean of the two middle ones. `null` if there is no value.
 * Cost O(n log n).
 *
 * @example
 * median([3, 1, 2]) // 2
 * median([4, 1, 2, 3]) // 2.5
 */
export function median(values: readonly number[]): number | null {
  return values.length === 0 ? null : sortedQuantile(Float64Array.from(values).sort(), 0.5);
}
