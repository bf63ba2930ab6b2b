import type { CalibrationDocument, EvaluationDocument } from "@relearn/client";
import { confusionMatrix, precisionAndRecall } from "../numerics/confusion-matrix.ts";
import type { FeatureColumns } from "../numerics/feature-columns.ts";
import { logisticMargins, probabilitiesOfMargins } from "../numerics/logistic-prediction.ts";
import { fitPlatt } from "../numerics/platt-scaling.ts";
import type { PresortedColumn } from "../numerics/presorted-columns.ts";
import { expectedCalibrationError, scoreProbabilities } from "../numerics/probability-scores.ts";
import { seededRandom } from "../numerics/random.ts";
import { stratifiedFolds } from "../numerics/stratified-folds.ts";
import { wilsonInterval } from "../numerics/wilson-interval.ts";
import {
  type FittedModel,
  fitModel,
  type ModelKind,
  predictLabels,
  predictProbabilities,
  predictWithLogOdds,
} from "./model-fit.ts";
import type { TrainingTable } from "./training-table.ts";

export const FOLDS = 5;
/** Any number would do; it is fixed so that the same data have the same folds everywhere. */
const FOLD_SEED = 20_260_101;
const PERMUTATION_SEED = 20_260_102;
/** Below, a calibration would follow single rows. */
const CALIBRATION_ROWS = 50;

export interface Evaluation {
  readonly document: EvaluationDocument;
  /** Platt's calibration on the out-of-fold log-odds; null with too few rows, or where none can be fitted. */
  readonly calibration: CalibrationDocument | null;
}

export interface EvaluationOptions {
  /** Index of the positive class. */
  readonly positive: number;
  readonly presorted?: readonly PresortedColumn[] | undefined;
  /** Called with the number of folds done; what it throws ends the evaluation. */
  readonly onFold?: ((done: number) => void) | undefined;
  readonly onPass?: (() => void) | undefined;
}

/**
 * How well a kind of model does on rows it has not seen: every row is predicted once, by the model of the
 * folds it is not in (grouped, stratified, 5 folds; as many as there are rows where there are fewer).
 * Scaler and model are fitted anew in each fold; a class that a fold's training rows lack has probability 0
 * there. Rows weigh the same here whatever their weight in training. Log-loss, Brier and calibration error
 * are of the probabilities before calibration. Needs at least 2 rows. Cost: 5 fits and the permutations.
 */
export function evaluateModel(kind: ModelKind, input: TrainingTable, options: EvaluationOptions): Evaluation {
  const { table, labels } = input;
  const classes = input.classes.length;
  const folds = Math.min(FOLDS, table.rows);
  const foldOf = stratifiedFolds(labels, classes, folds, input.groups, FOLD_SEED);
  const probabilities = new Float64Array(table.rows * classes);
  const logOdds = new Float64Array(table.rows * classes);
  const drops = new PermutationDrops(input);
  let done = 0;
  for (let fold = 0; fold < folds; fold++) {
    const test = rowsWhere(foldOf, fold, true);
    const train = rowsWhere(foldOf, fold, false);
    if (test.length === 0) continue;
    const present = presentClasses(input, train);
    const fitted =
      present.length < 2
        ? null
        : fitModel(kind, input, {
            rows: train,
            labels: relabelled(labels, present, classes),
            classes: present.length,
            presorted: options.presorted,
            onPass: options.onPass,
          });
    if (fitted === null) {
      // One class alone in training: all that can be said is that class.
      for (const row of test) fillSingle(probabilities, logOdds, row * classes, classes, present[0] ?? 0);
    } else {
      const predicted = predictWithLogOdds(fitted, table, test);
      for (let i = 0; i < test.length; i++) {
        const to = test[i]! * classes;
        if (present.length < classes) fillSingle(probabilities, logOdds, to, classes, -1);
        for (let k = 0; k < present.length; k++) {
          probabilities[to + present[k]!] = predicted.probabilities[i * present.length + k]!;
          logOdds[to + present[k]!] = predicted.logOdds[i * present.length + k]!;
        }
      }
      drops.add(fitted, present, test);
    }
    options.onFold?.(++done);
  }
  return {
    document: describePredictions(input, probabilities, folds, options.positive, drops.means()),
    calibration: calibrate(logOdds, labels, classes),
  };
}

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

/**
 * The fall of accuracy on a fold's held-out rows when one feature's values are shuffled among them
 * (Breiman 2001; Fisher, Rudin, Dominici 2019), averaged over repeats and, by rows, over folds.
 */
class PermutationDrops {
  readonly #input: TrainingTable;
  readonly #sums: Float64Array;
  #rows = 0;
  readonly #random = seededRandom(PERMUTATION_SEED);

  constructor(input: TrainingTable) {
    this.#input = input;
    this.#sums = new Float64Array(input.table.columns.length);
  }

