import type { CalibrationDocument, EvaluationDocument } from "@relearn/client";
import { fitPlatt } from "../numerics/platt-scaling.ts";
import { stratifiedFolds } from "../numerics/stratified-folds.ts";
import { describePredictions } from "./describe-predictions.ts";
import { fitPresentClasses } from "./fit-present-classes.ts";
import type { ModelTrainer } from "./model-kind.ts";
import { PermutationImportance } from "./permutation-importance.ts";
import type { TrainingTable } from "./training-table.ts";

export const FOLDS = 5;
/** Arbitrary, but fixed: the same data have the same folds everywhere. */
const FOLD_SEED = 20_260_101;
/** With fewer rows, single rows would determine the calibration. */
const MIN_CALIBRATION_ROWS = 50;

export interface Evaluation {
  readonly document: EvaluationDocument;
  /** Platt's calibration on the out-of-fold log-odds; `null` if there are too few rows or none can be fitted. */
  readonly calibration: CalibrationDocument | null;
}

export interface EvaluationOptions {
  /** Index of the positive class. */
  readonly positive: number;
  /** Called with the number of folds done; may throw to end the evaluation. */
  readonly onFold?: ((done: number) => void) | undefined;
  readonly onPass?: (() => void) | undefined;
}

/**
 * Measures a kind of model on rows that it has not seen: every row is predicted once, by the model of the folds that it
 * is not in (grouped, stratified, 5 folds; as many as there are rows if there are fewer). Scaler and model are fitted
 * from scratch in each fold; a class that a fold's training rows lack has probability 0 there. All rows have
 * the same weight here, whatever their weight in training. Log-loss, Brier score and calibration error are those of the
 * probabilities before calibration. Needs at least 2 rows; throws as `ModelTrainer.fit`.
 * Cost: 5 fits and the permutations.
 *
 * @example
 * const x = Float64Array.from({ length: 20 }, (_, row) => (row * 7) % 20);
 * const labels = Uint16Array.from(x, (value) => (value > 9 ? 1 : 0));
 * const input = { featureNames: ["x"], table: { rows: 20, columns: [x] }, classes: ["no", "yes"], labels, weights: null, groups: null };
 * const { document, calibration } = evaluateModel(modelKinds.tree.createTrainer(input), input, { positive: 1 });
 * document.accuracy // 0.95
 * document.confusion_matrix // [[10, 0], [1, 9]]
 * calibration // null  (fewer than 50 rows)
 */
export function evaluateModel(
  trainer: ModelTrainer,
  input: TrainingTable,
  options: EvaluationOptions,
): Evaluation {
  const { table, labels } = input;
  const classes = input.classes.length;
  const folds = Math.min(FOLDS, table.rows);
  const foldByRow = stratifiedFolds(labels, classes, folds, input.groups, FOLD_SEED);
  const probabilities = new Float64Array(table.rows * classes);
  const logOdds = new Float64Array(table.rows * classes);
  const importance = new PermutationImportance(input);
  let done = 0;
  for (let fold = 0; fold < folds; fold++) {
    const test = selectRows(foldByRow, fold, true);
    const train = selectRows(foldByRow, fold, false);
    if (test.length === 0) continue;
    const { present, fitted } = fitPresentClasses(trainer, input, train, options.onPass);
    if (fitted === null) {
      // The training rows have one class only: predict it.
      for (const row of test)
        fillSingleClass(probabilities, logOdds, row * classes, classes, present[0] ?? 0);
    } else {
      const predicted = fitted.predictWithLogOdds(table, test);
      for (let i = 0; i < test.length; i++) {
        const to = test[i]! * classes;
        if (present.length < classes) fillSingleClass(probabilities, logOdds, to, classes, -1);
        for (let k = 0; k < present.length; k++) {
          probabilities[to + present[k]!] = predicted.probabilities[i * present.length + k]!;
          logOdds[to + present[k]!] = predicted.logOdds[i * present.length + k]!;
        }
      }
      importance.add(fitted, present, test);
    }
    options.onFold?.(++done);
  }
  return {
    document: describePredictions(input, probabilities, folds, options.positive, importance.means()),
    calibration: calibrate(logOdds, labels, classes),
  };
}

function calibrate(logOdds: Float64Array, labels: Uint16Array, classes: number): CalibrationDocument | null {
  if (labels.length < MIN_CALIBRATION_ROWS) return null;
  const slope: number[] = [];
  const intercept: number[] = [];
  for (let k = classes === 2 ? 1 : 0; k < classes; k++) {
    const scores = new Float64Array(labels.length);
    const hits = new Uint8Array(labels.length);
    for (let row = 0; row < labels.length; row++) {
      scores[row] = logOdds[row * classes + k]!;
      hits[row] = labels[row] === k ? 1 : 0;
    }
    const scaling = fitPlatt(scores, hits);
    if (scaling === null) return null;
    slope.push(scaling.slope);
    intercept.push(scaling.intercept);
  }
  return { slope, intercept };
}

/** Gives class `only` all probability (-1: no class yet), as probabilities and as bounded log-odds. */
function fillSingleClass(
  probabilities: Float64Array,
  logOdds: Float64Array,
  at: number,
  classes: number,
  only: number,
): void {
  for (let k = 0; k < classes; k++) {
    probabilities[at + k] = k === only ? 1 : 0;
    logOdds[at + k] = k === only ? CERTAIN : -CERTAIN;
  }
}

/** Log-odds of 1 - 1e-6, the client's bound of a share. */
const CERTAIN = Math.log((1 - 1e-6) / 1e-6);

function selectRows(foldByRow: Uint8Array, fold: number, inside: boolean): Int32Array {
  let count = 0;
  for (let row = 0; row < foldByRow.length; row++) if ((foldByRow[row] === fold) === inside) count++;
  const rows = new Int32Array(count);
  let at = 0;
  for (let row = 0; row < foldByRow.length; row++) if ((foldByRow[row] === fold) === inside) rows[at++] = row;
  return rows;
}
