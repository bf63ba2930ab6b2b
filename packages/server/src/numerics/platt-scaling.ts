import { expNonPositive } from "./exponential.ts";

/** P(positive) = sigmoid(slope · score + intercept). */
export interface PlattScaling {
  readonly slope: number;
  readonly intercept: number;
}

/**
 * Fits Platt's calibration (1999) of log-odds: a logistic regression of the outcomes on the scores, with the targets
 * (n⁺ + 1)/(n⁺ + 2) and 1/(n⁻ + 2), which keep it finite if the scores separate the classes. Solved by Newton's
 * method with step halving (Lin, Lin, Weng 2007) from slope 1, intercept 0 (no change). `isPositive`: 1 or 0 per
 * score. Cost: some ten passes over the scores.
 *
 * Returns `null` if it cannot be fitted: there is only one class, the scores are all the same or not finite, or there
 * is no convergence; and if the slope would not be positive, since scores in reverse order must not be corrected by
 * inverting them.
 *
 * @example
 * fitPlatt(Float64Array.of(-2, -1, 0, 1, 2), Uint8Array.of(0, 0, 1, 0, 1)) // { slope: 0.480861, intercept: -0.359155 }
 * fitPlatt(Float64Array.of(-1, 1), Uint8Array.of(1, 0)) // null
 */
export function fitPlatt(scores: Float64Array, isPositive: Uint8Array): PlattScaling | null {
  const count = scores.length;
  let positives = 0;
  let isConstant = true;
  for (let i = 0; i < count; i++) {
    positives += isPositive[i]!;
    if (!Number.isFinite(scores[i]!)) return null;
    if (scores[i] !== scores[0]) isConstant = false;
  }
  const negatives = count - positives;
  if (positives === 0 || negatives === 0 || isConstant) return null;
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (negatives + 2);

  const computeLoss = (slope: number, intercept: number): number => {
    let loss = 0;
    for (let i = 0; i < count; i++) {
      const z = slope * scores[i]! + intercept;
      const target = isPositive[i] === 1 ? high : low;
      loss += Math.log1p(expNonPositive(-Math.abs(z))) + Math.max(z, 0) - target * z;
    }
    return loss;
  };

  let slope = 1;
  let intercept = 0;
  let loss = computeLoss(slope, intercept);
  for (let iteration = 0; iteration < 100; iteration++) {
    let gradientSlope = 0;
    let gradientIntercept = 0;
    let curvatureSlope = RIDGE;
    let curvatureBoth = 0;
    let curvatureIntercept = RIDGE;
    for (let i = 0; i < count; i++) {
      const score = scores[i]!;
      const z = slope * score + intercept;
      const e = expNonPositive(-Math.abs(z));
      const p = z >= 0 ? 1 / (1 + e) : e / (1 + e);
      const residual = p - (isPositive[i] === 1 ? high : low);
      const curvature = p * (1 - p);
      gradientSlope += residual * score;
      gradientIntercept += residual;
      curvatureSlope += curvature * score * score;
      curvatureBoth += curvature * score;
      curvatureIntercept += curvature;
    }
    const determinant = curvatureSlope * curvatureIntercept - curvatureBoth * curvatureBoth;
    const stepSlope = (curvatureBoth * gradientIntercept - curvatureIntercept * gradientSlope) / determinant;
    const stepIntercept = (curvatureBoth * gradientSlope - curvatureSlope * gradientIntercept) / determinant;
    if (!Number.isFinite(stepSlope) || !Number.isFinite(stepIntercept)) return null;
    const fall = gradientSlope * stepSlope + gradientIntercept * stepIntercept;
    if (-fall < MIN_FALL + ROUNDING * Math.abs(loss)) {
      slope += stepSlope;
      return slope > 0 ? { slope, intercept: intercept + stepIntercept } : null;
    }
    let length = 1;
    let next = computeLoss(slope + stepSlope, intercept + stepIntercept);
    while (!(next <= loss + 1e-4 * length * fall + ROUNDING * Math.abs(loss)) && length > 1e-10) {
      length /= 2;
      next = computeLoss(slope + length * stepSlope, intercept + length * stepIntercept);
    }
    if (!(length > 1e-10)) return null;
    slope += length * stepSlope;
    intercept += length * stepIntercept;
    loss = next;
  }
  return null;
}

/**
 * Bound of the squared remaining error, in standard errors; the last step squares it once more. With a smaller value, the
 * rounding error of the loss over many rows would hide the decrease of a step.
 */
const MIN_FALL = 1e-8;
/** Rounding of the loss, as a share of it: it is a sum of a million terms. */
const ROUNDING = 1e-12;
/** Keeps the two equations solvable if all scores are nearly the same. */
const RIDGE = 1e-12;
