import { HOUR_MS } from "../clock.ts";
import { unreachable } from "../errors.ts";
import type { Verdict, VerdictCode } from "../guard/verdict.ts";
import {
  isFinal,
  policyFrom,
  type Rollout,
  type RolloutApproval,
  type RolloutReason,
  type RolloutState,
  stagePercent,
} from "./rollout.ts";

/**
 * The state machine of a rollout: rollout, event and `now` in; the next rollout and what else is to be
 * written out. The caller writes all of it in one transaction, guarded by the generation it read.
 *
 * Three answers: a transition, nothing to do, or a refusal with its reason. Nothing is thrown for a command
 * that the state does not allow, since people and guards race each other by design.
 *
 * Rejected: a table of (state, event) → state. The targets depend on the stage, the policy and the verdict,
 * so the table would have been of functions; a switch on the event reads better. The test has the table.
 */
export function decideStep(rollout: Rollout, event: RolloutEvent, now: Date): Step {
  if (isFinal(rollout.state)) {
    return refuse(
      "final",
      `The rollout is ${words(rollout.state)}; nothing changes it. Propose the bundle again.`,
    );
  }
  if (
    "expected_generation" in event &&
    event.expected_generation !== undefined &&
    event.expected_generation !== rollout.generation
  ) {
    return refuse(
      "stale_generation",
      `The rollout changed since: you saw generation ${event.expected_generation}, it is ${rollout.generation} (${words(rollout.state)}). Look again.`,
    );
  }
  switch (event.kind) {
    case "abort":
      return abort(rollout, event, now);
    case "kill_switch":
      return killSwitch(rollout, event, now);
    case "roll_back":
      return rollBackByPerson(rollout, event, now);
    case "rollback_written":
      return finishRollback(rollout, now);
    case "approve":
      return approve(rollout, event, now);
    case "reject":
      return reject(rollout, event, now);
    case "edit":
      return edit(rollout, event, now);
    case "start":
      return start(rollout, event, now);
    case "promote":
      return promoteByPerson(rollout, event, now);
    case "pause":
      return pause(rollout, event, now);
    case "resume":
      return resume(rollout, event, now);
    case "look":
      return look(rollout, event.verdict, now);
    case "active_changed":
      return activeChanged(rollout, event, now);
    case "tick":
      return tick(rollout, now);
    default:
      return unreachable(event);
  }
}

/** The right a command needs. Reading needs `read`, which no command asks for. */
export type RolloutRight = "propose" | "approve" | "release" | "abort" | "roll_back" | "override" | "read";

export interface Actor {
  readonly name: string;
  readonly rights: readonly RolloutRight[];
}

interface PersonEvent {
  readonly actor: Actor;
  /** The generation the person was looking at; left out by commands that only take traffic away. */
  readonly expected_generation?: number;
}

export type RolloutEvent =
  | ({ readonly kind: "abort"; readonly reason: string } & PersonEvent)
  | ({ readonly kind: "kill_switch"; readonly reason: string } & PersonEvent)
  | ({ readonly kind: "roll_back"; readonly reason: string } & PersonEvent)
  /** The transaction of the rollback was written, the digest of what is active now was checked. */
  | { readonly kind: "rollback_written" }
  | ({
      readonly kind: "approve";
      readonly rationale: string;
      /** What the approver read. */
      readonly bundle_digest: string;
      readonly active_digest: string | null;
      /** Approve alone, against four eyes and quorum: needs `override` and a rationale; opens a review. */
      readonly break_glass?: boolean;
    } & PersonEvent)
  | ({ readonly kind: "reject"; readonly rationale: string } & PersonEvent)
  | ({
      readonly kind: "edit";
      readonly bundle_id: string;
      readonly bundle_digest: string;
      /** 1 + the rollouts of this bundle that were started before: another bundle has another past. */
      readonly attempt: number;
    } & PersonEvent)
  | ({
      readonly kind: "start";
      /** First stage; left out: the policy's. 100 stands for `--full`: no canary and no holdback. */
      readonly percent?: number;
      /** What is active now: the approval is bound to what was active then. */
      readonly active_digest: string | null;
      readonly kill_switch_on: boolean;
      /** Another rollout of the agent that is running. */
      readonly running_rollout_id: string | null;
    } & PersonEvent)
  | ({
      readonly kind: "promote";
      /** A later stage of the policy; left out: the next one. */
      readonly target_percent?: number;
      readonly reason: string;
      /** A look made for this command; null where none could be made. */
      readonly verdict: Verdict | null;
    } & PersonEvent)
  | ({ readonly kind: "pause"; readonly reason: string } & PersonEvent)
  /** Goes on after a hold, an ask or a pause, and accepts what it said. */
  | ({
      readonly kind: "resume";
      readonly reason: string;
      /** What is active now: after "the active bundle changed" it becomes what the canary is compared with. */
      readonly active?: { readonly bundle_id: string | null; readonly digest: string | null };
    } & PersonEvent)
  | { readonly kind: "look"; readonly verdict: Verdict }
  | {
      readonly kind: "active_changed";
      readonly active_bundle_id: string | null;
      readonly active_digest: string | null;
    }
  /** Time passed. */
  | { readonly kind: "tick" };

