import type { BundleWarning } from "@relearn/client";
import { hashRows } from "./row-hashes.ts";
import type { TrainingTable } from "./training-table.ts";

/**
 * Puts rows that repeat each other in every feature and in the label into one group, so that a copy never
 * tests the model that its twin trained. Where fewer than half of the rows are distinct, the table looks
 * like few values counted many times rather than like copies, and nothing is grouped; the warning says which.
 * Cost O(rows · columns); rows are compared by a 53-bit hash: a collision would only put two rows in one fold.
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
