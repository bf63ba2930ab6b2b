/**
 * Learning curve of an agent: held-out log-loss by the number of labels, in order of arrival and in random order.
 */
import type { CurveFigure, LearningCurve, LearningCurvePoint } from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import { scoreProbabilities } from "../numerics/probability-scores.ts";
import { seededRandom, shuffled } from "../numerics/random.ts";
import { stratifiedFolds } from "../numerics/stratified-folds.ts";
import { fitPresentClasses } from "./fit-present-classes.ts";
import { logisticModel } from "./logistic-model.ts";
import type { ModelTrainer } from "./model-kind.ts";
import type { SelectedRows } from "./training-rows.ts";

const FOLDS = 5;
const FOLD_SEED = 20_260_104;
const RANDOM_SEED = 20_260_105;
/** Number of random orders that are averaged, since a single one has high variance. */
const RANDOM_ORDERS = 3;
const MIN_LABELS = 20;
const SIZE_FACTOR = 1.6;
/** Lower bound of a probability: a class that a small sample lacks has probability 0, and one row would dominate the loss. */
const MIN_PROBABILITY = 1e-3;

/**
 * Computes the curve of a logistic regression over rows that have their times. The models of every point are scored on
 * the same held-out folds. No points if there are fewer than 25 rows or two classes; throws `internal` if the rows
 * have no times. Cost: 5 folds x points x 4 orders fits.
 *
 * @example
 * const rows = 50;
 * const x = Float64Array.from({ length: rows }, (_, row) => (row * 7) % rows);
 * const labels = Uint16Array.from(x, (value, row) => (value + (row % 10) > 28 ? 1 : 0));
 * const input = { featureNames: ["x"], table: { rows, columns: [x] }, classes: ["no", "yes"], labels, weights: null, groups: null };
 * const times = Float64Array.from(x, (_, row) => row);
 * const curve = computeLearningCurve({ ...input, times, labelDistribution: { no: 24, yes: 26 } });
 * curve.points.map(({ labels, arrived }) => [labels, arrived.log_loss]) // [[20, 0.253327], [32, 0.217056], [40, 0.200406]]
 */
export function computeLearningCurve(rows: SelectedRows): LearningCurve {
  const { table, labels, classes, times } = rows;
  if (times === null)
    throw new RelearnError("internal", "Cannot compute a learning curve of rows that have no times.");
  const withoutPoints = {
    rows: table.rows,
    folds: FOLDS,
    baseline_log_loss: computeEntropy(rows),
    points: [],
  };
  const maxLabels = Math.floor(table.rows * (1 - 1 / FOLDS));
  if (maxLabels < MIN_LABELS || classes.length < 2) return withoutPoints;
  const trainer = logisticModel.createTrainer(rows);
  const foldByRow = stratifiedFolds(labels, classes.length, FOLDS, null, FOLD_SEED);
  const arrived = [...times.keys()].sort((a, b) => times[a]! - times[b]! || a - b);
  const orders = [
    arrived,
    ...Array.from({ length: RANDOM_ORDERS }, (_, seed) =>
      shuffled(arrived, seededRandom(RANDOM_SEED + seed)),
    ),
  ];
  const points = listSizes(maxLabels).map((size): LearningCurvePoint => {
    const [first = [], ...others] = orders.map((order) =>
      Array.from({ length: FOLDS }, (_, fold) =>
        computeFoldLoss(trainer, rows, foldByRow, fold, order, size),
      ),
    );
    const random = first.map((_, fold) => mean(others.map((losses) => losses[fold] ?? 0)));
    return { labels: size, arrived: summarise(first), random: summarise(random) };
  });
  return { ...withoutPoints, points };
}

function computeFoldLoss(
  trainer: ModelTrainer,
  rows: SelectedRows,
  foldByRow: Uint8Array,
  fold: number,
  order: readonly number[],
  size: number,
): number {
  const count = rows.classes.length;
  // Ascending, so that the same rows give the same model in any order of arrival.
  const train = Int32Array.from(order.filter((row) => foldByRow[row] !== fold).slice(0, size)).sort();
  const test = Int32Array.from(order.filter((row) => foldByRow[row] === fold)).sort();
  const { present, fitted } = fitPresentClasses(trainer, rows, train);
  const probabilities = new Float64Array(test.length * count);
  if (fitted === null) {
    for (let row = 0; row < test.length; row++) probabilities[row * count + (present[0] ?? 0)] = 1;
  } else {
    const predicted = fitted.predict(rows.table, test);
    for (let row = 0; row < test.length; row++) {
      for (let k = 0; k < present.length; k++) {
        probabilities[row * count + present[k]!] = predicted[row * present.length + k]!;
      }
    }
  }
  const truth = Array.from(test, (row) => rows.labels[row]!);
  return scoreProbabilities(probabilities, truth, count, MIN_PROBABILITY).log_loss;
}

/** Lists numbers of labels in geometric progression from the minimum; the last one is `maxLabels`. */
function listSizes(maxLabels: number): number[] {
  const sizes: number[] = [];
  for (let size = MIN_LABELS; size < maxLabels / 1.2; size = Math.ceil(size * SIZE_FACTOR)) sizes.push(size);
  return [...sizes, maxLabels];
}

function summarise(losses: readonly number[]): CurveFigure {
  return { log_loss: mean(losses), band: [Math.min(...losses), Math.max(...losses)] };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function computeEntropy({ labelDistribution, table }: SelectedRows): number {
  return Object.values(labelDistribution).reduce(
    (sum, count) => (count === 0 ? sum : sum - (count / table.rows) * Math.log(count / table.rows)),
    0,
  );
}