/** What the caller writes beside the next rollout, in the same transaction. */
export type RolloutEffect =
  /** The split that clients get: units below `percent` reach `bundle_id`. */
  | { readonly kind: "set_traffic"; readonly bundle_id: string; readonly percent: number }
  /** Keep the active bundle among the last three; the same digest twice is once. */
  | { readonly kind: "back_up_active" }
  | { readonly kind: "make_active"; readonly bundle_id: string; readonly bundle_digest: string }
  | { readonly kind: "drop_canary" }
  | { readonly kind: "restore_last_known_good" }
  | { readonly kind: "mark_known_good"; readonly bundle_id: string }
  /** Begin gathering evidence, from nothing: at the start, and where what was gathered counts no more. */
  | { readonly kind: "start_evidence"; readonly stage: number; readonly percent: number }
  /** Open the streams that close this stage; the rest of the evidence goes on. */
  | { readonly kind: "enter_stage"; readonly stage: number; readonly percent: number }
  | { readonly kind: "set_kill_switch"; readonly on: true }
  /** Somebody must look at this act afterwards. */
  | { readonly kind: "open_review"; readonly about: "break_glass" | "override"; readonly by: string }
  | { readonly kind: "write_receipt"; readonly verdict: Verdict | null }
  | { readonly kind: "audit"; readonly action: string; readonly actor: string; readonly reason: string }
  | { readonly kind: "notify"; readonly event: string; readonly page: boolean; readonly reason: string };

export type RefusalCode =
  | "final"
  | "stale_generation"
  | "wrong_state"
  | "lacks_right"
  | "self_approval"
  | "already_approved"
  | "digest_changed"
  | "active_changed"
  | "expired"
  | "kill_switch_on"
  | "already_running"
  | "illegal_target"
  | "reason_missing"
  | "already_so";

export type Step =
  | { readonly kind: "transition"; readonly next: Rollout; readonly effects: readonly RolloutEffect[] }
  | { readonly kind: "unchanged"; readonly reason: string }
  | { readonly kind: "refused"; readonly code: RefusalCode; readonly reason: string };

const GUARD = "guard";

/** Holds that end by themselves once the look that made them says otherwise. */
const passingHolds: readonly string[] = ["arm_stale"] satisfies VerdictCode[];

/** Holds after which what was gathered counts no more: going on means gathering anew. */
const spoilingHolds: readonly string[] = [
  "sample_ratio_mismatch",
  "missing_outcomes",
  "canary_outcomes_missing",
  "active_changed",
  "judge_changed",
] satisfies VerdictCode[];

export const PAUSED = "paused";

/**
 * Which of several commands that wait for the same rollout comes first: what takes traffic away before all
 * else, abort before everything; the rest in the order they came.
 */
export function orderPending(events: readonly RolloutEvent[]): RolloutEvent[] {
  const rank = (event: RolloutEvent): number =>
    event.kind === "abort" ? 0 : event.kind === "kill_switch" ? 1 : event.kind === "roll_back" ? 2 : 3;
  return events
    .map((event, at) => ({ event, at }))
    .sort((a, b) => rank(a.event) - rank(b.event) || a.at - b.at)
    .map(({ event }) => event);
}

function abort(rollout: Rollout, event: Extract<RolloutEvent, { kind: "abort" }>, now: Date): Step {
  const missing = needs(event.actor, "abort");
  if (missing) return missing;
  if (rollout.state === "rolling_back") return alreadyRollingBack();
  const reason = because("aborted", event.reason || "Aborted.", event.actor.name, now);
  if (rollout.state === "proposed" || rollout.state === "approved") {
    return transition(end(rollout, "rejected", reason, now), "abort", reason, [
      { kind: "notify", event: "rejected", page: false, reason: reason.text },
    ]);
  }
  return takeBack(rollout, reason, "abort", null);
}

