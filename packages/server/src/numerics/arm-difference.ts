import type { PredictableMeans } from "./arm-means.ts";
import type { UnitCells } from "./unit-cells.ts";

/**
 * Running estimates of both arms' means, each unit weighted by π(1-π): the weight under which units of a
 * 10 % and of a 50 % stage tell equally much for their number. A document: part of stored evidence.
 */
export interface ArmDifference {
  /** Sum of w T, of w C and of w. */
  canary: number;
  active: number;
  weight: number;
}

export function emptyArmDifference(): ArmDifference {
  return { canary: 0, active: 0, weight: 0 };
}

/** Adds a batch, in place; `means` are those that the batch was bet on with. */
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

/** Σw(T - C) / ΣwC: the relative difference of canary to active; null before there is an active mean. */
export function relativeDifference(total: ArmDifference): number | null {
  return total.active > 0 ? (total.canary - total.active) / total.active : null;
}

/** Σw(T - C) / Σw: the difference in points; null before the first unit. */
export function pointDifference(total: ArmDifference): number | null {
  return total.weight > 0 ? (total.canary - total.active) / total.weight : null;
}
