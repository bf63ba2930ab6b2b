import type { EvaluationDocument } from "@relearn/client";
import { confusionMatrix, precisionAndRecall } from "../numerics/confusion-matrix.ts";
import { predictLabels } from "../numerics/predict-labels.ts";
import { expectedCalibrationError, scoreProbabilities } from "../numerics/probability-scores.ts";
import { wilsonInterval } from "../numerics/wilson-interval.ts";
import type { TrainingTable } from "./training-table.ts";

/**
 * Computes the evaluation document of predictions of every row: accuracy with Wilson's interval, log-loss, Brier score,
 * calibration error, confusion matrix, precision and recall. `probabilities`: rows x classes, row-major, before
 * calibration. `positive`: index of the positive class. `folds` and `permutationImportances` (one per feature) are
 * copied to the document. Cost O(rows · classes).
 *
 * @example
 * const table = { rows: 4, columns: [Float64Array.of(1, 2, 3, 4)] };
 * const input = { featureNames: ["x"], table, classes: ["no", "yes"], labels: Uint16Array.of(0, 0, 1, 1), weights: null, groups: null };
 * const document = describePredictions(input, Float64Array.of(0.9, 0.1, 0.4, 0.6, 0.2, 0.8, 0.3, 0.7), 5, 1, [0.25]);
 * document.accuracy // 0.75
 * document.log_loss // 0.400367
 * document.per_class // { no: { precision: 1, recall: 0.5, support: 2 }, yes: { precision: 0.666667, recall: 1, support: 2 } }
 */
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
  // Clipped like scikit-learn's log_loss, so that the two can be compared.
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
