/** Transitions of a request before it takes traffic: approval, rejection, edit, expiry. */
import type { Rollout, RolloutApproval } from "@relearn/contract";
import { HOUR_MS } from "../clock.ts";
import {
  endRollout,
  GUARD,
  type RolloutEventByKind,
  refuseState,
  refuseStep,
  requireRight,
  type Step,
  stayUnchanged,
  toReason,
  transition,
} from "./step.ts";
import { getTransitionSentences } from "./transition-sentences.ts";

export function approve(rollout: Rollout, event: RolloutEventByKind<"approve">, now: Date): Step {
  const { actor } = event;
  const breakGlass = event.break_glass === true;
  const missing =
    requireRight(actor, "approve") ?? (breakGlass ? requireRight(actor, "override") : undefined);
  if (missing) return missing;
  if (rollout.state === "approved") {
    return refuseStep("already_approved", "The rollout is approved already. Start it.");
  }
  if (rollout.state !== "proposed") return refuseState(rollout, "approve", ["proposed"]);
  if (isOverdue(rollout, now)) return overdue(rollout);
  if (event.bundle_digest !== rollout.bundle_digest) {
    return refuseStep(
      "digest_changed",
      `You read digest ${event.bundle_digest}, the proposal has ${rollout.bundle_digest}. Read it again.`,
    );
  }
  if (event.active_digest !== rollout.active_digest) {
    return refuseStep("active_changed", "The active bundle changed since. Propose again.");
  }
  if (rollout.approvals.some((approval) => approval.by === actor.name)) {
    return refuseStep("already_approved", `${actor.name} has approved already; the quorum counts people.`);
  }
  if (breakGlass && event.rationale.trim() === "") {
    return refuseStep("reason_missing", "A break-glass approval needs a reason.");
  }
  if (!breakGlass && rollout.policy.four_eyes) {
    if (actor.name === rollout.proposed_by) {
      return refuseStep("self_approval", "You proposed this bundle. Someone else must approve it.");
    }
    if (rollout.edited_by.includes(actor.name)) {
      return refuseStep("self_approval", "You edited this proposal. Someone else must approve it.");
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
  const reason = toReason(
    "approved",
    event.rationale || getTransitionSentences(rollout).approved,
    actor.name,
    now,
  );
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

export function reject(rollout: Rollout, event: RolloutEventByKind<"reject">, now: Date): Step {
  const missing = requireRight(event.actor, "approve");
  if (missing) return missing;
  if (rollout.state !== "proposed" && rollout.state !== "approved") {
    return refuseState(rollout, "reject", ["proposed", "approved"]);
  }
  const reason = toReason(
    "rejected",
    event.rationale || getTransitionSentences(rollout).rejected,
    event.actor.name,
    now,
  );
  return transition(endRollout(rollout, "rejected", reason, now), "reject", reason, [
    { kind: "notify", event: "rejected", page: false, reason: reason.text },
  ]);
}

export function edit(rollout: Rollout, event: RolloutEventByKind<"edit">, now: Date): Step {
  const missing = requireRight(event.actor, "propose");
  if (missing) return missing;
  if (rollout.state !== "proposed" && rollout.state !== "approved") {
    return refuseState(rollout, "edit", ["proposed", "approved"]);
  }
  if (isOverdue(rollout, now)) return overdue(rollout);
  if (event.bundle_digest === rollout.bundle_digest) {
    return refuseStep("already_so", `The proposal is about digest ${event.bundle_digest} already.`);
  }
  const { name } = event.actor;
  const text = getTransitionSentences(rollout).edited(event.bundle_id, rollout.bundle_id);
  const reason = toReason("edited", text, name, now);
  const next: Rollout = {
    ...rollout,
    state: "proposed",
    bundle_id: event.bundle_id,
    bundle_digest: event.bundle_digest,
    attempt: event.attempt,
    approvals: [],
    edited_by: rollout.edited_by.includes(name) ? rollout.edited_by : [...rollout.edited_by, name],
    // Approvers have another bundle to read, so they get the full time again.
    expires_at: hoursLater(now, rollout.policy.approval_hours),
  };
  return transition(next, "edit", reason, [
    { kind: "notify", event: "edited", page: false, reason: reason.text },
  ]);
}

export function tick(rollout: Rollout, now: Date): Step {
  const waits = rollout.state === "proposed" || rollout.state === "approved";
  if (!waits || !isOverdue(rollout, now)) return stayUnchanged(rollout, "Nothing is due.");
  const { notApproved, notStarted } = getTransitionSentences(rollout);
  const text = (rollout.state === "proposed" ? notApproved : notStarted)(rollout.expires_at);
  const reason = toReason("expired", text, GUARD, now);
  return transition(endRollout(rollout, "expired", reason, now), "expire", reason, [
    { kind: "notify", event: "expired", page: false, reason: text },
  ]);
}

export function isOverdue(rollout: Rollout, now: Date): boolean {
  return now.getTime() >= Date.parse(rollout.expires_at);
}

function hoursLater(now: Date, hours: number): string {
  return new Date(now.getTime() + hours * HOUR_MS).toISOString();
}

export function overdue(rollout: Rollout): Step {
  return refuseStep(
    "expired",
    `The ${rollout.state === "proposed" ? "proposal" : "approval"} expired at ${rollout.expires_at}. Propose again.`,
  );
}
