import type { PredictableMeans } from "./arm-means.ts";
import type { UnitCells } from "./unit-cells.ts";

/**
 * Evidence against a null hypothesis about two randomised arms, simultaneously valid at all analyses.
 *
 * For a unit with value Y in [0, 1], arm A (1 canary) and canary probability π, with arm means m1, m0 of
 * past data,
 *   T = m1 + A (Y - m1) / π        C = m0 + (1 - A) (Y - m0) / (1 - π)
 * have the arm means as their expectations given the past, under any drift and any change of π. A stream
 * W = a T + b C + c whose expectation is at most 0 under the null makes each product of (1 + λ W), with λ
 * fixed before the unit is observed and 1 + λ W > 0, a non-negative supermartingale; so is a mean over several
 * λ. By Ville's inequality it ever exceeds 1/α with probability at most α.
 *
 * Source: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting" (2023);
 * Waudby-Smith et al., "Anytime-valid off-policy inference for contextual bandits" (2022). Sizing the bets
 * by relative effects g, λ = g m π(1-π)/v, is specific to this project: g m is the difference at which that bet grows
 * fastest, since Var(W) is about v / (π(1-π)). See docs/methods/e-process.md.
 */
export interface LinearStream {
  readonly canary: number;
  readonly active: number;
  readonly constant: number;
}

/** Relative effects that determine the bets on a mean: 12 points from 1 % to 40 %. */
export const meanBets: readonly number[] = geometric(0.01, 0.4, 12);
/** Relative effects for rare indicators, which often differ by a large factor: 16 points from 1 % to 500 %. */
export const rareBets: readonly number[] = geometric(0.01, 5, 16);

/** Maximum share of the wealth at risk, so that no unit can reduce the wealth to 0. */
const MAX_STAKE = 0.75;

/**
 * Creates the wealth of each bet before the first unit: 1, as a logarithm.
 *
 * @example
 * startWealth([0.1, 0.2]) // [0, 0]
 */
export function startWealth(bets: readonly number[]): number[] {
  return bets.map(() => 0);
}

/**
 * Multiplies the wealth of each bet by the payoff of a batch, in place.
 *
 * `logWealth` has one entry for each of `bets`; `means` must be fixed before the batch. Cost: cells x bets.
 *
 * @example
 * const arms = { canary: Uint8Array.of(1, 0), probability: Float64Array.of(0.5, 0.5) };
 * const wealth = startWealth([0.1, 0.2]);
 * const stream = { canary: 1, active: -1, constant: 0 };
 * growWealth(wealth, [0.1, 0.2], stream, predictableMeans(emptyArmTotals()), countCells(arms, Float64Array.of(1, 0), 0, 2));
 * wealth // [0.0975803, 0.19062]
 */
export function growWealth(
  logWealth: number[],
  bets: readonly number[],
  stream: LinearStream,
  means: PredictableMeans,
  cells: UnitCells,
): void {
  const { length } = cells;
  const payoffs = new Float64Array(length);
  for (let cell = 0; cell < length; cell++) {
    payoffs[cell] = payoff(
      stream,
      means,
      cells.canary[cell]!,
      cells.value[cell]!,
      cells.probabilities[cells.group[cell]!]!,
    );
  }
  const groups = cells.probabilities.length;
  const scales = cells.probabilities.map(
    (probability) => (means.pooled * probability * (1 - probability)) / means.variance,
  );
  const maxBets = cells.probabilities.map((probability) => computeMaxBet(stream, means, probability));
  const stakes = new Float64Array(groups);
  for (let bet = 0; bet < bets.length; bet++) {
    for (let group = 0; group < groups; group++) {
      stakes[group] = Math.min(bets[bet]! * scales[group]!, maxBets[group]!);
    }
    let log = 0;
    let product = 1;
    for (let cell = 0; cell < length; cell++) {
      const gain = stakes[cells.group[cell]!]! * payoffs[cell]!;
      const count = cells.count[cell]!;
      if (count === 1) {
        // Logarithms dominate the time of this loop, so factors are multiplied until the product is near the limits of float64.
        product *= 1 + gain;
        if (product < 1e-250 || product > 1e250) {
          log += Math.log(product);
          product = 1;
        }
      } else log += count * Math.log1p(gain);
    }
    logWealth[bet]! += log + Math.log(product);
  }
}

/**
 * Computes the logarithm of the e-value, which is the mean of the wealths given as logarithms.
 *
 * @example
 * logEValue([Math.log(1), Math.log(3)]) // 0.693147  (ln 2)
 */
export function logEValue(logWealth: readonly number[]): number {
  let peak = Number.NEGATIVE_INFINITY;
  for (const log of logWealth) if (log > peak) peak = log;
  let sum = 0;
  for (const log of logWealth) sum += Math.exp(log - peak);
  return peak + Math.log(sum / logWealth.length);
}

/**
 * Computes the logarithm of a weighted mean of e-values given as logarithms; the weights sum to 1.
 *
 * @example
 * logWeightedMean([Math.log(1), Math.log(5)], [0.75, 0.25]) // 0.693147  (ln 2)
 */
export function logWeightedMean(logs: readonly number[], weights: readonly number[]): number {
  let peak = Number.NEGATIVE_INFINITY;
  for (const [index, log] of logs.entries()) if (weights[index]! > 0 && log > peak) peak = log;
  let sum = 0;
  for (const [index, log] of logs.entries()) {
    if (weights[index]! > 0) sum += weights[index]! * Math.exp(log - peak);
  }
  return peak + Math.log(sum);
}

/**
 * Computes the W of one unit: `canary` 1 or 0, its value in [0, 1], and its canary probability in (0, 1).
 *
 * @example
 * const means = predictableMeans(emptyArmTotals());
 * payoff({ canary: 1, active: -1, constant: 0 }, means, 1, 1, 0.5) // 1
 */
export function payoff(
  stream: LinearStream,
  means: PredictableMeans,
  canary: number,
  value: number,
  probability: number,
): number {
  const inCanary = canary === 1 ? means.canary + (value - means.canary) / probability : means.canary;
  const inActive = canary === 1 ? means.active : means.active + (value - means.active) / (1 - probability);
  return stream.canary * inCanary + stream.active * inActive + stream.constant;
}

/** Computes the bet at which the worst value costs the maximum stake. W is linear in Y, so its ends are at 0 and 1. */
function computeMaxBet(stream: LinearStream, means: PredictableMeans, probability: number): number {
  const worst = Math.min(
    payoff(stream, means, 1, 0, probability),
    payoff(stream, means, 1, 1, probability),
    payoff(stream, means, 0, 0, probability),
    payoff(stream, means, 0, 1, probability),
  );
  return worst < 0 ? MAX_STAKE / -worst : Number.POSITIVE_INFINITY;
}

function geometric(first: number, last: number, points: number): number[] {
  return Array.from({ length: points }, (_, at) => first * (last / first) ** (at / (points - 1)));
}
