/**
 * The default panel: a hierarchical logistic regression on the judges' votes, averaged over how far judges
 * may differ by the evidence for it.
 *
 * Two classes. A vote v_j is +1 for the second class, -1 for the first, 0 where the judge gave none or
 * contradicted itself. log-odds = b + s · 3 · mean(v) + sum_j d_j v_j, with priors b ~ N(0, 1),
 * s ~ N(1, 1/3), d_j ~ N(0, τ²), each τ of the grid fitted at its mode; the mixture weighs the fits by the
 * Laplace approximation of their evidence. Without a label: all τ equal, a tempered majority. A judge that
 * is worse than chance gets a negative weight once the labels say so.
 *
 * More classes: a vote is a one-hot vector less 1/K, the bias is one number a class with half the variance
 * (so that differences of two have the same), slope and deviations are shared by the classes. The slope's
 * scale grows by ln(K - 1): if wrong votes scatter over K - 1 classes, agreement says that much more.
 *
 * No folds and no randomness. Rejected, with measurements: choosing a method by out-of-fold log-loss, which
 * is worse at few labels (docs/methods/judge-panel.md).
 */
import type { LinearComponent, LinearPanelModel } from "@relearn/contract";
import { solveCholesky } from "../numerics/cholesky.ts";
import { type ConditionalLogitFit, fitConditionalLogit } from "../numerics/conditional-logit.ts";
import { voteDesign } from "./vote-design.ts";
import type { VotePatterns } from "./vote-patterns.ts";

/** Spreads from "all judges alike" to "each for itself"; odds ratios of e^.1 to e^1.8 a vote. */
const TAUS = [0.1, 0.3, 0.6, 1, 1.8] as const;
const BIAS_PRECISION = 1;
const SLOPE_MEAN = 1;
const SLOPE_PRECISION = 3;
/** Log-odds of a unanimous panel before any label: .953. */
const UNANIMOUS_LOG_ODDS = 3;

export function fitChosenPanel(patterns: VotePatterns): LinearPanelModel {
  const classCount = patterns.classes.length;
  const judgeCount = patterns.judges.length;
  const design = chosenDesign(patterns);
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

/** Parameters: biases, slope, one deviation a judge. */
function chosenDesign(patterns: VotePatterns) {
  const judgeCount = patterns.judges.length;
  const classCount = patterns.classes.length;
  const scale = (UNANIMOUS_LOG_ODDS + Math.log(classCount - 1)) / Math.max(1, judgeCount);
  const design = voteDesign(patterns, scale);
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
    /** The judge's log-odds as a combination of the parameters. */
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
