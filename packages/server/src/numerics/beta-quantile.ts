/**
 * The regularised incomplete beta function and its inverse, for intervals of a share.
 *
 * I_x(a, b) by the continued fraction of Abramowitz and Stegun 26.5.8, evaluated by Lentz's method as in
 * Numerical Recipes 6.4; relative error about 1e-11.
 */

import { logBeta } from "./log-beta.ts";

/**
 * Computes P(X <= x) for X ~ Beta(a, b), a and b above 0: the regularised incomplete beta function. 0 for x below
 * 0, 1 for x above 1. Relative error about 1e-11.
 *
 * @example
 * betaCumulative(0.5, 2, 3) // 0.6875
 */
export function betaCumulative(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b));
  // The fraction converges fast below the mean; above it the reflected one does.
  return x < (a + 1) / (a + b + 2)
    ? (front * continuedFraction(x, a, b)) / a
    : 1 - (front * continuedFraction(1 - x, b, a)) / b;
}

/**
 * Computes the x with P(X <= x) = `probability` for X ~ Beta(a, b), a and b above 0, by bisection to the last
 * bits. NaN for a probability outside [0, 1]. Cost: up to 200 calls of `betaCumulative`.
 *
 * @example
 * betaQuantile(0.6875, 2, 3) // 0.5
 */
export function betaQuantile(probability: number, a: number, b: number): number {
  if (!(probability >= 0 && probability <= 1)) return Number.NaN;
  if (probability === 0 || probability === 1) return probability;
  let low = 0;
  let high = 1;
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (betaCumulative(middle, a, b) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function continuedFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const guard = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 5000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    const change = d * c;
    result *= change;
    if (Math.abs(change - 1) < 1e-15) break;
  }
  return result;
}
