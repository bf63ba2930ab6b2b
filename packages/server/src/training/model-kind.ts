import type { ModelDocument } from "@relearn/client";
import type { FeatureColumns } from "../numerics/feature-columns.ts";
import type { DerivedValue, FeatureBounds } from "./derived-value.ts";
import type { TrainingTable } from "./training-table.ts";

/**
 * A kind of model, as training, evaluation and bundles use it. To add one, export such an object from a new file and add
 * it to `model-kinds.ts`.
 */
export interface ModelKind<Document extends ModelDocument = ModelDocument> {
  readonly modelType: Document["model_type"];
  /** Text of the warning that the model separates the classes of all training rows. */
  readonly separableMessage: string;
  /**
   * Does the work that all fits over one table share, such as sorting its columns. `onStep` is called after
   * each part of it and may throw to end it.
   */
  createTrainer(input: TrainingTable, onStep?: () => void): ModelTrainer;
  /** Returns true if a model of this kind can separate the classes of all rows. `trainingAccuracy`: its accuracy, 0 to 1. */
  isSeparable(input: TrainingTable, trainingAccuracy: number): boolean;
  /**
   * Finds the value of a feature of the model at which the decision changes; `positive`: index of the positive class.
   * `model` is of this kind.
   */
  findBoundary(model: Document, feature: FeatureBounds, positive: number): DerivedValue;
  /** Computes the weight of features, if models of this kind have weights. `model` is of this kind. */
  computeWeight(model: Document, featureNames: readonly string[], positive: number): DerivedValue;
}

/** A kind of model over one table. */
export interface ModelTrainer {
  /**
   * Fits one model. Throws `RelearnError`: `insufficient_data` if there are no rows or a class has none,
   * `training_failed`, which names the feature, if a value is not finite or the fit does not converge.
   */
  fit(selection: FitSelection): FittedModel;
}

/** The part of a table that one model is fitted to. */
export interface FitSelection {
  /** Rows of the table; `null` for all. */
  readonly rows: Int32Array | null;
  /** Class of each row of the table, 0 to `classes` - 1. */
  readonly labels: Uint16Array;
  readonly classes: number;
  /** Called after each pass over the rows; may throw to end the fit. */
  readonly onPass?: (() => void) | undefined;
}

/** A fitted model. Rows are row numbers of the table given, `null` for all; matrices are row-major. */
export interface FittedModel {
  readonly classes: number;
  /** Returns class probabilities, rows x classes. */
  predict(table: FeatureColumns, rows: Int32Array | null): Float64Array;
  /**
   * Returns class probabilities and the log-odds of each class against the others, both rows x classes. These are
   * the log-odds that the client's `scoreModel` calibrates.
   */
  predictWithLogOdds(table: FeatureColumns, rows: Int32Array | null): Prediction;
  /** Returns a function that predicts all rows of the table with other values in one column. */
  createColumnPredictor(table: FeatureColumns): (column: number, values: Float64Array) => Float64Array;
  /** Returns true if the prediction depends on a column. */
  usesColumn(column: number): boolean;
  /** Returns the share of each feature in the model; the shares sum to 1, or are all 0 in a constant model. */
  computeImportances(): number[];
  /** Returns the model as a bundle holds it, without calibration. */
  toDocument(classes: readonly string[], featureNames: readonly string[]): ModelDocument;
}

export interface Prediction {
  readonly probabilities: Float64Array;
  readonly logOdds: Float64Array;
}