function killSwitch(
  rollout: Rollout,
  event: Extract<RolloutEvent, { kind: "kill_switch" }>,
  now: Date,
): Step {
  const missing = needs(event.actor, "abort");
  if (missing) return missing;
  if (rollout.state === "proposed" || rollout.state === "approved") {
    return refuse(
      "wrong_state",
      `The rollout is ${words(rollout.state)} and takes no traffic. Turn the agent's kill switch on by itself, or abort the rollout.`,
    );
  }
  const reason = because("kill_switch", event.reason || "Kill switch turned on.", event.actor.name, now);
  const on: RolloutEffect = { kind: "set_kill_switch", on: true };
  if (rollout.state === "rolling_back") {
    return transition({ ...rollout, reason }, "kill_switch", reason, [on]);
  }
  const step = takeBack(rollout, reason, "kill_switch", null);
  return step.kind === "transition" ? { ...step, effects: [on, ...step.effects] } : step;
}

function rollBackByPerson(
  rollout: Rollout,
  event: Extract<RolloutEvent, { kind: "roll_back" }>,
  now: Date,
): Step {
  const missing = needs(event.actor, "roll_back");
  if (missing) return missing;
  if (rollout.state === "rolling_back") return alreadyRollingBack();
  if (!takesTraffic(rollout)) {
    return refuse(
      "wrong_state",
      `The rollout is ${words(rollout.state)} and takes no traffic yet. Reject or abort it instead.`,
    );
  }
  const reason = because("rolled_back_by_person", event.reason || "Rolled back.", event.actor.name, now);
  return takeBack(rollout, reason, "roll_back", null);
}

function takeBack(rollout: Rollout, reason: RolloutReason, action: string, verdict: Verdict | null): Step {
  const wasFull = rollout.stage === rollout.policy.stages.length - 1;
  return transition({ ...rollout, state: "rolling_back", percent: 0, reason }, action, reason, [
    wasFull ? { kind: "restore_last_known_good" } : { kind: "drop_canary" },
    { kind: "write_receipt", verdict },
    { kind: "notify", event: "rolling_back", page: verdict?.page ?? false, reason: reason.text },
  ]);
}

function finishRollback(rollout: Rollout, now: Date): Step {
  if (rollout.state !== "rolling_back") return wrongState(rollout, "finish a rollback", ["rolling_back"]);
  const reason = rollout.reason ?? because("rolled_back", "Rolled back.", GUARD, now);
  return transition(end(rollout, "rolled_back", reason, now), "rolled_back", reason, [
    { kind: "notify", event: "rolled_back", page: false, reason: reason.text },
  ]);
}

function approve(rollout: Rollout, event: Extract<RolloutEvent, { kind: "approve" }>, now: Date): Step {
  const { actor } = event;
  const breakGlass = event.break_glass === true;
  const missing = needs(actor, "approve") ?? (breakGlass ? needs(actor, "override") : undefined);
  if (missing) return missing;
  if (rollout.state === "approved") {
    return refuse("already_approved", "The rollout is approved already. Start it.");
  }
  if (rollout.state !== "proposed") return wrongState(rollout, "approve", ["proposed"]);
  if (isOverdue(rollout, now)) return overdue(rollout);
  if (event.bundle_digest !== rollout.bundle_digest) {
    return refuse(
      "digest_changed",
      `You read digest ${event.bundle_digest}, the proposal has ${rollout.bundle_digest}. Read it again.`,
    );
  }
  if (event.active_digest !== rollout.active_digest) {
    return refuse("active_changed", "The active bundle changed since. Propose again.");
  }
  if (rollout.approvals.some((approval) => approval.by === actor.name)) {
    return refuse("already_approved", `${actor.name} has approved already; the quorum counts people.`);
  }
  if (breakGlass && event.rationale.trim() === "") {
    return refuse("reason_missing", "Breaking the glass needs a reason.");
  }
  if (!breakGlass && rollout.policy.four_eyes) {
    if (actor.name === rollout.proposed_by) {
      return refuse("self_approval", "You proposed this bundle. Someone else must approve it.");
    }
    if (rollout.edited_by.includes(actor.name)) {
      return refuse("self_approval", "You edited this proposal. Someone else must approve it.");
    }
  }
  const approval: RolloutApproval = {
    by: actor.name,
    at: now.toISOString(),
    rationale: event.rationale,
    bundle_digest: event.bundle_digest,
    break_glass: breakGlass,
  };
  const approvals = [...rollout.approvals, approval];
  const enough = breakGlass || approvals.length >= rollout.policy.quorum;
  const reason = because("approved", event.rationale || "Approved.", actor.name, now);
  const next: Rollout = {
    ...rollout,
    approvals,
    state: enough ? "approved" : "proposed",
    expires_at: enough ? hoursLater(now, rollout.policy.approval_hours) : rollout.expires_at,
  };
  return transition(next, breakGlass ? "break_glass" : "approve", reason, [
    ...(breakGlass ? [{ kind: "open_review", about: "break_glass", by: actor.name } as const] : []),
    { kind: "notify", event: enough ? "approved" : "approval_added", page: breakGlass, reason: reason.text },
  ]);
}

