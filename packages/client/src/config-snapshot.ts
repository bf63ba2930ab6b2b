import { type Arm, type PreparedSplit, prepareSplit } from "./assign-arm.ts";
import type { Assignment, Reason } from "./decision.ts";
import { type Decider, prepareDecider } from "./prepare-decider.ts";
import type { SwitchboardBundle, SwitchboardConfig } from "./switchboard-config.ts";

/** A bundle prepared for decisions. */
export interface Served {
  readonly bundleId: string;
  readonly bundleDigest: string;
  readonly thresholds: Readonly<Record<string, number>>;
  readonly decider: Decider;
}

/** An assignment and the bundle that decides for it. */
export interface ServedAssignment {
  readonly assignment: Assignment;
  readonly served: Served | null;
}

/** All assignments of a config, computed in advance, so that a decision only selects one. */
export interface ConfigSnapshot {
  readonly config: SwitchboardConfig;
  /** Null if the traffic is not split. */
  readonly split: PreparedSplit | null;
  readonly byArm: Readonly<Record<Arm, ServedAssignment>>;
  /** Assignment of all units if the traffic is not split. */
  readonly unsplit: ServedAssignment;
  /** Assignment of all units while the kill switch is on. */
  readonly killed: ServedAssignment;
  /** Assignment of all units if the config is too old. */
  readonly stale: ServedAssignment;
  readonly canary: Served | null;
  /** Identifies the split; a unit's exposure is reported once per stage. */
  readonly stage: string;
}

/** Config in effect: a snapshot combined with the state of this process. */
export interface EffectiveConfig extends Readonly<Record<Arm, ServedAssignment>> {
  readonly snapshot: ConfigSnapshot | null;
  /** Null if all units get `unsplit`. */
  readonly split: PreparedSplit | null;
  readonly unsplit: ServedAssignment;
}

/** State of this process that affects assignments. */
export interface ProcessState {
  readonly killed: boolean;
  readonly stale: boolean;
  readonly shadow: boolean;
}

/** Resolves the config in effect. First match wins: no config, kill switch, staleness, shadow mode, the split. */
export function resolveConfig(
  snapshot: ConfigSnapshot | null,
  { killed, stale, shadow }: ProcessState,
): EffectiveConfig {
  if (snapshot === null) return { ...failedByArm, snapshot, split: null, unsplit: failedByArm.active };
  const { byArm, unsplit } = snapshot;
  if (killed || snapshot.config.kill_switch)
    return { ...byArm, snapshot, split: null, unsplit: snapshot.killed };
  if (stale) return { ...byArm, snapshot, split: null, unsplit: snapshot.stale };
  return { ...byArm, snapshot, split: shadow ? null : snapshot.split, unsplit };
}

/** Assignment of a unit if there is no config or deciding failed. */
export const failedAssignment: Assignment = Object.freeze({
  variant: "defaults",
  reason: "ERROR",
  rolloutId: null,
  generation: 0,
  bundleId: null,
  bundleDigest: null,
});
const failedServedAssignment: ServedAssignment = { assignment: failedAssignment, served: null };
const failedByArm: Readonly<Record<Arm, ServedAssignment>> = {
  active: failedServedAssignment,
  canary: failedServedAssignment,
  holdback: failedServedAssignment,
};

/** Prepares a validated config (`parseSwitchboardConfig`). */
export function prepareSnapshot(config: SwitchboardConfig): ConfigSnapshot {
  const active = prepareServed(config.active);
  const canary = prepareServed(config.canary);
  const holdback = prepareServed(config.holdback ?? null);
  const isSplit =
    config.rollout_id !== null &&
    config.salt !== "" &&
    (config.canary_basis_points > 0 || config.holdback_basis_points > 0);
  const createSplitAssignment = (arm: Arm, served: Served | null): ServedAssignment => ({
    assignment: createAssignment(arm, "SPLIT", config, config.rollout_id, served),
    served,
  });
  const createUnsplitAssignment = (reason: Reason): ServedAssignment => ({
    assignment: createAssignment(active === null ? "defaults" : "active", reason, config, null, active),
    served: active,
  });
  return {
    config,
    split: isSplit
      ? prepareSplit({
          salt: config.salt,
          canaryBasisPoints: config.canary_basis_points,
          holdbackBasisPoints: config.holdback_basis_points,
        })
      : null,
    byArm: {
      active: createSplitAssignment("active", active),
      canary: createSplitAssignment("canary", canary ?? active),
      holdback: createSplitAssignment("holdback", holdback ?? active),
    },
    unsplit: createUnsplitAssignment("DEFAULT"),
    killed: createUnsplitAssignment("KILL_SWITCH"),
    stale: createUnsplitAssignment("STALE"),
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
