import { type Arm, assignArm } from "@relearn/client";
import type { Rollout } from "@relearn/contract";

/** Parts of a rollout that determine the arm of a unit. */
export type RolloutSplit = Pick<Rollout, "agent" | "salt" | "started_at" | "percent" | "stage"> & {
  readonly policy: Pick<Rollout["policy"], "holdback_percent" | "stages">;
};

/**
 * Computes the arm of a unit in a rollout at the canary share `basisPoints`. At 10000 the bundle is active for all units
 * but the holdback, which is the top of the range; below 10000 there is no holdback.
 */
export function assignArmInRollout(split: RolloutSplit, unitId: string, basisPoints: number): Arm {
  return assignArm(
    {
      salt: split.salt,
      canaryBasisPoints: basisPoints,
      holdbackBasisPoints: basisPoints === 10_000 ? split.policy.holdback_percent * 100 : 0,
    },
    unitId,
  );
}

/** Returns the canary share that the switchboard currently sends for the rollout. */
export function findCurrentBasisPoints({ policy, stage, percent }: RolloutSplit): number {
  const isLast = stage !== null && policy.stages[stage] === 100 && percent > 0;
  return isLast ? 10_000 : percent * 100;
}