function reject(rollout: Rollout, event: Extract<RolloutEvent, { kind: "reject" }>, now: Date): Step {
  const missing = needs(event.actor, "approve");
  if (missing) return missing;
  if (rollout.state !== "proposed" && rollout.state !== "approved") {
    return wrongState(rollout, "reject", ["proposed", "approved"]);
  }
  const reason = because("rejected", event.rationale || "Rejected.", event.actor.name, now);
  return transition(end(rollout, "rejected", reason, now), "reject", reason, [
    { kind: "notify", event: "rejected", page: false, reason: reason.text },
  ]);
}

function edit(rollout: Rollout, event: Extract<RolloutEvent, { kind: "edit" }>, now: Date): Step {
  const missing = needs(event.actor, "propose");
  if (missing) return missing;
  if (rollout.state !== "proposed" && rollout.state !== "approved") {
    return wrongState(rollout, "edit", ["proposed", "approved"]);
  }
  if (isOverdue(rollout, now)) return overdue(rollout);
  if (event.bundle_digest === rollout.bundle_digest) {
    return refuse("already_so", `The proposal is about digest ${event.bundle_digest} already.`);
  }
  const { name } = event.actor;
  const text = `${event.bundle_id} takes the place of ${rollout.bundle_id}; approvals given before count no more.`;
  const reason = because("edited", text, name, now);
  const next: Rollout = {
    ...rollout,
    state: "proposed",
    bundle_id: event.bundle_id,
    bundle_digest: event.bundle_digest,
    attempt: event.attempt,
    approvals: [],
    edited_by: rollout.edited_by.includes(name) ? rollout.edited_by : [...rollout.edited_by, name],
    // There is another bundle to read: the time for that begins anew.
    expires_at: hoursLater(now, rollout.policy.approval_hours),
  };
  return transition(next, "edit", reason, [
    { kind: "notify", event: "edited", page: false, reason: reason.text },
  ]);
}

function start(rollout: Rollout, event: Extract<RolloutEvent, { kind: "start" }>, now: Date): Step {
  const missing = needs(event.actor, "release");
  if (missing) return missing;
  if (rollout.state !== "approved") return wrongState(rollout, "start", ["approved"]);
  if (isOverdue(rollout, now)) return overdue(rollout);
  if (event.active_digest !== rollout.active_digest) {
    return refuse("active_changed", "The active bundle changed since. Propose again.");
  }
  if (event.kill_switch_on) {
    return refuse("kill_switch_on", `The kill switch of ${rollout.agent} is on. Turn it off first.`);
  }
  if (event.running_rollout_id !== null) {
    return refuse(
      "already_running",
      `Rollout ${event.running_rollout_id} of ${rollout.agent} is running. Finish it or roll it back first.`,
    );
  }
  const percent = event.percent ?? rollout.policy.stages[0]!;
  if (!Number.isInteger(percent) || percent < 1 || percent > 100) {
    return refuse("illegal_target", `Cannot start at ${percent} %: give a whole percent between 1 and 100.`);
  }
  const { name } = event.actor;
  // 100 said on purpose is the unguarded deployment; a policy of one stage keeps its holdback.
  if (event.percent === 100) {
    return deployWithoutCanary(rollout, name, now);
  }
  const policy = percent === rollout.policy.stages[0] ? rollout.policy : policyFrom(rollout.policy, percent);
  const reason = because("started", `Started at ${percent} %.`, name, now);
  const started: Rollout = { ...rollout, policy, started_at: now.toISOString() };
  return enterStage(started, 0, "start", reason, null, null, now);
}

