import type { CalibrationDocument, ModelDocument, TreeModelDocument } from "./bundle-document.ts";
import { boundedLogit, sigmoid, softmaxInPlace } from "./link-functions.ts";

/**
 * Result of scoring one row of raw feature values.
 *
 * The label is the class with the largest share before calibration, which the evaluation and the thresholds of the bundle
 * refer to; the first one if several are equal (two classes of a logistic model: the second only above one half, as
 * scikit-learn's `predict`). The probabilities are calibrated if the model has a calibration.
 */
export interface ModelScore {
  readonly label: string;
  readonly labelIndex: number;
  /** Calibrated probabilities, one per class in the order of the model's classes; sums to 1. */
  readonly probabilities: Float64Array;
  /** Probabilities before calibration; the same array if there is no calibration. */
  readonly uncalibrated: Float64Array;
}

/** A model prepared for many rows. It copies all arrays of the document. */
export interface ModelScorer {
  readonly classes: readonly string[];
  /**
   * Fills `probabilities` (length: number of classes) with the calibrated probabilities of the row that
   * starts at `offset` in `values`, and `uncalibrated`, if given, with those before calibration. Returns the label's index.
   * Allocates nothing. Values must be finite, as those of `extractFeatures` are.
   */
  scoreInto(
    values: Float64Array,
    probabilities: Float64Array,
    offset?: number,
    uncalibrated?: Float64Array,
  ): number;
}

/** Scores one row. For many rows, call `prepareModel` once. Does not validate the document: see `checkModel`. */
export function scoreModel(model: ModelDocument, values: Float64Array): ModelScore {
  const probabilities = new Float64Array(model.classes.length);
  const uncalibrated = model.calibration === null ? probabilities : new Float64Array(model.classes.length);
  const labelIndex = prepareModel(model).scoreInto(values, probabilities, 0, uncalibrated);
  return { label: model.classes[labelIndex]!, labelIndex, probabilities, uncalibrated };
}

export function prepareModel(model: ModelDocument): ModelScorer {
  if (model.model_type === "DecisionTree") return prepareTree(model);
  return model.coef.length === 1 ? prepareBinary(model) : prepareMultinomial(model);
}

type LogisticModel = Extract<ModelDocument, { model_type: "LogisticRegression" }>;

function prepareBinary(model: LogisticModel): ModelScorer {
  const { weights, mean, scale, width } = createStandardiser(model);
  const intercept = model.intercept[0]!;
  const slope = model.calibration?.slope[0];
  const shift = model.calibration?.intercept[0] ?? 0;
  return {
    classes: [...model.classes],
    scoreInto(values, probabilities, offset = 0, uncalibrated) {
      let logOdds = intercept;
      for (let j = 0; j < width; j++) logOdds += (weights[j]! * (values[offset + j]! - mean[j]!)) / scale[j]!;
      const share = sigmoid(logOdds);
      if (uncalibrated !== undefined) {
        uncalibrated[0] = 1 - share;
        uncalibrated[1] = share;
      }
      const probability = slope === undefined ? share : sigmoid(slope * logOdds + shift);
      probabilities[0] = 1 - probability;
      probabilities[1] = probability;
      return logOdds > 0 ? 1 : 0;
    },
  };
}

function prepareMultinomial(model: LogisticModel): ModelScorer {
  const { weights, mean, scale, width } = createStandardiser(model);
  const intercepts = Float64Array.from(model.intercept);
  const count = model.classes.length;
  const calibrate = prepareCalibration(model.calibration, count);
  const standardised = new Float64Array(width);
  const logits = new Float64Array(count);
  return {
    classes: [...model.classes],
    scoreInto(values, probabilities, offset = 0, uncalibrated) {
      for (let j = 0; j < width; j++) standardised[j] = (values[offset + j]! - mean[j]!) / scale[j]!;
      for (let k = 0; k < count; k++) {
        let score = intercepts[k]!;
        for (let j = 0; j < width; j++) score += weights[k * width + j]! * standardised[j]!;
        probabilities[k] = score;
      }
      const label = findLargest(probabilities, count);
      if (calibrate === null) {
        softmaxInPlace(probabilities, count);
        if (uncalibrated !== undefined && uncalibrated !== probabilities) uncalibrated.set(probabilities);
        return label;
      }
      logOddsAgainstRest(probabilities, logits, count);
      if (uncalibrated !== undefined) {
        uncalibrated.set(probabilities);
        softmaxInPlace(uncalibrated, count);
      }
      calibrate(logits, probabilities);
      return label;
    },
  };
}

