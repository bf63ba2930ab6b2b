import type { EvaluationDocument } from "@relearn/client";
import { confusionMatrix, precisionAndRecall } from "../numerics/confusion-matrix.ts";
import { predictLabels } from "../numerics/predict-labels.ts";
import { expectedCalibrationError, scoreProbabilities } from "../numerics/probability-scores.ts";
import { wilsonInterval } from "../numerics/wilson-interval.ts";
import type { TrainingTable } from "./training-table.ts";

/** What predictions of every row say of a model: `probabilities` row by row, before calibration. */
export function describePredictions(
  input: TrainingTable,
  probabilities: Float64Array,
  folds: number,
  positive: number,
  permutationImportances: readonly number[],
): EvaluationDocument {
  const { labels, classes } = input;
  const count = classes.length;
  const matrix = confusionMatrix(labels, predictLabels(probabilities, count), count);
  const right = matrix.reduce((sum, row, k) => sum + row[k]!, 0);
  const largest = Math.max(...matrix.map((row) => row.reduce((sum, value) => sum + value, 0)));
  const positiveProbability = new Float64Array(labels.length);
  const isPositive = new Uint8Array(labels.length);
  for (let row = 0; row < labels.length; row++) {
    positiveProbability[row] = probabilities[row * count + positive]!;
    isPositive[row] = labels[row] === positive ? 1 : 0;
  }
  const perClass = precisionAndRecall(matrix);
  // Clipped as scikit-learn's log_loss clips, so that the two can be compared.
  const scores = scoreProbabilities(probabilities, labels, count, Number.EPSILON);
  return {
    folds,
    accuracy: right / labels.length,
    accuracy_interval: wilsonInterval(right, labels.length),
    baseline_accuracy: largest / labels.length,
    log_loss: scores.log_loss,
    brier: scores.brier,
    calibration_error: expectedCalibrationError(positiveProbability, isPositive),
    confusion_matrix: matrix,
    per_class: Object.fromEntries(classes.map((name, k) => [name, perClass[k]!])),
    permutation_importances: Object.fromEntries(
      input.featureNames.map((name, column) => [name, permutationImportances[column]!]),
    ),
  };
}
