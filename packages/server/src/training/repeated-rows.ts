import type { BundleWarning } from "@relearn/client";
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
  const one = new Float64Array(1);
  const bits = new Uint32Array(one.buffer);
  for (let row = 0; row < rows; row++) {
    let a = 0x9e3779b9 ^ input.labels[row]!;
    let b = 0x85ebca6b;
    for (const values of columns) {
      one[0] = values[row]! + 0;
      a = Math.imul(a ^ bits[0]!, 0xcc9e2d51);
      a = Math.imul(((a << 13) | (a >>> 19)) ^ bits[1]!, 0x1b873593);
      b = Math.imul(b ^ bits[1]!, 0xc2b2ae35);
      b = Math.imul(((b << 15) | (b >>> 17)) ^ bits[0]! ^ a, 0x27d4eb2f);
    }
    const hash = (a >>> 0) * 2097152 + ((b ^ (b >>> 15)) >>> 11);
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
