/**
 * Release of an agent: the active bundle, and the canary or holdback that shares its traffic.
 *
 * A rollout decides that something changes (`rollouts/decide-step.ts`); this file defines how each effect
 * changes the release, so that the split of traffic is computed in one place.
 */
import type { Release, Rollout } from "@relearn/contract";

export function emptyRelease(agent: string): Release {
  return {
    agent,
    active_bundle_id: null,
    canary_bundle_id: null,
    holdback_bundle_id: null,
    rollout_id: null,
    salt: "",
    canary_basis_points: 0,
    holdback_basis_points: 0,
    last_known_good_bundle_id: null,
    kill_switch: false,
    kill_switch_by: null,
    kill_switch_reason: null,
    generation: 0,
  };
}

const noSplit = {
  canary_bundle_id: null,
  holdback_bundle_id: null,
  rollout_id: null,
  salt: "",
  canary_basis_points: 0,
  holdback_basis_points: 0,
} as const;

/** Returns the release with the rollout's bundle at `percent`: as the canary, or as the active bundle with a holdback. */
export function withTraffic(release: Release, rollout: Rollout, percent: number): Release {
  if (release.active_bundle_id !== rollout.bundle_id) {
    return {
      ...release,
      canary_bundle_id: rollout.bundle_id,
      holdback_bundle_id: null,
      rollout_id: rollout.rollout_id,
      salt: rollout.salt,
      canary_basis_points: percent * 100,
      holdback_basis_points: 0,
    };
  }
  if (percent === 100) return { ...release, ...noSplit };
  return {
    ...release,
    canary_bundle_id: null,
    holdback_bundle_id: rollout.active_bundle_id,
    rollout_id: rollout.rollout_id,
    salt: rollout.salt,
    canary_basis_points: 10_000,
    holdback_basis_points: 10_000 - percent * 100,
  };
}

/** Returns the release without canary and holdback. */
export function withoutSplit(release: Release): Release {
  return { ...release, ...noSplit };
}

/** Returns the release with the bundle active, without canary and holdback. */
export function withActive(release: Release, bundleId: string | null): Release {
  return { ...release, ...noSplit, active_bundle_id: bundleId };
}

export function withKillSwitch(release: Release, on: boolean, by: string, reason: string): Release {
  return {
    ...release,
    kill_switch: on,
    kill_switch_by: on ? by : null,
    kill_switch_reason: on ? reason : null,
  };
}
