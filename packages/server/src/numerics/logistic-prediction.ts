import { expNonPositive } from "./exponential.ts";
import type { FeatureColumns } from "./feature-columns.ts";
import type { LogisticModel } from "./logistic-regression.ts";

/**
 * Computes the margins of rows (`null`: all): rows x vectors, row-major, one vector for two classes (the log-odds of
 * class 1), else one a class. Cost O(rows · columns · vectors).
 *
 * @example
 * const scaler = { mean: Float64Array.of(2), scale: Float64Array.of(2), constant: Uint8Array.of(0) };
 * const model = { classes: 2, scaler, coef: Float64Array.of(3), intercept: Float64Array.of(1), iterations: 4 };
 * logisticMargins(model, { rows: 2, columns: [Float64Array.of(2, 4)] }) // [1, 4]
 */
export function logisticMargins(
  model: LogisticModel,
  table: FeatureColumns,
  rows: Int32Array | null = null,
): Float64Array {
  const count = rows === null ? table.rows : rows.length;
  const vectors = model.intercept.length;
  const features = table.columns.length;
  const margins = new Float64Array(count * vectors);
  for (let v = 0; v < vectors; v++) {
    for (let i = 0; i < count; i++) margins[i * vectors + v] = model.intercept[v]!;
  }
  for (let column = 0; column < features; column++) {
    const values = table.columns[column]!;
    const mean = model.scaler.mean[column]!;
    const scale = model.scaler.scale[column]!;
    for (let v = 0; v < vectors; v++) {
      const weight = model.coef[v * features + column]!;
      if (weight === 0) continue;
      for (let i = 0; i < count; i++) {
        const value = values[rows === null ? i : rows[i]!]!;
        margins[i * vectors + v]! += (weight * (value - mean)) / scale;
      }
    }
  }
  return margins;
}

/**
 * Converts margins, as `logisticMargins` gives them, to class probabilities: rows x classes, row-major.
 *
 * @example
 * probabilitiesOfMargins(Float64Array.of(0, Math.log(3)), 2) // [0.5, 0.5, 0.25, 0.75]
 */
export function probabilitiesOfMargins(margins: Float64Array, classes: number): Float64Array {
  if (classes === 2) {
    const out = new Float64Array(margins.length * 2);
    for (let i = 0; i < margins.length; i++) {
      const z = margins[i]!;
      const e = expNonPositive(-Math.abs(z));
      const away = e / (1 + e);
      out[2 * i] = z >= 0 ? away : 1 - away;
      out[2 * i + 1] = z >= 0 ? 1 - away : away;
    }
    return out;
  }
  const out = new Float64Array(margins.length);
  for (let at = 0; at < margins.length; at += classes) {
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) if (margins[at + k]! > top) top = margins[at + k]!;
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const e = expNonPositive(margins[at + k]! - top);
      out[at + k] = e;
      sum += e;
    }
    for (let k = 0; k < classes; k++) out[at + k]! /= sum;
  }
  return out;
}
