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
export interface ServedAssignment {
  readonly assignment: Assignment;
  readonly served: Served | null;
}

/** Everything that a config makes of a unit, worked out beforehand, so that a decision only picks. */
export interface ConfigSnapshot {
  readonly config: SwitchboardConfig;
  /** Null where the traffic is not split. */
  readonly split: PreparedSplit | null;
  readonly byArm: Readonly<Record<Arm, ServedAssignment>>;
  /** For everybody: where nothing splits, under the kill switch, with too old a config. */
  readonly unsplit: ServedAssignment;
  readonly killed: ServedAssignment;
  readonly stale: ServedAssignment;
  readonly canary: Served | null;
  /** The same as long as units are split the same way: exposures count once in it. */
  readonly stage: string;
}

/** What a position comes to with what this process knows besides. */
export interface EffectiveConfig extends Readonly<Record<Arm, ServedAssignment>> {
  readonly snapshot: ConfigSnapshot | null;
  /** Null where all units get `unsplit`. */
  readonly split: PreparedSplit | null;
  readonly unsplit: ServedAssignment;
}

export interface Circumstances {
  readonly killed: boolean;
  readonly stale: boolean;
  readonly shadow: boolean;
}

/** First match wins: no config, kill switch, staleness, shadow mode, the split. */
export function resolveConfig(
  snapshot: ConfigSnapshot | null,
  { killed, stale, shadow }: Circumstances,
): EffectiveConfig {
  if (snapshot === null) return { ...nowhere, snapshot: snapshot, split: null, unsplit: nowhere.active };
  const { byArm, unsplit } = snapshot;
  if (killed || snapshot.config.kill_switch)
    return { ...byArm, snapshot: snapshot, split: null, unsplit: snapshot.killed };
  if (stale) return { ...byArm, snapshot: snapshot, split: null, unsplit: snapshot.stale };
  return { ...byArm, snapshot: snapshot, split: shadow ? null : snapshot.split, unsplit };
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
const failedServedAssignment: ServedAssignment = { assignment: failedAssignment, served: null };
const nowhere: Readonly<Record<Arm, ServedAssignment>> = {
  active: failedServedAssignment,
  canary: failedServedAssignment,
  holdback: failedServedAssignment,
};

/** Of a checked config (`parseSwitchboardConfig`). */
export function prepareSnapshot(config: SwitchboardConfig): ConfigSnapshot {
  const active = prepareServed(config.active);
  const canary = prepareServed(config.canary);
  const holdback = prepareServed(config.holdback ?? null);
  const splits =
    config.rollout_id !== null &&
    config.salt !== "" &&
    (config.canary_basis_points > 0 || config.holdback_basis_points > 0);
  const inRollout = (arm: Arm, served: Served | null): ServedAssignment => ({
    assignment: createAssignment(arm, "SPLIT", config, config.rollout_id, served),
    served,
  });
  const outside = (reason: Reason): ServedAssignment => ({
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
