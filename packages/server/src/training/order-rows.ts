import { sortOrder } from "../numerics/sort-order.ts";
import { hashRows } from "./row-hashes.ts";

/**
 * Puts rows, in place, into an order that follows from what is in them: by a hash, and where two that differ
 * share one, by their values. The same rows so train the same model, bit for bit, however a file was sorted;
 * and no pattern of a file gets into sums or folds. Cost O(rows · columns).
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
  const spare = new Float64Array(rows);
  for (const values of columns) {
    for (let to = 0; to < rows; to++) spare[to] = values[order[to]!]!;
    values.set(spare);
  }
  labels.set(Uint16Array.from(order, (row) => labels[row]!));
}
