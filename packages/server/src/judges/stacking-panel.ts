/**
 * Stacking: one ridge-penalised logistic regression on the votes, its penalty chosen by the log-loss of five
 * folds that keep groups together. Shown beside the default panel; it needs folds, so it is poor at few labels.
 * Wolpert, "Stacked generalization", 1992.
 */
import type { LinearPanelModel } from "@relearn/contract";
import { type ConditionalLogitFit, fitConditionalLogit } from "../numerics/conditional-logit.ts";
import type { PanelTable } from "./panel-table.ts";
import { voteDesign } from "./vote-design.ts";
import { countVotePatterns, type VotePatterns } from "./vote-patterns.ts";

const PENALTIES = [0.1, 0.3, 1, 3, 10, 30, 100] as const;
const FOLDS = 5;
/** Enough that one class alone gives a finite bias. */
const BIAS_PRECISION = 0.1;

export function fitStackingPanel(table: PanelTable, rows: readonly number[]): LinearPanelModel {
  const labeled = rows.filter((row) => table.labels[row]! >= 0);
  const all = countVotePatterns(table, labeled);
  const fit = ridge(all, choosePenalty(table, labeled));
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

/** The penalty with the least held-out log-loss; the largest of equals, and where nothing can be held out. */
function choosePenalty(table: PanelTable, rows: readonly number[]): number {
  const folds = foldsByGroup(table, rows);
  const largest = PENALTIES.at(-1)!;
  if (folds.length < 2) return largest;
  let best: number = largest;
  let least = Number.POSITIVE_INFINITY;
  for (const penalty of [...PENALTIES].reverse()) {
    let loss = 0;
    folds.forEach((held, fold) => {
      const training = countVotePatterns(table, folds.filter((_, other) => other !== fold).flat());
      loss += computeLogLoss(ridge(training, penalty), countVotePatterns(table, held));
    });
    if (loss < least - 1e-9) {
      least = loss;
      best = penalty;
    }
  }
  return best;
}

/** At most five folds of whole groups, dealt in the order in which the groups come. */
function foldsByGroup(table: PanelTable, rows: readonly number[]): number[][] {
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

function ridge(patterns: VotePatterns, penalty: number): ConditionalLogitFit {
  const design = voteDesign(patterns);
  const priorPrecision = new Float64Array(design.dimensions).fill(penalty);
  priorPrecision.fill(BIAS_PRECISION, 0, design.biases);
  return fitConditionalLogit({ ...design, priorMean: new Float64Array(design.dimensions), priorPrecision });
}

function computeLogLoss(fit: ConditionalLogitFit, held: VotePatterns): number {
  const design = voteDesign(held);
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
