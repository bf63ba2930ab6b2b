import { type Arm, type PreparedSplit, prepareSplit } from "./assign-arm.ts";
import type { Assignment, Reason } from "./decision.ts";
import { type Decider, prepareDecider } from "./prepare-decider.ts";
import type { SwitchboardBundle, SwitchboardConfig } from "./switchboard-config.ts";

/** A bundle made ready to decide. */
export interface Served {
  readonly bundleId: string;
  readonly bundleDigest: string;
  readonly thresholds: Readonly<Record<string, number>>;
  readonly decider: Decider;
}

/** An assignment with what decides there. */
export interface Placement {
  readonly assignment: Assignment;
  readonly served: Served | null;
}

/** Everything that a config makes of a unit, worked out beforehand, so that a decision only picks. */
export interface Position {
  readonly config: SwitchboardConfig;
  /** Null where the traffic is not split. */
  readonly split: PreparedSplit | null;
  readonly byArm: Readonly<Record<Arm, Placement>>;
  /** For everybody: where nothing splits, under the kill switch, with too old a config. */
  readonly unsplit: Placement;
  readonly killed: Placement;
  readonly stale: Placement;
  readonly canary: Served | null;
  /** The same as long as units are split the same way: exposures count once in it. */
  readonly stage: string;
}

/** What a position comes to with what this process knows besides. */
export interface InForce extends Readonly<Record<Arm, Placement>> {
  readonly position: Position | null;
  /** Null where all units get `unsplit`. */
  readonly split: PreparedSplit | null;
  readonly unsplit: Placement;
}

export interface Circumstances {
  readonly killed: boolean;
  readonly stale: boolean;
  readonly shadow: boolean;
}

/** First match wins: no config, kill switch, staleness, shadow mode, the split. */
export function placesInForce(position: Position | null, { killed, stale, shadow }: Circumstances): InForce {
  if (position === null) return { ...nowhere, position, split: null, unsplit: nowhere.active };
  const { byArm, unsplit } = position;
  if (killed || position.config.kill_switch)
    return { ...byArm, position, split: null, unsplit: position.killed };
  if (stale) return { ...byArm, position, split: null, unsplit: position.stale };
  return { ...byArm, position, split: shadow ? null : position.split, unsplit };
}

/** Where a unit stands while there is nothing to decide from. */
export const failedAssignment: Assignment = Object.freeze({
  variant: "defaults",
  reason: "ERROR",
  rolloutId: null,
  generation: 0,
  bundleId: null,
  bundleDigest: null,
});
const failedPlacement: Placement = { assignment: failedAssignment, served: null };
const nowhere: Readonly<Record<Arm, Placement>> = {
  active: failedPlacement,
  canary: failedPlacement,
  holdback: failedPlacement,
};

/** Of a checked config (`parseSwitchboardConfig`). */
export function preparePosition(config: SwitchboardConfig): Position {
  const active = prepareServed(config.active);
  const canary = prepareServed(config.canary);
  const holdback = prepareServed(config.holdback ?? null);
  const splits =
    config.rollout_id !== null &&
    config.salt !== "" &&
    (config.canary_basis_points > 0 || config.holdback_basis_points > 0);
  const inRollout = (arm: Arm, served: Served | null): Placement => ({
    assignment: createAssignment(arm, "SPLIT", config, config.rollout_id, served),
    served,
  });
  const outside = (reason: Reason): Placement => ({
    assignment: createAssignment(active === null ? "defaults" : "active", reason, config, null, active),
    served: active,
  });
  return {
    config,
    split: splits
      ? prepareSplit({
          salt: config.salt,
          canaryBasisPoints: config.canary_basis_points,
          holdbackBasisPoints: config.holdback_basis_points,
        })
      : null,
    byArm: {
      active: inRollout("active", active),
      canary: inRollout("canary", canary ?? active),
      holdback: inRollout("holdback", holdback ?? active),
    },
    unsplit: outside("DEFAULT"),
    killed: outside("KILL_SWITCH"),
    stale: outside("STALE"),
    canary,
    stage: `${config.rollout_id}/${config.canary_basis_points}/${config.holdback_basis_points}`,
  };
}

function prepareServed(bundle: SwitchboardBundle | null): Served | null {
  if (bundle === null) return null;
  return {
    bundleId: bundle.bundle_id,
    bundleDigest: bundle.digest,
    thresholds: bundle.config.thresholds,
    decider: prepareDecider(bundle.config),
  };
}

function createAssignment(
  variant: Assignment["variant"],
  reason: Reason,
  config: SwitchboardConfig,
  rolloutId: string | null,
  served: Served | null,
): Assignment {
  return Object.freeze({
    variant,
    reason,
    rolloutId,
    generation: config.generation,
    bundleId: served?.bundleId ?? null,
    bundleDigest: served?.bundleDigest ?? null,
  });
}
