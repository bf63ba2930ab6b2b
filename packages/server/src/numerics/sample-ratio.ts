import { logBeta } from "./log-beta.ts";

/** Counts of the units with one canary probability, by the arm that they were assigned to. */
export interface SplitCounts {
  /** Planned probability of canary, in (0, 1). */
  readonly probability: number;
  readonly canary: number;
  readonly active: number;
}

/** Weight of the prior, in assignments: most sensitive to deviations of about half a point. */
const PRIOR_ASSIGNMENTS = 10_000;

/**
 * Computes the logarithm of the Bayes factor against the planned split, an e-process over assignments.
 *
 * Beta-binomial mixture (two arms of the Dirichlet-multinomial) with a = 10000 p, b = 10000 (1 - p):
 * BF = B(a + n1, b + n0) / (B(a, b) p^n1 (1-p)^n0). Under the planned split it is a martingale that starts at 1.
 * Source: Lindon and Malek, "Anytime-valid inference for multinomial count data" (2022).
 *
 * @example
 * logSplitBayesFactor({ probability: 0.5, canary: 5000, active: 5000 }) // -0.346586
 * logSplitBayesFactor({ probability: 0.5, canary: 5300, active: 4700 }) // 8.65521
 */
export function logSplitBayesFactor(counts: SplitCounts, priorAssignments = PRIOR_ASSIGNMENTS): number {
  const { probability, canary, active } = counts;
  if (canary + active === 0) return 0;
  const a = priorAssignments * probability;
  const b = priorAssignments * (1 - probability);
  return (
    logBeta(a + canary, b + active) -
    logBeta(a, b) -
    canary * Math.log(probability) -
    active * Math.log1p(-probability)
  );
}
