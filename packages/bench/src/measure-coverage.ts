import type { PanelMethod } from "@relearn/contract/values";
import { fitPanel } from "../../server/src/judges/fit-panel.ts";
import { createPanelPredictor } from "../../server/src/judges/panel-model.ts";
import type { PanelTable } from "../../server/src/judges/panel-table.ts";
import { predictionPoweredMean } from "../../server/src/numerics/prediction-powered-mean.ts";
import { seededRandom, shuffled } from "../../server/src/numerics/random.ts";

export interface CoverageResult {
  /** Share of intervals that contain the true share of the last class. */
  readonly coverage: number;
  /** Mean widths of the intervals, and of the intervals from labels only. */
  readonly width: number;
  readonly width_labels_only: number;
  readonly lambda: number;
}

const Z_90 = 1.6448536269514722;
/** Labeled rows outside the population that the panel is fitted on. */
const TRAINING_ROWS = 200;

/**
 * Draws `labels` rows with replacement as a control share, `resamples` times, and measures how often the 90 % interval
 * contains the true share. Predictions are the panel's P(last class). The panel is fitted on rows that are not part of
 * the population.
 */
export function measureCoverage(
  table: PanelTable,
  options: {
    readonly labels: number;
    readonly resamples: number;
    readonly method: PanelMethod;
    readonly seed: number;
  },
): CoverageResult {
  const classes = table.classes.length;
  const order = shuffled(
    [...table.labels.keys()].filter((row) => table.labels[row]! >= 0),
    seededRandom(options.seed),
  );
  const predict = createPanelPredictor(fitPanel(options.method, table, order.slice(0, TRAINING_ROWS)), table);
  const population = order.slice(TRAINING_ROWS);
  const probabilities = new Float64Array(classes);
  const predictions = population.map((row) => {
    predict(row, probabilities);
    return probabilities[classes - 1]!;
  });
  const outcomes = population.map((row) => (table.labels[row] === classes - 1 ? 1 : 0));
  const truth = outcomes.reduce<number>((sum, outcome) => sum + outcome, 0) / outcomes.length;

  const random = seededRandom(options.seed + 1);
  const draw = (count: number): number[] =>
    Array.from({ length: count }, () => random.below(population.length));
  let covered = 0;
  let width = 0;
  let widthLabelsOnly = 0;
  let lambda = 0;
  for (let resample = 0; resample < options.resamples; resample++) {
    const control = draw(options.labels);
    const others = draw(population.length - options.labels).map((index) => predictions[index]!);
    const labels = control.map((index) => outcomes[index]!);
    const powered = predictionPoweredMean(
      labels,
      control.map((index) => predictions[index]!),
      others,
      Z_90,
    )!;
    const alone = predictionPoweredMean(labels, labels, [], Z_90)!;
    if (powered.interval[0] <= truth && truth <= powered.interval[1]) covered += 1;
    width += powered.interval[1] - powered.interval[0];
    widthLabelsOnly += alone.interval[1] - alone.interval[0];
    lambda += powered.lambda;
  }
  const { resamples } = options;
  return {
    coverage: covered / resamples,
    width: width / resamples,
    width_labels_only: widthLabelsOnly / resamples,
    lambda: lambda / resamples,
  };
}
