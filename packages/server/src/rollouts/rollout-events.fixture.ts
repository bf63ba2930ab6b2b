import type {
  Recommendation,
  Rollout,
  RolloutPolicy,
  RolloutState,
  Verdict,
  VerdictCode,
} from "@relearn/contract";
import fc from "fast-check";
import { HOUR_MS } from "../clock.ts";
import { decideStep } from "./decide-step.ts";
import { finalStates, isFinal, proposeRollout, rolloutPolicy } from "./rollout.ts";
import type { Actor, RolloutEvent, Step } from "./step.ts";

/** Rollouts in each state, events for them, and the invariants of any sequence of events, for tests. */

export const monday = new Date("2026-03-09T08:00:00.000Z");
export const tuesday = new Date(monday.getTime() + 24 * HOUR_MS);
export const friday = new Date(monday.getTime() + 96 * HOUR_MS);

export const ana: Actor = { name: "ana", rights: ["propose", "read"] };
export const ben: Actor = { name: "ben", rights: ["approve", "release", "abort", "roll_back", "read"] };
export const cleo: Actor = {
  name: "cleo",
  rights: ["propose", "approve", "release", "abort", "roll_back", "override", "read"],
};
export const guest: Actor = { name: "guest", rights: ["read"] };

export const digests = { bundle_digest: "d-new", active_digest: "d-old" };
export const startNow = { active_digest: "d-old", kill_switch_on: false, running_rollout_id: null };
export const approveBy = (actor: Actor): RolloutEvent => ({
  kind: "approve",
  actor,
  rationale: "ok",
  ...digests,
});
export const startBy = (actor: Actor, percent?: number): RolloutEvent => ({
  kind: "start",
  actor,
  ...startNow,
  ...(percent === undefined ? {} : { percent }),
});
export const says = (recommendation: Recommendation, code: VerdictCode, page = false): RolloutEvent => ({
  kind: "analysis",
  verdict: verdict(recommendation, code, page),
});
export const promote = says("promote", "not_worse_proven");
export const rollback = says("rollback", "harm_proven");
export const mismatch = says("hold", "sample_ratio_mismatch");
export const stale = says("hold", "arm_stale");
export const small = says("ask", "harm_small");
export const monitor = says("monitor", "gates_waiting");
export const written: RolloutEvent = { kind: "rollback_written" };
export const tick: RolloutEvent = { kind: "tick" };
export const changedTo = (digest: string): RolloutEvent => ({
  kind: "active_changed",
  active_bundle_id: "b",
  active_digest: digest,
});
export const by = <Kind extends "abort" | "kill_switch" | "roll_back" | "pause" | "resume">(
  kind: Kind,
  actor: Actor,
): RolloutEvent => ({ kind, actor, reason: "because" });
export const promoteBy = (
  actor: Actor,
  target?: number,
  advised = false,
  reason = "because",
): RolloutEvent => ({
  kind: "promote",
  actor,
  reason,
  verdict: advised ? verdict("promote", "not_worse_proven") : verdict("monitor", "gates_waiting"),
  ...(target === undefined ? {} : { target_percent: target }),
});
export const edit = (actor: Actor, digest = "d-newer"): RolloutEvent => ({
  kind: "edit",
  actor,
  bundle_id: "b-newer",
  bundle_digest: digest,
  attempt: 1,
});

/** Events that lead to each state that a row starts from. */
export const ways = {
  proposed: [],
  approved: [approveBy(ben)],
  canary10: [approveBy(ben), startBy(ben)],
  canary50: [approveBy(ben), startBy(ben), promote],
  full: [approveBy(ben), startBy(ben), promote, promote],
  paused: [approveBy(ben), startBy(ben), by("pause", ben)],
  mismatched: [approveBy(ben), startBy(ben), mismatch],
  stale: [approveBy(ben), startBy(ben), stale],
  asked: [approveBy(ben), startBy(ben), small],
  rolling_back: [approveBy(ben), startBy(ben), rollback],
  completed: [approveBy(ben), startBy(ben), promote, promote, promote],
  rolled_back: [approveBy(ben), startBy(ben), rollback, written],
  rejected: [{ kind: "reject", actor: ben, rationale: "no" }],
} satisfies Record<string, readonly RolloutEvent[]>;

/**
 * Runs `count` random sequences of events from all states and returns the transitions that occurred. Throws if a step
 * breaks an invariant.
 */
