import type { BundleWarning } from "@relearn/client";
import { hashRows } from "./row-hashes.ts";
import type { TrainingTable } from "./training-table.ts";

/**
 * Groups rows that are equal in every feature and in the label, so that a model is not tested on a copy of a row that
 * trained it. If fewer than half of the rows are distinct, the table is more likely to contain counts than copies, and
 * nothing is grouped; the warning states which. Rows are compared by a 53-bit hash: a collision only puts two rows in one
 * fold. Cost O(rows · columns).
 *
 * @example
 * const table = { rows: 4, columns: [Float64Array.of(1, 2, 1, 3)] };
 * const rows = { featureNames: ["x"], table, classes: ["no", "yes"], labels: Uint16Array.of(0, 1, 0, 1), weights: null, groups: null };
 * const { input, warnings } = groupRepeatedRows(rows);
 * input.groups // [0, 1, 0, 2]
 * warnings[0].code // "repeated_rows"
 */
export function groupRepeatedRows(input: TrainingTable): {
  input: TrainingTable;
  warnings: BundleWarning[];
} {
  const { rows, columns } = input.table;
  const groups = new Int32Array(rows);
  const seen = new Map<number, number>();
  const hashes = hashRows(columns, input.labels);
  for (let row = 0; row < rows; row++) {
    const hash = hashes[row]!;
    let group = seen.get(hash);
    if (group === undefined) {
      group = seen.size;
      seen.set(hash, group);
    }
    groups[row] = group;
  }
  const repeats = rows - seen.size;
  if (repeats === 0) return { input, warnings: [] };
  const grouped = seen.size * 2 >= rows;
  const consequence = grouped
    ? "copies were kept in one fold"
    : "so many that they look like counts, not copies: they were spread over the folds, and the held-out figures are about rows like those seen";
  return {
    input: grouped ? { ...input, groups } : input,
    warnings: [
      {
        code: "repeated_rows",
        message: `${repeats} of ${rows} rows repeat another in every feature and the label; ${consequence}.`,
      },
    ],
  };
}