function deployWithoutCanary(rollout: Rollout, by: string, now: Date): Step {
  const text = "Deployed to 100 % without a canary.";
  const reason = because("deployed_in_full", text, by, now);
  const next: Rollout = {
    ...end(rollout, "completed", reason, now),
    started_at: now.toISOString(),
    stage: rollout.policy.stages.length - 1,
    stage_entered_at: now.toISOString(),
    percent: 100,
    result: "unguarded",
  };
  return transition(next, "deploy_full", reason, [
    { kind: "back_up_active" },
    { kind: "make_active", bundle_id: rollout.bundle_id, bundle_digest: rollout.bundle_digest },
    { kind: "mark_known_good", bundle_id: rollout.bundle_id },
    { kind: "write_receipt", verdict: null },
    { kind: "notify", event: "deployed_in_full", page: false, reason: text },
  ]);
}

/** Opens a stage: the canary's share, or at 100 % the bundle as the active one. */
function enterStage(
  rollout: Rollout,
  stage: number,
  action: string,
  reason: RolloutReason,
  verdict: Verdict | null,
  result: Rollout["result"],
  now: Date,
  before: readonly RolloutEffect[] = [],
): Step {
  const percent = stagePercent(rollout.policy, stage);
  const last = stage === rollout.policy.stages.length - 1;
  const next: Rollout = {
    ...rollout,
    state: last ? "full" : "canary",
    stage,
    stage_entered_at: now.toISOString(),
    percent,
    reason: null,
    // Accepted once is accepted for the stage it was read in, not for what begins in the next one.
    acknowledged: [],
    acknowledged_at: null,
    result: result ?? rollout.result,
  };
  const first = rollout.stage === null;
  const effects: RolloutEffect[] = [
    ...before,
    ...(first || last ? [{ kind: "back_up_active" } as const] : []),
    ...(last
      ? [{ kind: "make_active", bundle_id: rollout.bundle_id, bundle_digest: rollout.bundle_digest } as const]
      : []),
    { kind: "set_traffic", bundle_id: rollout.bundle_id, percent },
    { kind: first ? "start_evidence" : "enter_stage", stage, percent },
    { kind: "write_receipt", verdict },
    { kind: "notify", event: first ? "started" : "widened", page: false, reason: reason.text },
  ];
  if (last && rollout.policy.holdback_percent === 0) {
    const done: Rollout = { ...end(next, "completed", reason, now), percent: 100 };
    return transition(done, action, reason, [
      ...effects.filter((effect) => effect.kind !== "enter_stage" && effect.kind !== "start_evidence"),
      { kind: "mark_known_good", bundle_id: rollout.bundle_id },
    ]);
  }
  return transition(next, action, reason, effects);
}

function promoteByPerson(
  rollout: Rollout,
  event: Extract<RolloutEvent, { kind: "promote" }>,
  now: Date,
): Step {
  if (!takesTraffic(rollout) || rollout.state === "rolling_back" || rollout.stage === null) {
    return wrongState(rollout, "promote", ["canary", "full", "hold", "ask"]);
  }
  const proven = event.verdict?.recommendation === "promote" && rollout.state !== "hold";
  const target = targetStage(rollout, event.target_percent);
  if (typeof target !== "number") return target;
  const asAdvised = proven && target === rollout.stage + 1;
  const missing = needs(event.actor, asAdvised ? "release" : "override");
  if (missing) return missing;
  if (!asAdvised && event.reason.trim() === "") {
    return refuse(
      "reason_missing",
      "Widening before the evidence is in needs a reason; the error bound no longer holds.",
    );
  }
  const by = event.actor.name;
  const review: RolloutEffect[] = asAdvised ? [] : [{ kind: "open_review", about: "override", by }];
  const action = asAdvised ? "promote" : "override";
  const result = asAdvised ? (event.verdict?.result ?? null) : "overridden";
  if (target === rollout.policy.stages.length) {
    const reason = because("completed_by_person", event.reason || "Completed.", by, now);
    return complete(
      rollout,
      action,
      reason,
      event.verdict,
      asAdvised ? rollout.result : "overridden",
      now,
      review,
    );
  }
  const text = event.reason || event.verdict?.reason || "Promoted.";
  return enterStage(
    rollout,
    target,
    action,
    because("promoted", text, by, now),
    event.verdict,
    result,
    now,
    review,
  );
}

