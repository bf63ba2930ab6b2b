import { type Arm, assignArm } from "@relearn/client";
import type { Rollout } from "../rollouts/rollout.ts";

/** What of a rollout says which arm a unit had. */
export type RolloutSplit = Pick<Rollout, "agent" | "salt" | "started_at" | "percent"> & {
  readonly policy: Pick<Rollout["policy"], "holdback_percent">;
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

/** The share that the switchboard hands out while the rollout stands at its present percent. */
export function presentBasisPoints(split: RolloutSplit): number {
  return split.percent === 100 - split.policy.holdback_percent ? 10_000 : split.percent * 100;
}