  add(fitted: FittedModel, present: readonly number[], test: Int32Array): void {
    const rows = spreadOver(test, PERMUTATION_ROWS);
    const repeats = rows.length <= PERMUTATION_ROWS / 5 ? 5 : 1;
    const held: FeatureColumns = {
      rows: rows.length,
      columns: this.#input.table.columns.map((values) => {
        const column = new Float64Array(rows.length);
        for (let i = 0; i < rows.length; i++) column[i] = values[rows[i]!]!;
        return column;
      }),
    };
    const rightOf = (probabilities: Float64Array): number => {
      const predicted = predictLabels(probabilities, present.length);
      let right = 0;
      for (let i = 0; i < rows.length; i++) {
        if (present[predicted[i]!] === this.#input.labels[rows[i]!]) right++;
      }
      return right;
    };
    const right = rightOf(predictProbabilities(fitted, held, null));
    const changed = predictorOfOneColumn(fitted, held);
    held.columns.forEach((values, column) => {
      for (let repeat = 0; repeat < repeats; repeat++) {
        const shuffledColumn = shuffledValues(values, this.#random);
        if (uses(fitted, column)) {
          this.#sums[column]! += (right - rightOf(changed(column, shuffledColumn))) / repeats;
        }
      }
    });
    this.#rows += rows.length;
  }

  means(): number[] {
    return Array.from(this.#sums, (sum) => (this.#rows === 0 ? 0 : sum / this.#rows));
  }
}

/** Held-out rows of a fold that are shuffled: the standard error of a share is under 0.8 % from 4,000 on. */
const PERMUTATION_ROWS = 4000;

/** At most `most` of the rows, evenly spread: neighbours may be alike. */
function spreadOver(rows: Int32Array, most: number): Int32Array {
  if (rows.length <= most) return rows;
  return Int32Array.from({ length: most }, (_, at) => rows[Math.floor((at * rows.length) / most)]!);
}

/** The probabilities of a table in which one column has other values. */
function predictorOfOneColumn(
  fitted: FittedModel,
  table: FeatureColumns,
): (column: number, values: Float64Array) => Float64Array {
  if (fitted.kind === "tree") {
    return (column, values) => {
      const columns = [...table.columns];
      columns[column] = values;
      return predictProbabilities(fitted, { rows: table.rows, columns }, null);
    };
  }
  // Margins are sums over the columns: that of one column is exchanged, whatever the number of the others.
  const { model } = fitted;
  const margins = logisticMargins(model, table, null);
  const vectors = model.intercept.length;
  const width = table.columns.length;
  return (column, values) => {
    const own = table.columns[column]!;
    const changed = margins.slice();
    for (let v = 0; v < vectors; v++) {
      const weight = model.coef[v * width + column]! / model.scaler.scale[column]!;
      for (let i = 0; i < table.rows; i++) changed[i * vectors + v]! += weight * (values[i]! - own[i]!);
    }
    return probabilitiesOfMargins(changed, model.classes);
  };
}

function uses(fitted: FittedModel, column: number): boolean {
  return fitted.kind === "logistic" || fitted.tree.nodes.some((node) => node.feature === column);
}

function shuffledValues(values: Float64Array, random: { below(bound: number): number }): Float64Array {
  const copy = values.slice();
  for (let last = copy.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const held = copy[last]!;
    copy[last] = copy[other]!;
    copy[other] = held;
  }
  return copy;
}

function calibrate(logOdds: Float64Array, labels: Uint16Array, classes: number): CalibrationDocument | null {
  if (labels.length < CALIBRATION_ROWS) return null;
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

/** Class `only` alone (-1: none yet), as probabilities and as bounded log-odds. */
function fillSingle(
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

/** The log-odds of 1 - 1e-6, where the client bounds a share. */
const CERTAIN = Math.log((1 - 1e-6) / 1e-6);

function presentClasses(input: TrainingTable, rows: Int32Array): number[] {
  const seen = new Uint8Array(input.classes.length);
  for (let i = 0; i < rows.length; i++) seen[input.labels[rows[i]!]!] = 1;
  return [...seen.keys()].filter((k) => seen[k] === 1);
}

function relabelled(labels: Uint16Array, present: readonly number[], classes: number): Uint16Array {
  if (present.length === classes) return labels;
  const place = new Uint16Array(classes);
  present.forEach((k, index) => {
    place[k] = index;
  });
  return labels.map((label) => place[label]!);
}

function rowsWhere(foldOf: Uint8Array, fold: number, inside: boolean): Int32Array {
  let count = 0;
  for (let row = 0; row < foldOf.length; row++) if ((foldOf[row] === fold) === inside) count++;
  const rows = new Int32Array(count);
  let at = 0;
  for (let row = 0; row < foldOf.length; row++) if ((foldOf[row] === fold) === inside) rows[at++] = row;
  return rows;
}
