/**
 * Conditional logit with a Gaussian prior, at its posterior mode. With two classes it is logistic regression.
 *
 *   Q(θ) = sum_i [ N_i ln(1 + sum_k exp(z_ik·θ)) - sum_k c_ik z_ik·θ ] + ½ sum_d P_d (θ_d - m_d)²
 *
 * k runs over every class but the first, whose score is 0: z_ik holds the difference of the features of class
 * k to those of the first. c_ik counts how often row i had class k, N_i is their sum over all classes, so
 * equal rows can be counted together. Q is strictly convex for P > 0: Newton's method with step halving
 * always ends at its one minimum.
 *
 * McFadden, "Conditional logit analysis of qualitative choice behavior", 1974; the Laplace approximation of
 * the evidence as in MacKay, "The evidence framework applied to classification networks", 1992.
 */
import { cholesky, logDeterminant, solveCholesky } from "./cholesky.ts";

export interface ConditionalLogitInput {
  readonly rows: number;
  /** Two or more. */
  readonly classes: number;
  readonly dimensions: number;
  /** rows x (classes - 1) x dimensions. */
  readonly features: Float64Array;
  /** rows x classes, none negative; fractions are weights. */
  readonly counts: Float64Array;
  /** Per dimension; precisions above 0. */
  readonly priorMean: Float64Array;
  readonly priorPrecision: Float64Array;
  /** Start of the iteration; the prior mean by default. */
  readonly start?: Float64Array;
}

export interface ConditionalLogitFit {
  readonly parameters: Float64Array;
  /** Q at the parameters. */
  readonly objective: number;
  /** Cholesky factor of the Hessian of Q at the parameters. */
  readonly hessianFactor: Float64Array;
  /** -Q + ½ ln|P| - ½ ln|H|: the log evidence of the prior, except for a term that all priors share. */
  readonly evidence: number;
}

const MAX_STEPS = 200;
/** Half the squared Newton decrement bounds the remaining decrease of Q; far below the visible digits of a probability. */
const MAX_DECREMENT = 1e-13;

/**
 * Fits the parameters at their posterior mode by Newton's method with step halving. Throws `RangeError` if the
 * Hessian is not positive definite: features, counts and precisions must be finite, precisions above 0.
 * Cost per step: rows x classes x dimensions² / 2; typically 4 to 10 steps.
 *
 * @example
 * const fit = fitConditionalLogit({
 *   rows: 1,
 *   classes: 2,
 *   dimensions: 1,
 *   features: Float64Array.of(1),
 *   counts: Float64Array.of(2, 8),
 *   priorMean: Float64Array.of(0),
 *   priorPrecision: Float64Array.of(1),
 * });
 * fit.parameters // [0.896893]
 * fit.evidence // -6.17535
 */
export function fitConditionalLogit(input: ConditionalLogitInput): ConditionalLogitFit {
  const { dimensions, priorMean, priorPrecision } = input;
  let parameters = Float64Array.from(input.start ?? priorMean);
  const gradient = new Float64Array(dimensions);
  const hessian = new Float64Array(dimensions * dimensions);
  let objective = differentiate(input, parameters, gradient, hessian);
  let factor = factorise(hessian, dimensions);

  for (let step = 0; step < MAX_STEPS; step++) {
    const direction = solveCholesky(factor, dimensions, gradient);
    const decrement = dot(direction, gradient);
    if (decrement / 2 <= MAX_DECREMENT * (1 + Math.abs(objective))) break;
    let fraction = 1;
    let next = parameters;
    let nextObjective = Number.POSITIVE_INFINITY;
    // Some fraction of the step always reaches a quarter of the decrease that the gradient predicts.
    for (; fraction > 1e-12; fraction /= 2) {
      next = parameters.map((value, index) => value - fraction * direction[index]!);
      nextObjective = computeObjective(input, next);
      if (nextObjective <= objective - 0.25 * fraction * decrement) break;
    }
    // A further decrease is below the rounding error: this is the minimum to working precision.
    if (!(nextObjective < objective)) break;
    parameters = next;
    objective = differentiate(input, parameters, gradient, hessian);
    factor = factorise(hessian, dimensions);
  }
  let evidence = -objective - logDeterminant(factor, dimensions) / 2;
  for (let d = 0; d < dimensions; d++) evidence += Math.log(priorPrecision[d]!) / 2;
  return { parameters, objective, hessianFactor: factor, evidence };
}