/** The stage a person asks for; `stages.length` stands for completion, which follows the last stage. */
function targetStage(rollout: Rollout, percent: number | undefined): number | Step {
  const { stages } = rollout.policy;
  const present = rollout.stage ?? 0;
  if (percent === undefined) return present + 1;
  const target = stages.indexOf(percent);
  if (target > present) return target;
  const open = stages.slice(present + 1);
  return refuse(
    "illegal_target",
    open.length === 0
      ? `Cannot promote to ${percent} %: the last stage is open. Promote without a percentage to complete it.`
      : `Cannot promote to ${percent} %: the rollout is in stage ${stages[present]} %; open are ${open.join(" and ")} %.`,
  );
}

function complete(
  rollout: Rollout,
  action: string,
  reason: RolloutReason,
  verdict: Verdict | null,
  result: Rollout["result"],
  now: Date,
  before: readonly RolloutEffect[] = [],
): Step {
  return transition({ ...end(rollout, "completed", reason, now), percent: 100, result }, action, reason, [
    ...before,
    { kind: "set_traffic", bundle_id: rollout.bundle_id, percent: 100 },
    { kind: "mark_known_good", bundle_id: rollout.bundle_id },
    { kind: "write_receipt", verdict },
    { kind: "notify", event: "completed", page: false, reason: reason.text },
  ]);
}

function pause(rollout: Rollout, event: Extract<RolloutEvent, { kind: "pause" }>, now: Date): Step {
  const missing = needs(event.actor, "abort");
  if (missing) return missing;
  if (rollout.state !== "canary" && rollout.state !== "full" && rollout.state !== "ask") {
    return wrongState(rollout, "pause", ["canary", "full", "ask"]);
  }
  const reason = because(PAUSED, event.reason || "Paused.", event.actor.name, now);
  return transition({ ...rollout, state: "hold", reason }, "pause", reason, [
    { kind: "notify", event: "paused", page: false, reason: reason.text },
  ]);
}

function resume(rollout: Rollout, event: Extract<RolloutEvent, { kind: "resume" }>, now: Date): Step {
  const missing = needs(event.actor, "approve");
  if (missing) return missing;
  if (rollout.state !== "hold" && rollout.state !== "ask")
    return wrongState(rollout, "resume", ["hold", "ask"]);
  const code = rollout.reason?.code ?? PAUSED;
  const isLast = rollout.stage === rollout.policy.stages.length - 1;
  const adopted = code === "active_changed" ? event.active : undefined;
  if (isLast && adopted && adopted.digest !== rollout.bundle_digest) {
    return refuse(
      "active_changed",
      `At 100 % the bundle itself is the active one, and now ${adopted.bundle_id ?? "none"} is. Roll back, or propose the bundle again.`,
    );
  }
  const spoiled = spoilingHolds.includes(code);
  const text = event.reason || (spoiled ? "Resumed; the evidence starts anew." : "Resumed.");
  const reason = because("resumed", text, event.actor.name, now);
  const resumed: Rollout = {
    ...rollout,
    state: stateOfStage(rollout),
    reason: null,
    acknowledged:
      spoiled || code === PAUSED || rollout.acknowledged.includes(code)
        ? rollout.acknowledged
        : [...rollout.acknowledged, code],
    acknowledged_at: now.toISOString(),
  };
  if (!spoiled) return transition(resumed, "resume", reason);
  const anew: Rollout = {
    ...nextAttempt(resumed, now),
    ...(adopted && !isLast ? { active_bundle_id: adopted.bundle_id, active_digest: adopted.digest } : {}),
  };
  return transition(anew, "resume", reason, [
    { kind: "start_evidence", stage: rollout.stage ?? 0, percent: rollout.percent },
    { kind: "write_receipt", verdict: null },
  ]);
}

