/**
 * A life of an agent's releases in which every kind of transition happens once, for the tests that kill a
 * process in the middle of each. Whoever acts finds by itself what there is, so that any process can go on.
 */
import type { RolloutState } from "@relearn/contract";
import { HOUR_MS } from "../../clock.ts";
import type { Installation } from "../../compose.ts";
import { seededRandom } from "../../numerics/random.ts";
import type { StoredRollout } from "../../rollouts/rollout-store.ts";
import { activeBundle, hourOfTraffic, type TimedInstallation, trainedBundle } from "../traffic.ts";

export interface Transition {
  readonly name: string;
  /** What must have happened before; nothing is killed in it. */
  readonly prepare?: (relearn: TimedInstallation) => Promise<void>;
  readonly act: (relearn: Installation) => Promise<unknown>;
  /** Of the newest rollout, once it is done. */
  readonly state: RolloutState;
  /** Generations of the journal it adds; 1 unless said otherwise. */
  readonly generations?: number;
  /** What it tells people; once unless said otherwise. */
  readonly notifications?: number;
  /** The same act once more is another one. */
  readonly isAnotherWhenRepeated?: true;
}

const AGENT = "inbox_triage";
const usual = { quality: 0.8, latencyMs: 200 };
const better = { quality: 0.95, latencyMs: 150 };
const harmful = { quality: 0.3, latencyMs: 200 };

/** The first request is about the second bundle, its edit puts in the third; later ones take turns. */
const BUNDLES = 4;

/** An active bundle and others to be asked for, and somebody to be told of it. */
export async function beginLife(relearn: TimedInstallation): Promise<void> {
  const policy = { stages: [10, 100], check_interval_hours: 4, holdback_hours: 4, min_units_per_arm: 10 };
  await relearn.settings.set(`rollout_policy.${AGENT}`, policy, { actor: "ana" });
  await relearn.notifications.add("pager", { url: "http://127.0.0.1:9/", actor: "ana" });
  await activeBundle(relearn, 1);
  for (let seed = 2; seed <= BUNDLES; seed++) {
    relearn.clock.advance(HOUR_MS);
    await trainedBundle(relearn, seed);
  }
}

export const transitions: readonly Transition[] = [
  {
    name: "propose",
    act: async (relearn) => {
      const [, second] = await bundleIds(relearn);
      return relearn.approvals.propose(AGENT, second!, { proposer: "ana" });
    },
    state: "proposed",
  },
  {
    name: "edit",
    act: async (relearn) => {
      const [, , third] = await bundleIds(relearn);
      const { approval_id } = await newest(relearn);
      return relearn.approvals.edit(approval_id, { bundleId: third!, editor: "eva" });
    },
    state: "proposed",
  },
  { name: "approve", act: approve, state: "approved" },
  { name: "start", act: start, state: "canary" },
  {
    name: "an analysis that changes nothing",
    prepare: (relearn) => traffic(relearn, usual, 200, 3),
    act: analysis,
    state: "canary",
    generations: 0,
    notifications: 0,
  },
  { name: "hold by the guard", prepare: exposeCanaryAlone, act: analysis, state: "hold" },
  { name: "resume after a spoiled hold", act: resume, state: "canary", notifications: 0 },
  {
    name: "pause",
    act: (relearn) => relearn.guard.pauseCanary(AGENT, { reason: "Holiday.", actor: "ana" }),
    state: "hold",
  },
  {
    name: "ask by the guard",
    prepare: async (relearn) => {
      await resume(relearn);
      await traffic(relearn, usual, 100, 3);
      relearn.clock.advance(168 * HOUR_MS);
    },
    act: analysis,
    state: "ask",
  },
  {
    name: "widen by a person",
    act: (relearn) =>
      relearn.guard.promoteCanary(AGENT, {
        reason: "Known fix.",
        actor: "cleo",
        idempotencyKey: "promote-once",
      }),
    state: "full",
  },
  {
    name: "complete",
    prepare: (relearn) => traffic(relearn, usual, 200, 6),
    act: analysis,
    state: "completed",
  },
  {
    name: "widen by the guard",
    prepare: async (relearn) => {
      await startAnother(relearn, { policy: "specification" });
      await traffic(relearn, better, 800, 6);
    },
    act: analysis,
    state: "full",
  },
  {
    name: "roll back at 100 %",
    act: (relearn) => relearn.guard.rollbackCanary(AGENT, { reason: "Complaints.", actor: "ana" }),
    state: "rolled_back",
    generations: 2,
  },
  {
    name: "roll back by the guard",
    prepare: async (relearn) => {
      await startAnother(relearn);
      await traffic(relearn, harmful, 600, 6);
    },
    act: analysis,
    state: "rolled_back",
    generations: 2,
  },
  {
    name: "abort",
    prepare: (relearn) => startAnother(relearn),
    act: async (relearn) => {
      const { rollout } = await newest(relearn);
      return relearn.rollouts.command(
        rollout.rollout_id,
        { kind: "abort", reason: "Stop." },
        { actor: "ana" },
      );
    },
    state: "rolled_back",
    generations: 2,
  },
  {
    name: "kill switch",
    prepare: (relearn) => startAnother(relearn),
    act: (relearn) => relearn.rollouts.setKillSwitch(AGENT, true, "Outage.", { actor: "ana" }),
    state: "rolled_back",
    generations: 2,
  },
  {
    name: "reject",
    prepare: async (relearn) => {
      await relearn.rollouts.setKillSwitch(AGENT, false, "Over.", { actor: "ana" });
      await proposeAnother(relearn);
    },
    act: async (relearn) => {
      const { approval_id } = await newest(relearn);
      return relearn.approvals.reject(approval_id, { approver: "ben", rationale: "Not now." });
    },
    state: "rejected",
  },
  {
    name: "expire",
    prepare: async (relearn) => {
      await proposeAnother(relearn);
      relearn.clock.advance(73 * HOUR_MS);
    },
    act: (relearn) => relearn.rollouts.expireOverdue(),
    state: "expired",
  },
  {
    // The newest rollout is the one that dies of it.
    name: "deploy in full, and end the request beside it",
    prepare: async (relearn) => {
      await proposeAnother(relearn);
      await approve(relearn);
      await proposeAnother(relearn);
    },
    act: async (relearn) => {
      const [approved] = await relearn.rollouts.list({ agent: AGENT, states: ["approved"] }, 1);
      return relearn.approvals.apply(approved!.approval_id, { full: true, actor: "ben" });
    },
    state: "superseded",
    generations: 2,
    notifications: 2,
  },
  {
    name: "restore a backup, and end the request beside it",
    prepare: proposeAnother,
    act: (relearn) => relearn.rollbacks.rollback(AGENT, { reason: "Complaints.", actor: "ana" }),
    state: "superseded",
    isAnotherWhenRepeated: true,
  },
];