export function checkEventSequences(sequences: number): Set<string> {
  const actor = fc.constantFrom(ana, ben, cleo, guest, { ...ana, rights: cleo.rights });
  const digest = fc.constantFrom("d-new", "d-newer", "d-old", "d-x");
  const event: fc.Arbitrary<RolloutEvent> = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(promote, monitor) },
    {
      weight: 3,
      arbitrary: fc.record({ actor, bundle_digest: digest, break_glass: fc.boolean() }).map(
        ({ actor, bundle_digest, break_glass }): RolloutEvent => ({
          kind: "approve",
          actor,
          rationale: "r",
          bundle_digest,
          active_digest: "d-old",
          break_glass,
        }),
      ),
    },
    {
      weight: 3,
      arbitrary: fc
        .record({ actor, percent: fc.constantFrom(undefined, 1, 10, 50, 75, 100) })
        .map(({ actor, percent }) => startBy(actor, percent)),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        rollback,
        mismatch,
        stale,
        small,
        says("ask", "undecided"),
        says("monitor", "judge_changed"),
        says("hold", "missing_outcomes"),
        says("rollback", "canary_outcomes_missing", true),
        written,
        tick,
      ),
    },
    {
      weight: 1,
      arbitrary: fc
        .record({ actor, kind: fc.constantFrom("abort", "kill_switch", "roll_back", "pause", "resume") })
        .map(({ actor, kind }) => by(kind as "abort", actor)),
    },
    {
      weight: 1,
      arbitrary: fc
        .record({ actor, target: fc.constantFrom(undefined, 10, 50, 75, 100), advised: fc.boolean() })
        .map(({ actor, target, advised }) => promoteBy(actor, target, advised)),
    },
    { weight: 1, arbitrary: fc.record({ actor, digest }).map(({ actor, digest }) => edit(actor, digest)) },
    { weight: 1, arbitrary: digest.map(changedTo) },
  );
  const policy = fc.record({
    quorum: fc.constantFrom(1, 2),
    four_eyes: fc.constant(true),
    holdback_percent: fc.constantFrom(0, 5),
    check_interval_hours: fc.constantFrom(0, 24),
    holdback_hours: fc.constantFrom(0, 24),
    automatic_rollback: fc.boolean(),
  });
  const hours = fc.constantFrom(0, 1, 5, 30);
  const starts = [
    "proposed",
    "approved",
    "canary10",
    "canary50",
    "full",
    "paused",
    "mismatched",
    "stale",
    "asked",
    "rolling_back",
  ] as const;
  const seen = new Set<string>();

  fc.assert(
    fc.property(
      policy,
      fc.constantFrom(...starts),
      fc.array(fc.tuple(event, hours), { minLength: 5, maxLength: 25 }),
      (chosen, from, events) => {
        let rollout: Rollout = {
          ...reach(from, { holdback_percent: chosen.holdback_percent }),
          policy: rolloutPolicy(chosen),
        };
        let now = monday;
        for (const [next, wait] of events) {
          now = new Date(now.getTime() + wait * HOUR_MS);
          const step = decideStep(rollout, next, now);
          checkStep(rollout, next, step);
          if (step.kind === "transition") {
            seen.add(`${rollout.state} → ${step.next.state}`);
            rollout = step.next;
          }
        }
      },
    ),
    { numRuns: sequences, seed: 5 },
  );
  return seen;
}

