/**
 * Finds items that are equal or nearly equal, so that a person is not asked the same question twice.
 *
 * If two items are within the tolerance, so are their projections on any direction. The items are therefore sorted
 * along one random direction, and each is compared only with its neighbours along it. No distance matrix; time
 * O(n log n + n · neighbours).
 */
import type { Random } from "../numerics/random.ts";
import { squaredDistance } from "../numerics/weighted-k-means.ts";

/**
 * Returns for each row the row that represents it, the row itself if it has no twin. Rows come in order of value: a
 * row is represented by an earlier one within `tolerance` (Euclidean distance) that is not represented itself.
 * `rows`: count x dimensions, standardised. Tolerance 0 finds exact duplicates only.
 */
export function collapseTwins(
  rows: Float64Array,
  dimensions: number,
  tolerance: number,
  random: Random,
): Int32Array {
  const count = dimensions === 0 ? 0 : rows.length / dimensions;
  const direction = Float64Array.from({ length: dimensions }, () => random.normal());
  const length = Math.hypot(...direction);
  const projections = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    for (let d = 0; d < dimensions; d++) {
      projections[row]! += (rows[row * dimensions + d]! * direction[d]!) / length;
    }
  }
  const order = Int32Array.from({ length: count }, (_, row) => row).sort(
    (a, b) => projections[a]! - projections[b]! || a - b,
  );
  const ranks = new Int32Array(count);
  order.forEach((row, index) => {
    ranks[row] = index;
  });
  // Projections of equal vectors may differ in their last bits.
  const reach = tolerance + 1e-9 * (1 + Math.abs(projections[order[0]!] ?? 0));
  const representatives = Int32Array.from({ length: count }, (_, row) => row);
  const isNear = (row: number, other: number): boolean =>
    squaredDistance(rows, row * dimensions, rows, other * dimensions, dimensions) <= tolerance * tolerance;

  const findRepresentative = (row: number): number => {
    for (const step of [-1, 1]) {
      for (let at = ranks[row]! + step; at >= 0 && at < count; at += step) {
        const other = order[at]!;
        if (Math.abs(projections[other]! - projections[row]!) > reach) break;
        if (other > row) continue;
        // Try the neighbour's representative: among many equal rows this ends the search at once.
        const representative = representatives[other]!;
        if (isNear(row, representative)) return representative;
      }
    }
    return row;
  };
  for (let row = 0; row < count; row++) representatives[row] = findRepresentative(row);
  return representatives;
}