export function transitionNamed(name: string): Transition {
  const found = transitions.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no transition "${name}".`);
  return found;
}

async function newest(relearn: Installation): Promise<StoredRollout> {
  const [found] = await relearn.rollouts.list({ agent: AGENT }, 1);
  return found!;
}

/** In the order of their training. */
async function bundleIds(relearn: Installation): Promise<string[]> {
  const stored = await relearn.bundles.list({ agent: AGENT }, BUNDLES);
  return stored.map(({ bundle }) => bundle.bundle_id).reverse();
}

async function approve(relearn: Installation): Promise<unknown> {
  const { approval_id, rollout } = await newest(relearn);
  return relearn.approvals.approve(approval_id, {
    approver: "ben",
    rationale: "Reads well.",
    bundleDigest: rollout.bundle_digest,
  });
}

async function start(relearn: Installation): Promise<unknown> {
  return relearn.approvals.apply((await newest(relearn)).approval_id, { actor: "ben" });
}

function analysis(relearn: Installation): Promise<unknown> {
  return relearn.guard.analyze(AGENT);
}

function resume(relearn: Installation): Promise<unknown> {
  return relearn.guard.resumeCanary(AGENT, { reason: "Looked at.", actor: "ben" });
}

/** Asks for a bundle that is neither active nor asked for. */
async function proposeAnother(relearn: TimedInstallation): Promise<void> {
  relearn.clock.advance(HOUR_MS);
  const { active_bundle_id } = await relearn.rollouts.release(AGENT);
  const open = await relearn.rollouts.list({ agent: AGENT, states: ["proposed", "approved"] }, BUNDLES);
  const taken = [active_bundle_id, ...open.map(({ rollout }) => rollout.bundle_id)];
  const free = (await bundleIds(relearn)).find((bundleId) => !taken.includes(bundleId));
  await relearn.approvals.propose(AGENT, free!, { proposer: "ana" });
}

async function startAnother(relearn: TimedInstallation, policy: object = {}): Promise<void> {
  const present = await relearn.settings.rolloutPolicy(AGENT);
  const { stages, check_interval_hours, holdback_hours, min_units_per_arm } = present;
  await relearn.settings.set(
    `rollout_policy.${AGENT}`,
    { stages, check_interval_hours, holdback_hours, min_units_per_arm, ...policy },
    { actor: "ana" },
  );
  await proposeAnother(relearn);
  await approve(relearn);
  await start(relearn);
}

async function traffic(
  relearn: TimedInstallation,
  canary: { quality: number; latencyMs: number },
  units: number,
  hours: number,
): Promise<void> {
  await hourOfTraffic(relearn, units, { active: usual, canary }, seededRandom(units), hours);
}

/** A split that no assignment makes: 1000 units, every one of them in the canary's arm. */
async function exposeCanaryAlone(relearn: TimedInstallation): Promise<void> {
  const { rollout_id, canary_basis_points, generation } = await relearn.rollouts.release(AGENT);
  const at = relearn.clock.now();
  relearn.clock.advance(HOUR_MS / 60);
  await relearn.database.kysely
    .insertInto("exposures")
    .values(
      Array.from({ length: 1000 }, (_, unit) => ({
        unit_id: `misplaced-${unit}`,
        rollout_id: rollout_id!,
        agent: AGENT,
        arm: "canary" as const,
        basis_points: canary_basis_points,
        generation,
        bundle_id: null,
        first_at: at,
        last_at: at,
        received_at: at,
      })),
    )
    .execute();
}
