/**
 * Numeric table for training: one Float64Array per feature, all of the same length, one entry per row. Stored by column,
 * because both models read columns (the tree sorts them; the logistic fit reads tiles of them), and because columns of
 * unknown final length can grow one by one: 1,000,000 x 57 values take 456 MB, which must not be in memory twice.
 */
export interface FeatureColumns {
  readonly rows: number;
  readonly columns: readonly Float64Array[];
}

/**
 * Copies a row-major table of `rows` x `columns` values into columns. Cost O(rows · columns).
 *
 * @example
 * columnsFromRowMajor(Float64Array.of(1, 10, 2, 20), 2, 2).columns // [[1, 2], [10, 20]]
 */
export function columnsFromRowMajor(values: Float64Array, rows: number, columns: number): FeatureColumns {
  const out: Float64Array[] = [];
  for (let column = 0; column < columns; column++) out.push(new Float64Array(rows));
  // Blocks of rows stay in the cache while they are copied to one column after another.
  const block = 64;
  for (let start = 0; start < rows; start += block) {
    const end = Math.min(rows, start + block);
    for (let column = 0; column < columns; column++) {
      const target = out[column]!;
      for (let row = start, at = start * columns + column; row < end; row++, at += columns) {
        target[row] = values[at]!;
      }
    }
  }
  return { rows, columns: out };
}

/**
 * Finds the first value that is NaN or infinite, by column and then row, both from 0. `undefined` if all are finite.
 *
 * @example
 * firstNotFinite({ rows: 2, columns: [Float64Array.of(1, 2), Float64Array.of(3, Number.NaN)] }) // { column: 1, row: 1 }
 */
export function firstNotFinite(table: FeatureColumns): { column: number; row: number } | undefined {
  for (let column = 0; column < table.columns.length; column++) {
    const values = table.columns[column]!;
    for (let row = 0; row < table.rows; row++) {
      // x - x is 0 for finite x and NaN otherwise: one branch per value.
      if (values[row]! - values[row]! !== 0) return { column, row };
    }
  }
  return undefined;
}
