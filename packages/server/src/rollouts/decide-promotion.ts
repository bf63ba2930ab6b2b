/** Transitions to more traffic: start, next stage, completion. */
import type { Rollout, RolloutReason, Verdict } from "@relearn/contract";
import { isOverdue, overdue } from "./decide-request.ts";
import { policyFrom, stagePercent } from "./rollout.ts";
import {
  endRollout,
  type RolloutEffect,
  type RolloutEventByKind,
  refuseState,
  refuseStep,
  requireRight,
  type Step,
  takesTraffic,
  toReason,
  transition,
} from "./step.ts";
import { getTransitionSentences } from "./transition-sentences.ts";

export function start(rollout: Rollout, event: RolloutEventByKind<"start">, now: Date): Step {
  const missing = requireRight(event.actor, "release");
  if (missing) return missing;
  if (rollout.state !== "approved") return refuseState(rollout, "start", ["approved"]);
  if (isOverdue(rollout, now)) return overdue(rollout);
  if (event.active_digest !== rollout.active_digest) {
    return refuseStep("active_changed", "The active bundle changed since. Propose again.");
  }
  if (event.kill_switch_on) {
    return refuseStep("kill_switch_on", `The kill switch of ${rollout.agent} is on. Turn it off first.`);
  }
  if (event.running_rollout_id !== null) {
    return refuseStep(
      "already_running",
      `Rollout ${event.running_rollout_id} of ${rollout.agent} is running. Finish it or roll it back first.`,
    );
  }
  const percent = event.percent ?? rollout.policy.stages[0]!;
  if (!Number.isInteger(percent) || percent < 1 || percent > 100) {
    return refuseStep(
      "illegal_target",
      `Cannot start at ${percent} %: give a whole percent between 1 and 100.`,
    );
  }
  const { name } = event.actor;
  // An explicit 100 deploys without a canary; a policy with the single stage 100 keeps its holdback.
  if (event.percent === 100) {
    return deployWithoutCanary(rollout, name, now);
  }
  const policy = percent === rollout.policy.stages[0] ? rollout.policy : policyFrom(rollout.policy, percent);
  const reason = toReason("started", getTransitionSentences(rollout).started(percent), name, now);
  const started: Rollout = { ...rollout, policy, started_at: now.toISOString() };
  return enterStage(started, 0, { action: "start", reason, verdict: null, result: null }, now);
}

function deployWithoutCanary(rollout: Rollout, by: string, now: Date): Step {
  const text = getTransitionSentences(rollout).deployedInFull;
  const reason = toReason("deployed_in_full", text, by, now);
  const next: Rollout = {
    ...endRollout(rollout, "completed", reason, now),
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

/** Reason of a promotion, and who or what decided it. */
export interface Promotion {
  /** Name of the action in the audit log. */
  readonly action: string;
  readonly reason: RolloutReason;
  readonly verdict: Verdict | null;
  readonly result: Rollout["result"];
  /** Effects that come before those of the promotion itself. */
  readonly before?: readonly RolloutEffect[];
}

/** Enters a stage: sets the canary's share, or makes the bundle the active one at 100 %. */
export function enterStage(rollout: Rollout, stage: number, promotion: Promotion, now: Date): Step {
  const { action, reason, verdict, result, before = [] } = promotion;
  const percent = stagePercent(rollout.policy, stage);
  const last = stage === rollout.policy.stages.length - 1;
  const next: Rollout = {
    ...rollout,
    state: last ? "full" : "canary",
    stage,
    stage_entered_at: now.toISOString(),
    percent,
    reason: null,
    // An acceptance applies to the stage in which it was given.
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
    { kind: "notify", event: first ? "started" : "promoted", page: false, reason: reason.text },
  ];
  if (last && rollout.policy.holdback_percent === 0) {
    const done: Rollout = { ...endRollout(next, "completed", reason, now), percent: 100 };
    return transition(done, action, reason, [
      ...effects.filter((effect) => effect.kind !== "enter_stage" && effect.kind !== "start_evidence"),
      { kind: "mark_known_good", bundle_id: rollout.bundle_id },
    ]);
  }
  return transition(next, action, reason, effects);
}

export function promoteByPerson(rollout: Rollout, event: RolloutEventByKind<"promote">, now: Date): Step {
  if (!takesTraffic(rollout) || rollout.state === "rolling_back" || rollout.stage === null) {
    return refuseState(rollout, "promote", ["canary", "full", "hold", "ask"]);
  }
  const proven = event.verdict?.recommendation === "promote" && rollout.state !== "hold";
  const target = targetStage(rollout, event.target_percent);
  if (typeof target !== "number") return target;
  const asAdvised = proven && target === rollout.stage + 1;
  const missing = requireRight(event.actor, asAdvised ? "release" : "override");
  if (missing) return missing;
  if (!asAdvised && event.reason.trim() === "") {
    return refuseStep(
      "reason_missing",
      "Promoting before the evidence suffices needs a reason; the error bound no longer holds.",
    );
  }
  const by = event.actor.name;
  const before: RolloutEffect[] = asAdvised ? [] : [{ kind: "open_review", about: "override", by }];
  const action = asAdvised ? "promote" : "override";
  const { verdict } = event;
  if (target === rollout.policy.stages.length) {
    const reason = toReason(
      "completed_by_person",
      event.reason || getTransitionSentences(rollout).completed,
      by,
      now,
    );
    const result = asAdvised ? rollout.result : "overridden";
    return complete(rollout, { action, reason, verdict, result, before }, now);
  }
  const reason = toReason(
    "promoted",
    event.reason || verdict?.reason || getTransitionSentences(rollout).promoted,
    by,
    now,
  );
  const result = asAdvised ? (verdict?.result ?? null) : "overridden";
  return enterStage(rollout, target, { action, reason, verdict, result, before }, now);
}

/** Returns the stage that a person asks for; `stages.length` stands for completion, which follows the last stage. */
function targetStage(rollout: Rollout, percent: number | undefined): number | Step {
  const { stages } = rollout.policy;
  const present = rollout.stage ?? 0;
  if (percent === undefined) return present + 1;
  const target = stages.indexOf(percent);
  if (target > present) return target;
  const open = stages.slice(present + 1);
  return refuseStep(
    "illegal_target",
    open.length === 0
      ? `Cannot promote to ${percent} %: the last stage is open. Promote without a percentage to complete it.`
      : `Cannot promote to ${percent} %: the rollout is in stage ${stages[present]} %; open are ${open.join(" and ")} %.`,
  );
}

export function complete(rollout: Rollout, promotion: Promotion, now: Date): Step {
  const { action, reason, verdict, result, before = [] } = promotion;
  return transition(
    { ...endRollout(rollout, "completed", reason, now), percent: 100, result },
    action,
    reason,
    [
      ...before,
      { kind: "set_traffic", bundle_id: rollout.bundle_id, percent: 100 },
      { kind: "mark_known_good", bundle_id: rollout.bundle_id },
      { kind: "write_receipt", verdict },
      { kind: "notify", event: "completed", page: false, reason: reason.text },
    ],
  );
}