function prepareTree(model: TreeModelDocument): ModelScorer {
  const { nodes } = model.tree;
  const count = model.classes.length;
  const feature = Int32Array.from(nodes, (node) => node.feature);
  const threshold = Float64Array.from(nodes, (node) => node.threshold);
  const left = Int32Array.from(nodes, (node) => node.left);
  const right = Int32Array.from(nodes, (node) => node.right);
  const shares = new Float64Array(nodes.length * count);
  nodes.forEach((node, at) => {
    shares.set(classShares(node.counts), at * count);
  });
  const labels = Int32Array.from(nodes, (_, at) => findLargest(shares.subarray(at * count), count));
  const calibrate = prepareCalibration(model.calibration, count);
  const logits = new Float64Array(count);
  return {
    classes: [...model.classes],
    scoreInto(values, probabilities, offset = 0, uncalibrated) {
      let node = 0;
      while (feature[node]! >= 0) {
        node = values[offset + feature[node]!]! <= threshold[node]! ? left[node]! : right[node]!;
      }
      const first = node * count;
      for (let k = 0; k < count; k++) probabilities[k] = shares[first + k]!;
      uncalibrated?.set(probabilities);
      if (calibrate !== null) {
        for (let k = 0; k < count; k++) logits[k] = boundedLogit(probabilities[k]!);
        calibrate(logits, probabilities);
      }
      return labels[node]!;
    },
  };
}

/** Computes the shares of the classes in the training weight of a node; equal shares if there is no weight. */
export function classShares(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total > 0 ? count / total : 1 / counts.length));
}

/**
 * Computes the log-odds of each class against all others from softmax scores, exact even if a share rounds to 0 or 1:
 * logit_k = z_k - log(sum of e^z over the others). A calibration of more than two classes is fitted on them and applied to
 * them. `scores` and `logits` must be different arrays.
 */
export function logOddsAgainstRest(scores: Float64Array, logits: Float64Array, count = scores.length): void {
  for (let k = 0; k < count; k++) {
    let top = Number.NEGATIVE_INFINITY;
    for (let other = 0; other < count; other++) {
      if (other !== k && scores[other]! > top) top = scores[other]!;
    }
    let sum = 0;
    for (let other = 0; other < count; other++) {
      if (other !== k) sum += Math.exp(scores[other]! - top);
    }
    logits[k] = scores[k]! - top - Math.log(sum);
  }
}

type Calibrate = (logits: Float64Array, probabilities: Float64Array) => void;

/**
 * Prepares Platt's calibration over the classes' log-odds: for two classes from the second's only; for more, a sigmoid per
 * class, divided by their sum. Null if there is none.
 */
export function prepareCalibration(calibration: CalibrationDocument | null, count: number): Calibrate | null {
  if (calibration === null) return null;
  const slope = Float64Array.from(calibration.slope);
  const intercept = Float64Array.from(calibration.intercept);
  if (count === 2) {
    return (logits, probabilities) => {
      const probability = sigmoid(slope[0]! * logits[1]! + intercept[0]!);
      probabilities[0] = 1 - probability;
      probabilities[1] = probability;
    };
  }
  return (logits, probabilities) => {
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const value = sigmoid(slope[k]! * logits[k]! + intercept[k]!);
      probabilities[k] = value;
      sum += value;
    }
    // All sigmoids round to 0 only if all classes are ruled out; then nothing is known.
    for (let k = 0; k < count; k++) probabilities[k] = sum > 0 ? probabilities[k]! / sum : 1 / count;
  };
}

function createStandardiser(model: LogisticModel) {
  const width = model.feature_names.length;
  const weights = new Float64Array(model.coef.length * width);
  model.coef.forEach((row, k) => {
    weights.set(row, k * width);
  });
  return {
    weights,
    mean: Float64Array.from(model.scaler.mean),
    scale: Float64Array.from(model.scaler.scale),
    width,
  };
}

function findLargest(values: Float64Array, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k++) if (values[k]! > values[best]!) best = k;
  return best;
}