function look(rollout: Rollout, verdict: Verdict, now: Date): Step {
  const held = rollout.state === "hold" ? rollout.reason?.code : undefined;
  if (
    rollout.state !== "canary" &&
    rollout.state !== "full" &&
    rollout.state !== "ask" &&
    held === undefined
  ) {
    return wrongState(rollout, "judge", ["canary", "full", "hold", "ask"]);
  }
  const reason = because(verdict.code, verdict.reason, GUARD, now);
  const spoiled = held !== undefined && spoilingHolds.includes(held);
  if (verdict.code === "judge_changed") return startAnew(rollout, reason, verdict, now);
  switch (verdict.recommendation) {
    case "rollback":
      // Where the evidence is spoiled, only what the spoiling itself proves counts.
      if (spoiled && verdict.code !== "canary_outcomes_missing") return unchanged(rollout);
      if (rollout.policy.automatic_rollback) return takeBack(rollout, reason, "guard_rollback", verdict);
      return interrupt(rollout, "ask", reason, verdict);
    case "hold":
      // A hold that passes by itself must not replace one that a person has to end.
      if (spoiled || (held === PAUSED && passingHolds.includes(verdict.code))) return unchanged(rollout);
      return interrupt(rollout, "hold", reason, verdict);
    case "ask":
      if (held !== undefined && !passingHolds.includes(held)) return unchanged(rollout);
      return interrupt(rollout, "ask", reason, verdict);
    case "promote": {
      if (held !== undefined && !passingHolds.includes(held)) return unchanged(rollout);
      const isLast = rollout.stage === rollout.policy.stages.length - 1;
      // Whatever a policy recommends, a stage has its time: point estimates say "better" within the hour.
      const due = stageDueAt(rollout, isLast);
      if (now < due) return unchanged(rollout, `The stage has its time until ${due.toISOString()}.`);
      return isLast
        ? complete(rollout, "guard_complete", reason, verdict, rollout.result, now)
        : enterStage(
            rollout,
            (rollout.stage ?? 0) + 1,
            "guard_promote",
            reason,
            verdict,
            verdict.result,
            now,
          );
    }
    case "monitor": {
      const passed = rollout.state === "ask" || (held !== undefined && passingHolds.includes(held));
      if (!passed) return unchanged(rollout, verdict.reason);
      return transition({ ...rollout, state: stateOfStage(rollout), reason: null }, "guard_resume", reason, [
        { kind: "write_receipt", verdict },
      ]);
    }
    default:
      return unreachable(verdict.recommendation);
  }
}

/** Gathering anew is one more attempt at the same bundle: it widens at the next, smaller alpha. */
function nextAttempt(rollout: Rollout, now: Date): Rollout {
  return {
    ...rollout,
    attempt: rollout.attempt + 1,
    stage_entered_at: now.toISOString(),
    acknowledged: [],
  };
}

/** What the last judge's numbers proved, and a person has not answered yet. */
const provenHarm: readonly string[] = [
  "harm_proven",
  "harm_small",
  "latency_doubled",
] satisfies VerdictCode[];

/**
 * Another judge: the evidence begins anew by itself, as one more attempt, and traffic stays as it is. Not where
 * a person is asked about harm: that was proven, and the answer comes first. A pause stays a pause, and after
 * a spoiled hold going on begins anew in any case.
 */
function startAnew(rollout: Rollout, reason: RolloutReason, verdict: Verdict, now: Date): Step {
  const code = rollout.reason?.code ?? "";
  const waits = rollout.state === "hold" ? spoilingHolds.includes(code) : provenHarm.includes(code);
  if (waits) return unchanged(rollout);
  const isPaused = rollout.state === "hold" && code === PAUSED;
  const next: Rollout = {
    ...nextAttempt(rollout, now),
    ...(isPaused ? {} : { state: stateOfStage(rollout), reason: null }),
    acknowledged_at: null,
  };
  return transition(next, "guard_restart", reason, [
    { kind: "start_evidence", stage: rollout.stage ?? 0, percent: rollout.percent },
    { kind: "write_receipt", verdict },
    { kind: "notify", event: "evidence_restarted", page: false, reason: reason.text },
  ]);
}

/** When a stage has lasted as long as the policy asks, at the least. */
function stageDueAt(rollout: Rollout, isLast: boolean): Date {
  const { holdback_hours, check_interval_hours } = rollout.policy;
  const hours = isLast ? holdback_hours : check_interval_hours;
  return new Date(Date.parse(rollout.stage_entered_at ?? "") + hours * HOUR_MS);
}

function interrupt(rollout: Rollout, state: "hold" | "ask", reason: RolloutReason, verdict: Verdict): Step {
  if (rollout.state === state && rollout.reason?.code === reason.code) return unchanged(rollout, reason.text);
  return transition({ ...rollout, state, reason }, state === "hold" ? "guard_hold" : "guard_ask", reason, [
    { kind: "write_receipt", verdict },
    { kind: "notify", event: state, page: verdict.page, reason: reason.text },
  ]);
}

