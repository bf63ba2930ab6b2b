import { sortedQuantile } from "./log-scale.ts";

/** The middle value, of an even number the mean of the two in the middle; null of none. Cost O(n log n). */
export function median(values: readonly number[]): number | null {
  return values.length === 0 ? null : sortedQuantile(Float64Array.from(values).sort(), 0.5);
}
