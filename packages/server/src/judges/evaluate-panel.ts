/**
 * Which way of combining these judges is any good, and at how many labels: repeated splits by group, n labels
 * drawn from one half, every method scored on the other half.
 *
 * All methods see the same splits and the same labels, so their differences are paired.
 */
import type { PanelMethod } from "@relearn/contract";
import { panelMethods } from "@relearn/contract/values";
import { type ProbabilityScores, scoreProbabilities } from "../numerics/probability-scores.ts";
import { seededRandom, shuffled } from "../numerics/random.ts";
import { fitPanel } from "./fit-panel.ts";
import { panelPredictor } from "./panel-model.ts";
import type { PanelTable } from "./panel-table.ts";

export interface PanelEvaluationOptions {
  readonly labels?: readonly number[];
  readonly splits?: number;
  readonly seed?: number;
  readonly methods?: readonly PanelMethod[];
  /** Test rows of a split at most. */
  readonly maxTestRows?: number;
  /** Called after each split with the share done, 0-1. */
  readonly onProgress?: (share: number) => void;
}

/** Means over splits; standard errors are the standard deviation over splits divided by √splits. */
export interface MethodResult extends ProbabilityScores {
  readonly standard_errors: ProbabilityScores;
  /** Mean paired difference to `specification` (its value less this is negative for losses that fell). */
  readonly difference_to_specification: ProbabilityScores;
  readonly difference_standard_errors: ProbabilityScores;
  readonly splits: number;
}

export interface PanelEvaluation {
  /** method -> labels -> result; a count that no split's training half can give is left out. */
  readonly methods: Readonly<Record<string, Readonly<Record<string, MethodResult>>>>;
  /** Label counts asked for that the file is too small for. */
  readonly labels_left_out: readonly number[];
  /** Labels that the largest training half had to draw from; 0 where all rows are one group. */
  readonly most_labels: number;
  readonly rows: number;
  readonly groups: number;
}

export const defaultLabelCounts = [10, 25, 50, 100, 200] as const;

/** Cost: splits x label counts x methods fits. Rows without a label are left out. */
export function evaluatePanel(table: PanelTable, options: PanelEvaluationOptions = {}): PanelEvaluation {
  const splits = evaluatePanelBySplits(table, options);
  for (;;) {
    const step = splits.next();
    if (step.done) return step.value;
    options.onProgress?.(step.value);
  }
}

/** The same a split at a time, the share done after each: for whoever must not hold the event loop meanwhile. */
export function* evaluatePanelBySplits(
  table: PanelTable,
  options: Omit<PanelEvaluationOptions, "onProgress"> = {},
): Generator<number, PanelEvaluation, undefined> {
  const { splits = 20, seed = 1, maxTestRows = 1500, methods = panelMethods } = options;
  const labelCounts = [...new Set(options.labels ?? defaultLabelCounts)];
  const labeled = Array.from(table.labels.keys()).filter((row) => table.labels[row]! >= 0);
  const groups = groupRows(table, labeled);
  const compared: readonly PanelMethod[] = [...new Set([...methods, "specification" as const])];
  const scores = new Map<PanelMethod, Map<number, ProbabilityScores[]>>(
    compared.map((method) => [method, new Map(labelCounts.map((n) => [n, []]))]),
  );

  let mostLabels = 0;
  for (let split = 0; split < splits; split++) {
    const random = seededRandom(seed * 1_000_003 + split);
    const order = shuffled(groups, random);
    const half = Math.floor(order.length / 2);
    const pool = shuffled(order.slice(0, half).flat(), random);
    const test = shuffled(order.slice(half).flat(), random).slice(0, maxTestRows);
    if (test.length > 0) mostLabels = Math.max(mostLabels, pool.length);
    for (const n of labelCounts) {
      if (n > pool.length || test.length === 0) continue;
      const drawn = pool.slice(0, n);
      for (const method of compared) {
        scores
          .get(method)!
          .get(n)!
          .push(scoreOn(table, method, drawn, test));
      }
    }
    yield (split + 1) / splits;
  }

  const result: Record<string, Record<string, MethodResult>> = {};
  for (const method of methods) {
    const byCount: Record<string, MethodResult> = {};
    for (const n of labelCounts) {
      const own = scores.get(method)!.get(n)!;
      if (own.length > 0) byCount[n] = summarise(own, scores.get("specification")!.get(n)!);
    }
    result[method] = byCount;
  }
  return {
    methods: result,
    labels_left_out: labelCounts.filter((n) => scores.get("specification")!.get(n)!.length === 0),
    most_labels: mostLabels,
    rows: labeled.length,
    groups: groups.length,
  };
}

function scoreOn(
  table: PanelTable,
  method: PanelMethod,
  training: readonly number[],
  test: readonly number[],
): ProbabilityScores {
  const classes = table.classes.length;
  const predict = panelPredictor(fitPanel(method, table, training), table);
  const probabilities = new Float64Array(test.length * classes);
  test.forEach((row, index) => {
    predict(row, probabilities.subarray(index * classes, (index + 1) * classes));
  });
  return scoreProbabilities(
    probabilities,
    test.map((row) => table.labels[row]!),
    classes,
  );
}

function groupRows(table: PanelTable, rows: readonly number[]): number[][] {
  const groups = new Map<number, number[]>();
  for (const row of rows) {
    const group = table.groups[row]!;
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [row]);
    else members.push(row);
  }
  return [...groups.values()];
}

const figures = ["accuracy", "log_loss", "brier", "calibration_error"] as const;

function summarise(own: readonly ProbabilityScores[], base: readonly ProbabilityScores[]): MethodResult {
  const moments = figures.map((figure) => computeMoments(own.map((scores) => scores[figure])));
  const differences = figures.map((figure) =>
    computeMoments(own.map((scores, split) => scores[figure] - base[split]![figure])),
  );
  return {
    ...named(moments.map(({ mean }) => mean)),
    standard_errors: named(moments.map(({ standardError }) => standardError)),
    difference_to_specification: named(differences.map(({ mean }) => mean)),
    difference_standard_errors: named(differences.map(({ standardError }) => standardError)),
    splits: own.length,
  };
}

function named(values: readonly number[]): ProbabilityScores {
  return {
    accuracy: values[0]!,
    log_loss: values[1]!,
    brier: values[2]!,
    calibration_error: values[3]!,
  };
}

/** Mean and its standard error (sample standard deviation); 0 for a single value. */
function computeMoments(values: readonly number[]): { mean: number; standardError: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const standardError = values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1) / values.length);
  return { mean, standardError };
}
