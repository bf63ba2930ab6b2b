import type { UnitCells } from "./unit-cells.ts";

/** Counts and sums of past values in [0, 1] of both arms. A document: it is part of stored evidence. */
export interface ArmTotals {
  canary_units: number;
  canary_sum: number;
  active_units: number;
  active_sum: number;
  /** Sum of squared values of both arms. */
  squares: number;
}

/** Means and variance of the next batch, estimated before it is seen. */
export interface PredictableMeans {
  /** Mean of both arms, (S + 1) / (N + 2). */
  readonly pooled: number;
  /** Running means of each arm, shrunk to the pooled one. */
  readonly canary: number;
  readonly active: number;
  /** Variance of both arms, shrunk to that of a binary value, at least 0.001. */
  readonly variance: number;
}

/** Pseudo-observations that the arm means and the variance start from: enough to stabilize the first batches. */
const PRIOR_UNITS = 50;
/** Below this, rounding noise would determine the size of a bet. */
const MIN_VARIANCE = 0.001;

/**
 * Creates totals without any unit.
 *
 * @example
 * emptyArmTotals().canary_units // 0
 */
export function emptyArmTotals(): ArmTotals {
  return { canary_units: 0, canary_sum: 0, active_units: 0, active_sum: 0, squares: 0 };
}

/**
 * Computes the means and the variance for the bets on the next batch, from past data only. The arms start from 50
 * pseudo-units at the pooled mean, so that the first batch does not dominate.
 *
 * @example
 * predictableMeans(emptyArmTotals()) // { pooled: 0.5, canary: 0.5, active: 0.5, variance: 0.25 }
 * const totals = { canary_units: 50, canary_sum: 20, active_units: 50, active_sum: 10, squares: 30 };
 * predictableMeans(totals).canary // 0.351961
 * predictableMeans(totals).active // 0.251961
 */
export function predictableMeans(totals: ArmTotals): PredictableMeans {
  const units = totals.canary_units + totals.active_units;
  const sum = totals.canary_sum + totals.active_sum;
  const pooled = (sum + 1) / (units + 2);
  const observed = units === 0 ? 0 : Math.max(0, totals.squares / units - (sum / units) ** 2);
  const variance = (units * observed + PRIOR_UNITS * pooled * (1 - pooled)) / (units + PRIOR_UNITS);
  return {
    pooled,
    canary: (totals.canary_sum + PRIOR_UNITS * pooled) / (totals.canary_units + PRIOR_UNITS),
    active: (totals.active_sum + PRIOR_UNITS * pooled) / (totals.active_units + PRIOR_UNITS),
    variance: Math.max(variance, MIN_VARIANCE),
  };
}

/**
 * Adds the units of a batch to the totals, in place. Cost O(cells).
 *
 * @example
 * const arms = { canary: Uint8Array.of(1, 0, 0), probability: Float64Array.of(0.5, 0.5, 0.5) };
 * const totals = emptyArmTotals();
 * addToTotals(totals, countCells(arms, Float64Array.of(1, 1, 0.5), 0, 3));
 * totals // { canary_units: 1, canary_sum: 1, active_units: 2, active_sum: 1.5, squares: 2.25 }
 */
export function addToTotals(totals: ArmTotals, cells: UnitCells): void {
  for (let cell = 0; cell < cells.length; cell++) {
    const value = cells.value[cell]!;
    const count = cells.count[cell]!;
    if (cells.canary[cell] === 1) {
      totals.canary_units += count;
      totals.canary_sum += count * value;
    } else {
      totals.active_units += count;
      totals.active_sum += count * value;
    }
    totals.squares += count * value * value;
  }
}
