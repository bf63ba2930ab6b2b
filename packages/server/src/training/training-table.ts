import type { FeatureColumns } from "../numerics/feature-columns.ts";

/** What a model is trained on: numbers, classes, weights, and where they came from. */
export interface TrainingTable {
  readonly featureNames: readonly string[];
  readonly table: FeatureColumns;
  /** Names of the classes, at least one row each. */
  readonly classes: readonly string[];
  /** Index into `classes`, one a row. */
  readonly labels: Uint16Array;
  /** One a row, above 0; null where all are 1. */
  readonly weights: Float64Array | null;
  /** Rows with the same number stay in one fold; null where every row is on its own. */
  readonly groups: Int32Array | null;
}

/** A label with more values is not one of classes; and each class has its coefficients. */
export const MAX_CLASSES = 100;