/** Checks the invariants of every step, by plain comparisons: `expect` costs more than the state machine. */
function checkStep(before: Rollout, event: RolloutEvent, step: Step): void {
  const require = (fine: boolean, what: string): void => {
    if (!fine)
      throw new Error(
        `${what}: ${before.state} ${before.percent} %, ${describeEvent(event)} → ${outcome(step)}`,
      );
  };
  if (isFinal(before.state)) require(step.kind === "refused", "an end was left");
  const takesAway = event.kind === "abort" || event.kind === "kill_switch" || event.kind === "roll_back";
  if (takesAway && event.actor.rights.includes(event.kind === "roll_back" ? "roll_back" : "abort")) {
    const running: readonly RolloutState[] = ["canary", "full", "hold", "ask"];
    if (running.includes(before.state)) {
      require(step.kind === "transition" && step.next.state === "rolling_back", "traffic was not taken back");
    }
  }
  if (step.kind !== "transition") return;
  const { next } = step;
  const kinds = step.effects.map((effect) => effect.kind);
  require(legal[before.state].includes(next.state), "an illegal transition");
  require(next.generation === before.generation + 1, "the generation did not grow by one");
  require(kinds.filter((kind) => kind === "audit").length === 1, "not one audit event");
  if (next.percent > before.percent) {
    const proven = event.kind === "analysis" && event.verdict.recommendation === "promote";
    const person =
      (event.kind === "start" && event.actor.rights.includes("release")) ||
      (event.kind === "promote" &&
        event.actor.rights.includes(event.verdict?.recommendation === "promote" ? "release" : "override"));
    require(proven || person, "traffic grew without evidence or a person");
    require(kinds.includes("write_receipt"), "traffic grew without a receipt");
  }
  if (next.state === "rolling_back") require(next.percent === 0, "rolling back with traffic");
  if (next.state === "canary" || next.state === "full") {
    require(next.percent > 0 && next.stage !== null && next.started_at !== null, "running without traffic");
    require(next.approvals.some(
      (approval) => approval.bundle_digest === next.bundle_digest,
    ), "running unapproved");
  }
  if (event.kind === "approve" && !event.break_glass) {
    require(event.actor.name !== next.proposed_by &&
      !next.edited_by.includes(event.actor.name), "a self-approval");
  }
  if (kinds.includes("make_active"))
    require(kinds.indexOf("back_up_active") < kinds.indexOf("make_active"), "made active without a backup");
  if (finalStates.includes(next.state))
    require(next.ended_at !== null && next.reason !== null, "an end without time or reason");
}

const running: readonly RolloutState[] = ["canary", "full", "hold", "ask", "rolling_back", "completed"];
export const legal: Record<RolloutState, readonly RolloutState[]> = {
  proposed: ["proposed", "approved", "rejected", "expired", "superseded"],
  // And `full` if the policy has a single stage, which the sequences leave to the table.
  approved: ["proposed", "canary", "completed", "rejected", "expired", "superseded"],
  canary: running,
  full: ["full", "hold", "ask", "rolling_back", "completed"],
  hold: running,
  ask: running,
  rolling_back: ["rolling_back", "rolled_back"],
  completed: [],
  rolled_back: [],
  rejected: [],
  expired: [],
  superseded: [],
};

export function proposal(policy: RolloutPolicy) {
  return {
    rollout_id: "r1",
    agent: "inbox_triage",
    bundle_id: "b-new",
    bundle_digest: "d-new",
    active_bundle_id: "b-old",
    active_digest: "d-old",
    salt: "salt",
    policy,
    proposed_by: "ana",
    attempt: 1,
  };
}

export function reach(state: keyof typeof ways, policy: Partial<RolloutPolicy> = {}): Rollout {
  // No minimum stage duration, unless a row asks for one.
  const atOnce = { check_interval_hours: 0, holdback_hours: 0 };
  let rollout = proposeRollout(proposal(rolloutPolicy({ ...atOnce, ...policy })), monday);
  for (const event of ways[state]) rollout = taken(rollout, event, monday);
  return rollout;
}

export function taken(rollout: Rollout, event: RolloutEvent, now = tuesday): Rollout {
  const step = decideStep(rollout, event, now);
  if (step.kind !== "transition") throw new Error(`${describeEvent(event)}: ${step.reason}`);
  return step.next;
}

export function outcome(step: Step): string {
  if (step.kind === "transition") return `${step.next.state} ${step.next.percent}`;
  return step.kind === "refused" ? step.code : "unchanged";
}

export function describeEvent(event: RolloutEvent): string {
  if (event.kind === "analysis") return `guard says ${event.verdict.recommendation} (${event.verdict.code})`;
  return "actor" in event ? `${event.actor.name}: ${event.kind}` : event.kind;
}

export function verdict(recommendation: Recommendation, code: VerdictCode, page = false): Verdict {
  return {
    has_regression: recommendation === "rollback",
    quality_delta: 0,
    latency_delta: 0,
    recommendation,
    reason: `The guard says ${recommendation}, because ${code}.`,
    policy: "evidence",
    code,
    page,
    result: recommendation === "promote" ? "not_worse" : null,
    gates: [],
    intervals: {},
    deltas: {},
    e_values: {},
    thresholds: {},
    units: { canary: 60, active: 500, stage_canary: 60, stage_active: 500 },
  };
}
