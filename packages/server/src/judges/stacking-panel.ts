/**
 * Stacking: one ridge-penalised logistic regression on the votes. The penalty is chosen by the log-loss of five
 * folds that keep groups together. Offered for comparison with the default panel; it is poor with few labels,
 * because it needs folds.
 * Wolpert, "Stacked generalization", 1992.
 */
import type { LinearPanelModel } from "@relearn/contract";
import { type ConditionalLogitFit, fitConditionalLogit } from "../numerics/conditional-logit.ts";
import type { PanelTable } from "./panel-table.ts";
import { createVoteDesign } from "./vote-design.ts";
import { countVotePatterns, type VotePatterns } from "./vote-patterns.ts";

const PENALTIES = [0.1, 0.3, 1, 3, 10, 30, 100] as const;
const FOLDS = 5;
/** Keeps the bias finite if all labels are of one class. */
const BIAS_PRECISION = 0.1;

/**
 * Fits the stacking panel on the labeled ones of `rows`. Cost: 36 fits.
 *
 * @example
 * const tasks = [
 *   { judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "spam" } }, label: "spam" },
 *   { judge_scores: { ann: { verdict: "ham" }, bob: { verdict: "spam" } }, label: "ham" },
 *   { judge_scores: { ann: { verdict: "ham" }, bob: { verdict: "ham" } }, label: "ham" },
 *   { judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "ham" } }, label: "spam" },
 * ];
 * const panel = fitStackingPanel(panelTable(tasks), [0, 1, 2, 3]);
 * predictPanel(panel, { ann: { verdict: "spam" }, bob: { verdict: "ham" } }) // { ham: 0.0661748, spam: 0.933825 }
 */
export function fitStackingPanel(table: PanelTable, rows: readonly number[]): LinearPanelModel {
  const labeled = rows.filter((row) => table.labels[row]! >= 0);
  const all = countVotePatterns(table, labeled);
  const fit = fitRidge(all, choosePenalty(table, labeled));
  const biases = table.classes.length === 2 ? 1 : table.classes.length;
  return {
    method: "stacking",
    judges: table.judges,
    classes: table.classes,
    labels: all.total,
    components: [
      {
        probability: 1,
        tau: null,
        intercepts: Array.from(fit.parameters.subarray(0, biases)),
        vote_log_odds: Array.from(fit.parameters.subarray(biases)),
      },
    ],
    standard_errors: null,
  };
}

/** Chooses the penalty with the lowest held-out log-loss; the largest of equals, or if nothing can be held out. */
function choosePenalty(table: PanelTable, rows: readonly number[]): number {
  const folds = splitByGroup(table, rows);
  const largest = PENALTIES.at(-1)!;
  if (folds.length < 2) return largest;
  let best: number = largest;
  let least = Number.POSITIVE_INFINITY;
  for (const penalty of [...PENALTIES].reverse()) {
    let loss = 0;
    folds.forEach((held, fold) => {
      const training = countVotePatterns(table, folds.filter((_, other) => other !== fold).flat());
      loss += computeLogLoss(fitRidge(training, penalty), countVotePatterns(table, held));
    });
    if (loss < least - 1e-9) {
      least = loss;
      best = penalty;
    }
  }
  return best;
}

/** Splits the rows into at most five folds of whole groups, dealt in the order of the groups. */
function splitByGroup(table: PanelTable, rows: readonly number[]): number[][] {
  const folds: number[][] = [];
  const foldByPattern = new Map<number, number>();
  for (const row of rows) {
    const group = table.groups[row]!;
    let fold = foldByPattern.get(group);
    if (fold === undefined) {
      fold = foldByPattern.size % FOLDS;
      foldByPattern.set(group, fold);
    }
    if (fold === folds.length) folds.push([]);
    folds[fold]!.push(row);
  }
  return folds;
}

function fitRidge(patterns: VotePatterns, penalty: number): ConditionalLogitFit {
  const design = createVoteDesign(patterns);
  const priorPrecision = new Float64Array(design.dimensions).fill(penalty);
  priorPrecision.fill(BIAS_PRECISION, 0, design.biases);
  return fitConditionalLogit({ ...design, priorMean: new Float64Array(design.dimensions), priorPrecision });
}

function computeLogLoss(fit: ConditionalLogitFit, held: VotePatterns): number {
  const design = createVoteDesign(held);
  const { classes, dimensions, features } = design;
  let loss = 0;
  const scores = new Float64Array(classes);
  for (let row = 0; row < held.patterns; row++) {
    let sum = 1;
    for (let k = 1; k < classes; k++) {
      let score = 0;
      for (let d = 0; d < dimensions; d++) {
        score += features[(row * (classes - 1) + k - 1) * dimensions + d]! * fit.parameters[d]!;
      }
      scores[k] = score;
      sum += Math.exp(score);
    }
    for (let k = 0; k < classes; k++) loss += held.counts[row * classes + k]! * (Math.log(sum) - scores[k]!);
  }
  return loss;
}
