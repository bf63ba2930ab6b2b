/**
 * The default panel: a hierarchical logistic regression on the judges' votes, averaged over several values of the
 * spread τ between judges, weighted by their evidence.
 *
 * Two classes. A vote v_j is +1 for the second class, -1 for the first, 0 if the judge gave none or
 * contradicted itself. log-odds = b + s · 3 · mean(v) + sum_j d_j v_j, with priors b ~ N(0, 1),
 * s ~ N(1, 1/3), d_j ~ N(0, τ²), each τ of the grid fitted at its mode; the mixture weighs the fits by the
 * Laplace approximation of their evidence. Without labels all τ have equal weight: a tempered majority. A judge
 * that is worse than chance gets a negative weight if the labels show it.
 *
 * More classes: a vote is a one-hot vector minus 1/K, the bias is one number per class with half the variance
 * (so that the difference of two has the same variance), slope and deviations are shared by the classes. The slope's
 * scale grows by ln(K - 1): if wrong votes scatter over K - 1 classes, agreement is that much stronger evidence.
 *
 * No folds and no randomness. Choosing a method by out-of-fold log-loss was measured and rejected: it is worse with
 * few labels (docs/methods/judge-panel.md).
 */
import type { LinearComponent, LinearPanelModel } from "@relearn/contract";
import { solveCholesky } from "../numerics/cholesky.ts";
import { type ConditionalLogitFit, fitConditionalLogit } from "../numerics/conditional-logit.ts";
import { createVoteDesign } from "./vote-design.ts";
import type { VotePatterns } from "./vote-patterns.ts";

/** From nearly equal judges to nearly independent ones; odds ratios of e^.1 to e^1.8 per vote. */
const TAUS = [0.1, 0.3, 0.6, 1, 1.8] as const;
const BIAS_PRECISION = 1;
const SLOPE_MEAN = 1;
const SLOPE_PRECISION = 3;
/** Log-odds of a unanimous panel without labels: probability .953. */
const UNANIMOUS_LOG_ODDS = 3;

/**
 * Fits the default panel on labeled vote patterns. Works with any number of labels, also none.
 *
 * @example
 * const tasks = [
 *   { judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "spam" } }, label: "spam" },
 *   { judge_scores: { ann: { verdict: "ham" }, bob: { verdict: "spam" } }, label: "ham" },
 *   { judge_scores: { ann: { verdict: "ham" }, bob: { verdict: "ham" } }, label: "ham" },
 *   { judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "ham" } }, label: "spam" },
 * ];
 * const table = panelTable(tasks);
 * const scores = { ann: { verdict: "spam" }, bob: { verdict: "ham" } };
 * predictPanel(fitChosenPanel(countVotePatterns(table, [])), scores).spam // 0.5
 * predictPanel(fitChosenPanel(countVotePatterns(table, [0, 1, 2, 3])), scores).spam // 0.672584  (ann always agreed)
 */
export function fitChosenPanel(patterns: VotePatterns): LinearPanelModel {
  const classCount = patterns.classes.length;
  const judgeCount = patterns.judges.length;
  const design = createChosenDesign(patterns);
  const fits: ConditionalLogitFit[] = [];
  for (const tau of TAUS) {
    const previous = fits.at(-1);
    fits.push(
      fitConditionalLogit({
        ...design,
        priorPrecision: design.precisionFor(tau),
        ...(previous === undefined ? {} : { start: previous.parameters }),
      }),
    );
  }
  const best = Math.max(...fits.map((fit) => fit.evidence));
  const shares = fits.map((fit) => Math.exp(fit.evidence - best));
  const total = shares.reduce((sum, share) => sum + share, 0);

  const mean = new Float64Array(judgeCount);
  const secondMoment = new Float64Array(judgeCount);
  const components = fits.map((fit, index): LinearComponent => {
    const probability = shares[index]! / total;
    const logOdds = Array.from({ length: judgeCount }, (_, judge) => {
      const combination = design.combinationFor(judge);
      const value = dot(combination, fit.parameters);
      const variance = dot(combination, solveCholesky(fit.hessianFactor, design.dimensions, combination));
      mean[judge]! += probability * value;
      secondMoment[judge]! += probability * (value * value + variance);
      return value;
    });
    const intercepts = Array.from(fit.parameters.subarray(0, classCount === 2 ? 1 : classCount));
    return { probability, tau: TAUS[index]!, intercepts, vote_log_odds: logOdds };
  });
  return {
    method: "chosen",
    judges: patterns.judges,
    classes: patterns.classes,
    labels: patterns.total,
    components,
    standard_errors: Array.from(mean, (value, judge) =>
      Math.sqrt(Math.max(0, secondMoment[judge]! - value * value)),
    ),
  };
}

/** Creates the design with the parameters: biases, slope, one deviation per judge. */
function createChosenDesign(patterns: VotePatterns) {
  const judgeCount = patterns.judges.length;
  const classCount = patterns.classes.length;
  const scale = (UNANIMOUS_LOG_ODDS + Math.log(classCount - 1)) / Math.max(1, judgeCount);
  const design = createVoteDesign(patterns, scale);
  const { biases, dimensions } = design;
  const priorMean = new Float64Array(dimensions);
  priorMean[biases] = SLOPE_MEAN;
  return {
    ...design,
    priorMean,
    precisionFor(tau: number): Float64Array {
      const precision = new Float64Array(dimensions).fill(1 / (tau * tau));
      precision.fill(classCount === 2 ? BIAS_PRECISION : 2 * BIAS_PRECISION, 0, biases);
      precision[biases] = SLOPE_PRECISION;
      return precision;
    },
    /** Coefficients of the judge's log-odds in the parameters. */
    combinationFor(judge: number): Float64Array {
      const combination = new Float64Array(dimensions);
      combination[biases] = scale;
      combination[biases + 1 + judge] = 1;
      return combination;
    },
  };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}
