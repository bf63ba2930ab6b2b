import type { FeatureColumns } from "./feature-columns.ts";

/** Mean and population standard deviation (divided by n) of each column; a constant column has scale 1. */
export interface Scaler {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** 1 if the column is constant. */
  readonly constant: Uint8Array;
}

/**
 * Fits the scaler to rows (`null`: all), as scikit-learn's StandardScaler does, its rule for "constant" included:
 * variance <= n·eps·variance + (n·mean·eps)², the rounding error of a two-pass variance. A column whose values are all
 * the same has exactly that value as its mean. Rows are not weighted.
 *
 * Two passes with a correction term (Chan, Golub, LeVeque 1983). Cost O(rows · columns).
 * A column whose spread overflows has an infinite scale; the caller reports it.
 *
 * @example
 * const scaler = fitScaler({ rows: 4, columns: [Float64Array.of(2, 4, 4, 6), Float64Array.of(5, 5, 5, 5)] });
 * scaler.mean // [4, 5]
 * scaler.scale // [1.41421, 1]
 * scaler.constant // [0, 1]
 */
export function fitScaler(table: FeatureColumns, rows: Int32Array | null = null): Scaler {
  const width = table.columns.length;
  const scaler = {
    mean: new Float64Array(width),
    scale: new Float64Array(width),
    constant: new Uint8Array(width),
  };
  const count = rows === null ? table.rows : rows.length;
  const gathered = rows === null ? null : new Float64Array(count);
  for (let column = 0; column < width; column++) {
    let values = table.columns[column]!;
    if (gathered !== null) {
      for (let i = 0; i < count; i++) gathered[i] = values[rows![i]!]!;
      values = gathered;
    }
    const mean = computeMean(values, count);
    const variance = computeVariance(values, count, mean);
    const slack = count * Number.EPSILON * variance + (count * mean * Number.EPSILON) ** 2;
    const isFlat = variance <= slack && variance < Number.POSITIVE_INFINITY;
    scaler.constant[column] = isFlat ? 1 : 0;
    scaler.mean[column] = isFlat && isConstant(values, count) ? values[0]! : mean;
    scaler.scale[column] = isFlat ? 1 : Math.sqrt(variance);
  }
  return scaler;
}

function computeMean(values: Float64Array, count: number): number {
  // Four independent sums: smaller rounding errors, and additions in parallel.
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i + 3 < count; i += 4) {
    a += values[i]!;
    b += values[i + 1]!;
    c += values[i + 2]!;
    d += values[i + 3]!;
  }
  for (; i < count; i++) a += values[i]!;
  return count === 0 ? 0 : (a + b + (c + d)) / count;
}

function computeVariance(values: Float64Array, count: number, mean: number): number {
  let squares = 0;
  let moreSquares = 0;
  let rest = 0;
  let moreRest = 0;
  let i = 0;
  for (; i + 1 < count; i += 2) {
    const first = values[i]! - mean;
    const second = values[i + 1]! - mean;
    rest += first;
    moreRest += second;
    squares += first * first;
    moreSquares += second * second;
  }
  if (i < count) {
    const last = values[i]! - mean;
    rest += last;
    squares += last * last;
  }
  rest += moreRest;
  return count === 0 ? 0 : Math.max(0, (squares + moreSquares - (rest * rest) / count) / count);
}

function isConstant(values: Float64Array, count: number): boolean {
  for (let i = 1; i < count; i++) if (values[i] !== values[0]) return false;
  return true;
}
