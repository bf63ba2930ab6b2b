/**
 * Finds items that are the same or nearly, so that a person is not asked the same thing twice.
 *
 * Two items within the tolerance have projections on any direction within it too: the items are sorted along
 * one random direction, and each is compared only with those before it that are near enough along it. No
 * distance matrix; time O(n log n + n · neighbours).
 */
import type { Random } from "../numerics/random.ts";
import { squaredDistance } from "../numerics/weighted-k-means.ts";

/**
 * For each row the row that stands for it, itself where it stands alone. Rows come in order of merit: a row
 * is stood for by an earlier one within `tolerance` (Euclidean), never by one that is stood for itself.
 * `rows`: count x dimensions, standardised. Tolerance 0: exact duplicates alone.
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
  const place = new Int32Array(count);
  order.forEach((row, index) => {
    place[row] = index;
  });
  // Equal vectors may differ in the last bits of their projections.
  const reach = tolerance + 1e-9 * (1 + Math.abs(projections[order[0]!] ?? 0));
  const standsFor = Int32Array.from({ length: count }, (_, row) => row);
  const near = (row: number, other: number): boolean =>
    squaredDistance(rows, row * dimensions, rows, other * dimensions, dimensions) <= tolerance * tolerance;

  const findStand = (row: number): number => {
    for (const step of [-1, 1]) {
      for (let at = place[row]! + step; at >= 0 && at < count; at += step) {
        const other = order[at]!;
        if (Math.abs(projections[other]! - projections[row]!) > reach) break;
        if (other > row) continue;
        // A neighbour's stand first: in a crowd of equals it ends the search at once.
        const stand = standsFor[other]!;
        if (near(row, stand)) return stand;
      }
    }
    return row;
  };
  for (let row = 0; row < count; row++) standsFor[row] = findStand(row);
  return standsFor;
}
