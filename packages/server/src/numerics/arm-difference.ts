import type { PredictableMeans } from "./arm-means.ts";
import type { UnitCells } from "./unit-cells.ts";

/**
 * Running estimates of both arms' means, each unit weighted by π(1-π), so that units of a 10 % stage and of a 50 % stage
 * count in proportion to their information. A document: part of stored evidence.
 */
export interface ArmDifference {
  /** Sums of w T, of w C and of w. */
  canary: number;
  active: number;
  weight: number;
}

/**
 * Creates the running estimates before the first unit: all sums 0.
 *
 * @example
 * emptyArmDifference() // { canary: 0, active: 0, weight: 0 }
 */
export function emptyArmDifference(): ArmDifference {
  return { canary: 0, active: 0, weight: 0 };
}

/**
 * Adds the units of a batch to the running estimates, in place. `means`: the means that were used for the bets on the batch.
 * A unit of canary probability π has weight π·(1 - π). Cost O(cells).
 *
 * @example
 * const arms = { canary: Uint8Array.of(1, 0), probability: Float64Array.of(0.5, 0.5) };
 * const total = emptyArmDifference();
 * const means = predictableMeans(emptyArmTotals());
 * addToDifference(total, means, countCells(arms, Float64Array.of(1, 0), 0, 2));
 * total // { canary: 0.5, active: 0, weight: 0.5 }
 */
export function addToDifference(total: ArmDifference, means: PredictableMeans, cells: UnitCells): void {
  for (let cell = 0; cell < cells.length; cell++) {
    const probability = cells.probabilities[cells.group[cell]!]!;
    const value = cells.value[cell]!;
    const count = cells.count[cell]!;
    const weight = probability * (1 - probability) * count;
    const inCanary = cells.canary[cell] === 1;
    total.canary += weight * (inCanary ? means.canary + (value - means.canary) / probability : means.canary);
    total.active +=
      weight * (inCanary ? means.active : means.active + (value - means.active) / (1 - probability));
    total.weight += weight;
  }
}

/**
 * Returns Σw(T - C) / ΣwC, the difference of canary to active as a share of active: 0.1 is 10 % higher. `null` if
 * the active mean is not above 0.
 *
 * @example
 * relativeDifference({ canary: 0.33, active: 0.3, weight: 1 }) // 0.1
 */
export function relativeDifference(total: ArmDifference): number | null {
  return total.active > 0 ? (total.canary - total.active) / total.active : null;
}

/**
 * Returns Σw(T - C) / Σw, the difference of canary to active in units of the value. `null` before the first unit.
 *
 * @example
 * pointDifference({ canary: 0.33, active: 0.3, weight: 1 }) // 0.03
 */
export function pointDifference(total: ArmDifference): number | null {
  return total.weight > 0 ? (total.canary - total.active) / total.weight : null;
}
