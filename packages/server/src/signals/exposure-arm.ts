import { type Arm, assignArm } from "@relearn/client";
import type { Rollout } from "@relearn/contract";

/** What of a rollout says which arm a unit had. */
export type RolloutSplit = Pick<Rollout, "agent" | "salt" | "started_at" | "percent" | "stage"> & {
  readonly policy: Pick<Rollout["policy"], "holdback_percent" | "stages">;
};

/**
 * The arm of a unit in a rollout when the canary had the share `basisPoints`. At 10000 the bundle is active
 * for all but the holdback, which is the top of the range; below there is no holdback.
 */
export function armInRollout(split: RolloutSplit, unitId: string, basisPoints: number): Arm {
  return assignArm(
    {
      salt: split.salt,
      canaryBasisPoints: basisPoints,
      holdbackBasisPoints: basisPoints === 10_000 ? split.policy.holdback_percent * 100 : 0,
    },
    unitId,
  );
}

/** The share that the switchboard hands out where the rollout stands now. */
export function findCurrentBasisPoints({ policy, stage, percent }: RolloutSplit): number {
  const isLast = stage !== null && policy.stages[stage] === 100 && percent > 0;
  return isLast ? 10_000 : percent * 100;
}
