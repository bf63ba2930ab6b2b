import { sortOrder } from "../numerics/sort-order.ts";
import { hashRows } from "./row-hashes.ts";

/**
 * Sorts rows in place by a hash of their content, and different rows with the same hash by their values. The same rows then
 * train the same model, bit for bit, in whatever order a file has them, and patterns in that order do not affect sums or
 * folds. Cost O(rows · columns).
 *
 * @example
 * const x = Float64Array.of(3, 1, 2);
 * const labels = Uint16Array.of(1, 0, 1);
 * orderRows([x], labels);
 * x // [1, 3, 2]
 * labels // [0, 1, 1]
 * const reversed = Float64Array.of(2, 1, 3);
 * orderRows([reversed], Uint16Array.of(1, 0, 1));
 * reversed // [1, 3, 2]
 */
export function orderRows(columns: readonly Float64Array[], labels: Uint16Array): void {
  const rows = labels.length;
  const hashes = hashRows(columns, labels);
  const order = sortOrder(hashes, rows);
  const byValues = (a: number, b: number): number => {
    for (const values of columns) {
      const difference = values[a]! - values[b]!;
      if (difference !== 0) return difference;
    }
    return labels[a]! - labels[b]!;
  };
  for (let start = 0; start < rows; ) {
    let end = start + 1;
    while (end < rows && hashes[order[end]!] === hashes[order[start]!]) end++;
    if (end - start > 1) order.subarray(start, end).sort(byValues);
    start = end;
  }
  const ordered = new Float64Array(rows);
  for (const values of columns) {
    for (let to = 0; to < rows; to++) ordered[to] = values[order[to]!]!;
    values.set(ordered);
  }
  labels.set(Uint16Array.from(order, (row) => labels[row]!));
}
