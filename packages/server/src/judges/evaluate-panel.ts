/**
 * Evaluates the panel methods at several numbers of labels: repeated splits by group, n labels drawn from one half,
 * every method scored on the other half.
 *
 * All methods use the same splits and the same labels, so their differences are paired.
 */
import type { PanelMethod } from "@relearn/contract";
import { panelMethods } from "@relearn/contract/values";
import { type ProbabilityScores, scoreProbabilities } from "../numerics/probability-scores.ts";
import { seededRandom, shuffled } from "../numerics/random.ts";
import { fitPanel } from "./fit-panel.ts";
import { createPanelPredictor } from "./panel-model.ts";
import type { PanelTable } from "./panel-table.ts";

export interface PanelEvaluationOptions {
  readonly labels?: readonly number[];
  readonly splits?: number;
  readonly seed?: number;
  readonly methods?: readonly PanelMethod[];
  /** Maximum number of test rows of a split; 1500 by default. */
  readonly maxTestRows?: number;
  /** Called after each split with the completed share, 0-1. */
  readonly onProgress?: (share: number) => void;
}

/** Means over splits; standard errors are the standard deviation over splits divided by √splits. */
export interface MethodResult extends ProbabilityScores {
  readonly standard_errors: ProbabilityScores;
  /** Mean of this method's value minus that of `specification`; negative losses mean that this method is better. */
  readonly difference_to_specification: ProbabilityScores;
  readonly difference_standard_errors: ProbabilityScores;
  readonly splits: number;
}

export interface PanelEvaluation {
  /** method -> labels -> result; a count larger than the training half of every split is left out. */
  readonly methods: Readonly<Record<string, Readonly<Record<string, MethodResult>>>>;
  /** Requested label counts for which the file is too small. */
  readonly labels_left_out: readonly number[];
  /** Labels in the largest training half; 0 if all rows are one group. */
  readonly most_labels: number;
  readonly rows: number;
  readonly groups: number;
}

export const defaultLabelCounts = [10, 25, 50, 100, 200] as const;

/**
 * Evaluates the methods of `options`, all by default. Rows without a label are left out. Cost: splits x label counts
 * x methods fits.
 *
 * @example
 * const tasks = Array.from({ length: 20 }, (_, at) => {
 *   const label = at % 2 === 0 ? "ham" : "spam";
 *   return { label, judge_scores: { ann: { verdict: label }, bob: { verdict: at % 5 === 0 ? "ham" : label } } };
 * });
 * const evaluation = evaluatePanel(panelTable(tasks), { labels: [5, 50], splits: 4, methods: ["chosen"] });
 * [evaluation.rows, evaluation.groups, evaluation.most_labels, evaluation.labels_left_out] // [20, 20, 10, [50]]
 * evaluation.methods.chosen[5].accuracy // 0.925
 * evaluation.methods.chosen[5].log_loss // 0.106983
 */
export function evaluatePanel(table: PanelTable, options: PanelEvaluationOptions = {}): PanelEvaluation {
  const splits = evaluatePanelBySplits(table, options);
  for (;;) {
    const step = splits.next();
    if (step.done) return step.value;
    options.onProgress?.(step.value);
  }
}

/**
 * Evaluates one split at a time and yields the completed share after each, so that the caller can let the event loop
 * run in between. Returns the same result as `evaluatePanel`.
 *
 * @example
 * const tasks = ["ham", "spam", "ham", "spam"].map((label) => ({ label, judge_scores: { ann: { verdict: label } } }));
 * [...evaluatePanelBySplits(panelTable(tasks), { labels: [2], splits: 4 })] // [0.25, 0.5, 0.75, 1]
 */
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
          .push(scoreMethod(table, method, drawn, test));
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

function scoreMethod(
  table: PanelTable,
  method: PanelMethod,
  training: readonly number[],
  test: readonly number[],
): ProbabilityScores {
  const classes = table.classes.length;
  const predict = createPanelPredictor(fitPanel(method, table, training), table);
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
    ...toScores(moments.map(({ mean }) => mean)),
    standard_errors: toScores(moments.map(({ standardError }) => standardError)),
    difference_to_specification: toScores(differences.map(({ mean }) => mean)),
    difference_standard_errors: toScores(differences.map(({ standardError }) => standardError)),
    splits: own.length,
  };
}

function toScores(values: readonly number[]): ProbabilityScores {
  return {
    accuracy: values[0]!,
    log_loss: values[1]!,
    brier: values[2]!,
    calibration_error: values[3]!,
  };
}

/** Computes the mean and its standard error (from the sample standard deviation), 0 for a single value. */
function computeMoments(values: readonly number[]): { mean: number; standardError: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const standardError = values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1) / values.length);
  return { mean, standardError };
}
