import type { FeatureColumns } from "../numerics/feature-columns.ts";

/** Training data of a model: features, labels, weights and groups. */
export interface TrainingTable {
  readonly featureNames: readonly string[];
  readonly table: FeatureColumns;
  /** Names of the classes, at least one row each. */
  readonly classes: readonly string[];
  /** Index into `classes`, one per row. */
  readonly labels: Uint16Array;
  /** Weight of each row, above 0; null if all are 1. */
  readonly weights: Float64Array | null;
  /** Rows with the same number stay in one fold; null if every row is its own group. */
  readonly groups: Int32Array | null;
}

/** Maximum number of classes: a label with more values is unlikely to be a class. */
export const MAX_CLASSES = 100;