function activeChanged(
  rollout: Rollout,
  event: Extract<RolloutEvent, { kind: "active_changed" }>,
  now: Date,
): Step {
  const isFull = rollout.stage !== null && rollout.stage === rollout.policy.stages.length - 1;
  const own = isFull ? rollout.bundle_digest : rollout.active_digest;
  if (event.active_digest === own)
    return unchanged(rollout, "The active bundle is the one this rollout knows.");
  if (rollout.state === "rolling_back") return unchanged(rollout, "The rollback is being written.");
  const text = `The active bundle changed to ${event.active_bundle_id ?? "none"}.`;
  const reason = because("active_changed", text, GUARD, now);
  if (rollout.state === "proposed" || rollout.state === "approved") {
    return transition(end(rollout, "superseded", reason, now), "supersede", reason, [
      { kind: "notify", event: "superseded", page: false, reason: text },
    ]);
  }
  const next: Rollout = {
    ...rollout,
    state: "hold",
    reason,
    ...(isFull ? {} : { active_bundle_id: event.active_bundle_id, active_digest: event.active_digest }),
  };
  return transition(next, "guard_hold", reason, [
    { kind: "write_receipt", verdict: null },
    { kind: "notify", event: "hold", page: false, reason: text },
  ]);
}

function tick(rollout: Rollout, now: Date): Step {
  const waits = rollout.state === "proposed" || rollout.state === "approved";
  if (!waits || !isOverdue(rollout, now)) return unchanged(rollout, "Nothing is due.");
  const text = `${rollout.state === "proposed" ? "Not approved" : "Not started"} by ${rollout.expires_at}.`;
  const reason = because("expired", text, GUARD, now);
  return transition(end(rollout, "expired", reason, now), "expire", reason, [
    { kind: "notify", event: "expired", page: false, reason: text },
  ]);
}

/** Every transition is one generation on and one audit event. */
function transition(
  next: Rollout,
  action: string,
  reason: RolloutReason,
  effects: readonly RolloutEffect[] = [],
): Step {
  return {
    kind: "transition",
    next: { ...next, generation: next.generation + 1 },
    effects: [...effects, { kind: "audit", action, actor: reason.by, reason: reason.text }],
  };
}

function end(rollout: Rollout, state: RolloutState, reason: RolloutReason, now: Date): Rollout {
  return { ...rollout, state, reason, ended_at: now.toISOString() };
}

function because(code: string, text: string, by: string, now: Date): RolloutReason {
  return { code, text, by, at: now.toISOString() };
}

function takesTraffic(rollout: Rollout): boolean {
  return rollout.stage !== null;
}

function stateOfStage(rollout: Rollout): RolloutState {
  return rollout.stage === rollout.policy.stages.length - 1 ? "full" : "canary";
}

function isOverdue(rollout: Rollout, now: Date): boolean {
  return now.getTime() >= Date.parse(rollout.expires_at);
}

function hoursLater(now: Date, hours: number): string {
  return new Date(now.getTime() + hours * HOUR_MS).toISOString();
}

function words(state: RolloutState): string {
  return state === "hold" ? "on hold" : state === "ask" ? "waiting for an answer" : state.replace("_", " ");
}

function needs(actor: Actor, right: RolloutRight): Step | undefined {
  if (actor.rights.includes(right)) return undefined;
  return refuse("lacks_right", `${actor.name} lacks the right "${right}".`);
}

function wrongState(rollout: Rollout, doing: string, accepted: readonly RolloutState[]): Step {
  return refuse(
    "wrong_state",
    `Cannot ${doing}: the rollout is ${words(rollout.state)}. It must be ${accepted.map(words).join(" or ")}.`,
  );
}

function overdue(rollout: Rollout): Step {
  return refuse(
    "expired",
    `The ${rollout.state === "proposed" ? "proposal" : "approval"} ended at ${rollout.expires_at}. Propose again.`,
  );
}

function alreadyRollingBack(): Step {
  return refuse("already_so", "The rollout is rolling back already; its traffic is at 0 %.");
}

function unchanged(
  rollout: Rollout,
  reason = `Still ${words(rollout.state)}: ${rollout.reason?.text ?? ""}`,
): Step {
  return { kind: "unchanged", reason };
}

function refuse(code: RefusalCode, reason: string): Step {
  return { kind: "refused", code, reason };
}
