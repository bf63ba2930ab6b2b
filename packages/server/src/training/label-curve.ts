/**
 * What the labels of an agent bought: held-out log-loss by the number of labels, in the order in which they
 * came and in a random one.
 */
import type { CurveFigure, LabelCurve, LabelCurvePoint } from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import { scoreProbabilities } from "../numerics/probability-scores.ts";
import { seededRandom, shuffled } from "../numerics/random.ts";
import { stratifiedFolds } from "../numerics/stratified-folds.ts";
import { fitModel, predictProbabilities } from "./model-fit.ts";
import type { SelectedRows } from "./training-rows.ts";

const FOLDS = 5;
const FOLD_SEED = 20_260_104;
const RANDOM_SEED = 20_260_105;
/** Random orders that are averaged: one alone is as likely a lucky one. */
const RANDOM_ORDERS = 3;
const LEAST_LABELS = 20;
const STEP = 1.6;
/** A class that a small sample never saw has no probability; without a bound one row of it would be all one sees. */
const LEAST_PROBABILITY = 1e-3;

/**
 * The curve of a logistic regression over rows that carry their times. Every point's models are scored on the
 * same held-out folds. Cost: folds x points x (1 + random orders) fits.
 */
export function labelCurve(rows: SelectedRows): LabelCurve {
  const { table, labels, classes, times } = rows;
  if (times === null) throw new RelearnError("internal", "Rows without times have no order.");
  const none = { rows: table.rows, folds: FOLDS, baseline_log_loss: entropyOf(rows), points: [] };
  const most = Math.floor(table.rows * (1 - 1 / FOLDS));
  if (most < LEAST_LABELS || classes.length < 2) return none;
  const foldOf = stratifiedFolds(labels, classes.length, FOLDS, null, FOLD_SEED);
  const arrived = [...times.keys()].sort((a, b) => times[a]! - times[b]! || a - b);
  const orders = [
    arrived,
    ...Array.from({ length: RANDOM_ORDERS }, (_, seed) =>
      shuffled(arrived, seededRandom(RANDOM_SEED + seed)),
    ),
  ];
  const points = sizesUpTo(most).map((size): LabelCurvePoint => {
    const [first = [], ...others] = orders.map((order) =>
      Array.from({ length: FOLDS }, (_, fold) => foldLoss(rows, foldOf, fold, order, size)),
    );
    const random = first.map((_, fold) => mean(others.map((losses) => losses[fold] ?? 0)));
    return { labels: size, arrived: figureOf(first), random: figureOf(random) };
  });
  return { ...none, points };
}

function foldLoss(
  rows: SelectedRows,
  foldOf: Uint8Array,
  fold: number,
  order: readonly number[],
  size: number,
): number {
  const count = rows.classes.length;
  // Ascending, so that the same rows give the same model in whatever order they came.
  const train = Int32Array.from(order.filter((row) => foldOf[row] !== fold).slice(0, size)).sort();
  const test = Int32Array.from(order.filter((row) => foldOf[row] === fold)).sort();
  const seen = [...new Set(Array.from(train, (row) => rows.labels[row]!))].sort((a, b) => a - b);
  const probabilities = new Float64Array(test.length * count);
  if (seen.length < 2) {
    for (let row = 0; row < test.length; row++) probabilities[row * count + (seen[0] ?? 0)] = 1;
  } else {
    const place = new Uint16Array(count);
    seen.forEach((name, index) => {
      place[name] = index;
    });
    const fitted = fitModel("logistic", rows, {
      rows: train,
      labels: rows.labels.map((label) => place[label]!),
      classes: seen.length,
    });
    const predicted = predictProbabilities(fitted, rows.table, test);
    for (let row = 0; row < test.length; row++) {
      for (let k = 0; k < seen.length; k++) {
        probabilities[row * count + seen[k]!] = predicted[row * seen.length + k]!;
      }
    }
  }
  const truth = Array.from(test, (row) => rows.labels[row]!);
  return scoreProbabilities(probabilities, truth, count, LEAST_PROBABILITY).log_loss;
}

/** From the least number on, each by the same factor, the last all there are. */
function sizesUpTo(most: number): number[] {
  const sizes: number[] = [];
  for (let size = LEAST_LABELS; size < most / 1.2; size = Math.ceil(size * STEP)) sizes.push(size);
  return [...sizes, most];
}

function figureOf(losses: readonly number[]): CurveFigure {
  return { log_loss: mean(losses), band: [Math.min(...losses), Math.max(...losses)] };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function entropyOf({ labelDistribution, table }: SelectedRows): number {
  return Object.values(labelDistribution).reduce(
    (sum, count) => (count === 0 ? sum : sum - (count / table.rows) * Math.log(count / table.rows)),
    0,
  );
}