function factorise(hessian: Float64Array, dimensions: number): Float64Array {
  const factor = cholesky(hessian, dimensions);
  if (factor === null) {
    throw new RangeError(
      "The Hessian of a conditional logit is not positive definite: features, counts and precisions must be finite, precisions above 0.",
    );
  }
  return factor;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}

function priorObjective(input: ConditionalLogitInput, parameters: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < input.dimensions; d++) {
    const distance = parameters[d]! - input.priorMean[d]!;
    sum += 0.5 * input.priorPrecision[d]! * distance * distance;
  }
  return sum;
}

/** Writes the scores of one row to `scores` (0 for the first class) and returns ln sum exp. */
function scoreRow(
  input: ConditionalLogitInput,
  row: number,
  parameters: Float64Array,
  scores: Float64Array,
): number {
  const { classes, dimensions, features } = input;
  let highest = 0;
  scores[0] = 0;
  for (let k = 1; k < classes; k++) {
    const offset = (row * (classes - 1) + k - 1) * dimensions;
    let score = 0;
    for (let d = 0; d < dimensions; d++) score += features[offset + d]! * parameters[d]!;
    scores[k] = score;
    if (score > highest) highest = score;
  }
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += Math.exp(scores[k]! - highest);
  return highest + Math.log(sum);
}

function computeObjective(input: ConditionalLogitInput, parameters: Float64Array): number {
  const { rows, classes, counts } = input;
  const scores = new Float64Array(classes);
  let objective = priorObjective(input, parameters);
  for (let row = 0; row < rows; row++) {
    const logSum = scoreRow(input, row, parameters, scores);
    for (let k = 0; k < classes; k++) objective += counts[row * classes + k]! * (logSum - scores[k]!);
  }
  return objective;
}

/** Computes gradient and lower Hessian, and returns Q. */
function differentiate(
  input: ConditionalLogitInput,
  parameters: Float64Array,
  gradient: Float64Array,
  hessian: Float64Array,
): number {
  const { rows, classes, dimensions, features, counts, priorMean, priorPrecision } = input;
  hessian.fill(0);
  for (let d = 0; d < dimensions; d++) {
    gradient[d] = priorPrecision[d]! * (parameters[d]! - priorMean[d]!);
    hessian[d * dimensions + d] = priorPrecision[d]!;
  }
  let objective = priorObjective(input, parameters);
  const scores = new Float64Array(classes);
  const mean = new Float64Array(dimensions);
  for (let row = 0; row < rows; row++) {
    const logSum = scoreRow(input, row, parameters, scores);
    let total = 0;
    for (let k = 0; k < classes; k++) {
      const count = counts[row * classes + k]!;
      total += count;
      objective += count * (logSum - scores[k]!);
    }
    if (total === 0) continue;
    mean.fill(0);
    for (let k = 1; k < classes; k++) {
      const probability = Math.exp(scores[k]! - logSum);
      const surplus = total * probability - counts[row * classes + k]!;
      const offset = (row * (classes - 1) + k - 1) * dimensions;
      for (let a = 0; a < dimensions; a++) {
        const feature = features[offset + a]!;
        if (feature === 0) continue;
        gradient[a]! += surplus * feature;
        mean[a]! += probability * feature;
        const scaled = total * probability * feature;
        for (let b = 0; b <= a; b++) hessian[a * dimensions + b]! += scaled * features[offset + b]!;
      }
    }
    for (let a = 0; a < dimensions; a++) {
      const scaled = total * mean[a]!;
      if (scaled === 0) continue;
      for (let b = 0; b <= a; b++) hessian[a * dimensions + b]! -= scaled * mean[b]!;
    }
  }
  return objective;
}
