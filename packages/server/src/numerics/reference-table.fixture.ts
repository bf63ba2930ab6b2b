import { columnsFromRowMajor, type FeatureColumns } from "./feature-columns.ts";

export interface ReferenceTable {
  readonly table: FeatureColumns;
  readonly labels: Uint16Array;
  readonly classes: number;
  /** Weights as confidences make them: 0.2, 0.4, … 1. */
  readonly weights: Float64Array;
}

/**
 * The table that `scripts/trainer-reference.py` makes with the same arguments: Park-Miller numbers, columns
 * of very different scale (1 to 1e4) on a grid and rounded to float32, because scikit-learn's trees see
 * float32 and do not split between values nearer than 1e-7.
 */
export function referenceTable(rows: number, width: number, classes: number, seed: number): ReferenceTable {
  let state = seed;
  const uniform = (): number => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
  const values = new Float64Array(rows * width);
  const labels = new Uint16Array(rows);
  const weights = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let t = 0;
    for (let column = 0; column < width; column++) {
      const u = uniform() - 0.5;
      t += ((column % 3) - 1) * 2 * u;
      values[row * width + column] = Math.fround((Math.floor(u * 1e5) / 1e5) * 10 ** (column % 5) + column);
    }
    t += 1.5 * (uniform() - 0.5);
    labels[row] = Math.min(classes - 1, Math.max(0, Math.floor(((t + 1) / 2) * classes)));
    weights[row] = ((row % 5) + 1) / 5;
  }
  return { table: columnsFromRowMajor(values, rows, width), labels, classes, weights };
}
