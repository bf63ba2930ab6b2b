/** Transitions after an analysis of the guard, and those that interrupt or resume a rollout. */
import type { Rollout, RolloutReason, Verdict, VerdictCode } from "@relearn/contract";
import { HOUR_MS } from "../clock.ts";
import { unreachable } from "../errors.ts";
import { complete, enterStage } from "./decide-promotion.ts";
import { rollBack } from "./decide-rollback.ts";
import {
  endRollout,
  GUARD,
  PAUSED,
  type RolloutEventByKind,
  refuseState,
  refuseStep,
  requireRight,
  type Step,
  stayUnchanged,
  toReason,
  toStageState,
  transition,
} from "./step.ts";
import { getTransitionSentences } from "./transition-sentences.ts";

/** Transient holds: they end by themselves as soon as an analysis no longer asks for them. */
const transientHolds: readonly string[] = ["arm_stale"] satisfies VerdictCode[];

/** Holds that invalidate the evidence: resuming gathers evidence from scratch. */
const invalidatingHolds: readonly string[] = [
  "sample_ratio_mismatch",
  "missing_outcomes",
  "canary_outcomes_missing",
  "active_changed",
  "judge_changed",
] satisfies VerdictCode[];

/** Codes of proven harm that a person has not answered yet. */
const provenHarm: readonly string[] = [
  "harm_proven",
  "harm_small",
  "latency_doubled",
] satisfies VerdictCode[];

export function decideAnalysis(rollout: Rollout, verdict: Verdict, now: Date): Step {
  const held = rollout.state === "hold" ? rollout.reason?.code : undefined;
  if (
    rollout.state !== "canary" &&
    rollout.state !== "full" &&
    rollout.state !== "ask" &&
    held === undefined
  ) {
    return refuseState(rollout, "judge", ["canary", "full", "hold", "ask"]);
  }
  const reason = toReason(verdict.code, verdict.reason, GUARD, now);
  const invalidated = held !== undefined && invalidatingHolds.includes(held);
  if (verdict.code === "judge_changed") return restartEvidence(rollout, reason, verdict, now);
  switch (verdict.recommendation) {
    case "rollback":
      // Invalidated evidence proves nothing but the fault that invalidated it.
      if (invalidated && verdict.code !== "canary_outcomes_missing") return stayUnchanged(rollout);
      if (rollout.policy.automatic_rollback) return rollBack(rollout, reason, "guard_rollback", verdict);
      return interrupt(rollout, "ask", reason, verdict);
    case "hold":
      // A transient hold must not replace one that a person has to end.
      if (invalidated || (held === PAUSED && transientHolds.includes(verdict.code)))
        return stayUnchanged(rollout);
      return interrupt(rollout, "hold", reason, verdict);
    case "ask":
      if (held !== undefined && !transientHolds.includes(held)) return stayUnchanged(rollout);
      return interrupt(rollout, "ask", reason, verdict);
    case "promote": {
      if (held !== undefined && !transientHolds.includes(held)) return stayUnchanged(rollout);
      const isLast = rollout.stage === rollout.policy.stages.length - 1;
      // A stage has a minimum duration under every policy: point estimates may say "better" within the hour.
      const due = stageDueAt(rollout, isLast);
      if (now < due)
        return stayUnchanged(rollout, `The minimum duration of the stage ends at ${due.toISOString()}.`);
      return isLast
        ? complete(rollout, { action: "guard_complete", reason, verdict, result: rollout.result }, now)
        : enterStage(
            rollout,
            (rollout.stage ?? 0) + 1,
            { action: "guard_promote", reason, verdict, result: verdict.result },
            now,
          );
    }
    case "monitor": {
      const passed = rollout.state === "ask" || (held !== undefined && transientHolds.includes(held));
      if (!passed) return stayUnchanged(rollout, verdict.reason);
      return transition({ ...rollout, state: toStageState(rollout), reason: null }, "guard_resume", reason, [
        { kind: "write_receipt", verdict },
      ]);
    }
    default:
      return unreachable(verdict.recommendation);
  }
}

function interrupt(rollout: Rollout, state: "hold" | "ask", reason: RolloutReason, verdict: Verdict): Step {
  if (rollout.state === state && rollout.reason?.code === reason.code)
    return stayUnchanged(rollout, reason.text);
  return transition({ ...rollout, state, reason }, state === "hold" ? "guard_hold" : "guard_ask", reason, [
    { kind: "write_receipt", verdict },
    { kind: "notify", event: state, page: verdict.page, reason: reason.text },
  ]);
}

/** Returns the time at which the minimum duration of the stage ends. */
function stageDueAt(rollout: Rollout, isLast: boolean): Date {
  const { holdback_hours, check_interval_hours } = rollout.policy;
  const hours = isLast ? holdback_hours : check_interval_hours;
  return new Date(Date.parse(rollout.stage_entered_at ?? "") + hours * HOUR_MS);
}

/**
 * Starts new evidence after a change of judge, as one more attempt; traffic stays as it is. Changes nothing while a
 * person is asked about proven harm, since the answer comes first, nor in an invalidating hold, since resuming
 * starts new evidence in any case. A paused rollout stays paused.
 */
function restartEvidence(rollout: Rollout, reason: RolloutReason, verdict: Verdict, now: Date): Step {
  const code = rollout.reason?.code ?? "";
  const waits = rollout.state === "hold" ? invalidatingHolds.includes(code) : provenHarm.includes(code);
  if (waits) return stayUnchanged(rollout);
  const isPaused = rollout.state === "hold" && code === PAUSED;
  const next: Rollout = {
    ...nextAttempt(rollout, now),
    ...(isPaused ? {} : { state: toStageState(rollout), reason: null }),
    acknowledged_at: null,
  };
  return transition(next, "guard_restart", reason, [
    { kind: "start_evidence", stage: rollout.stage ?? 0, percent: rollout.percent },
    { kind: "write_receipt", verdict },
    { kind: "notify", event: "evidence_restarted", page: false, reason: reason.text },
  ]);
}

/** Returns the rollout with one more attempt at the same bundle, which is promoted at the next, smaller alpha. */
function nextAttempt(rollout: Rollout, now: Date): Rollout {
  return {
    ...rollout,
    attempt: rollout.attempt + 1,
    stage_entered_at: now.toISOString(),
    acknowledged: [],
  };
}

export function pause(rollout: Rollout, event: RolloutEventByKind<"pause">, now: Date): Step {
  const missing = requireRight(event.actor, "abort");
  if (missing) return missing;
  if (rollout.state !== "canary" && rollout.state !== "full" && rollout.state !== "ask") {
    return refuseState(rollout, "pause", ["canary", "full", "ask"]);
  }
  const reason = toReason(
    PAUSED,
    event.reason || getTransitionSentences(rollout).paused,
    event.actor.name,
    now,
  );
  return transition({ ...rollout, state: "hold", reason }, "pause", reason, [
    { kind: "notify", event: "paused", page: false, reason: reason.text },
  ]);
}

export function resume(rollout: Rollout, event: RolloutEventByKind<"resume">, now: Date): Step {
  const missing = requireRight(event.actor, "approve");
  if (missing) return missing;
  if (rollout.state !== "hold" && rollout.state !== "ask")
    return refuseState(rollout, "resume", ["hold", "ask"]);
  const code = rollout.reason?.code ?? PAUSED;
  const isLast = rollout.stage === rollout.policy.stages.length - 1;
  const adopted = code === "active_changed" ? event.active : undefined;
  if (isLast && adopted && adopted.digest !== rollout.bundle_digest) {
    return refuseStep(
      "active_changed",
      `At 100 % the bundle itself is the active one, and now ${adopted.bundle_id ?? "none"} is. Roll back, or propose the bundle again.`,
    );
  }
  const invalidated = invalidatingHolds.includes(code);
  const { resumed: plain, resumedFromScratch } = getTransitionSentences(rollout);
  const text = event.reason || (invalidated ? resumedFromScratch : plain);
  const reason = toReason("resumed", text, event.actor.name, now);
  const resumed: Rollout = {
    ...rollout,
    state: toStageState(rollout),
    reason: null,
    acknowledged:
      invalidated || code === PAUSED || rollout.acknowledged.includes(code)
        ? rollout.acknowledged
        : [...rollout.acknowledged, code],
    acknowledged_at: now.toISOString(),
  };
  if (!invalidated) return transition(resumed, "resume", reason);
  const restarted: Rollout = {
    ...nextAttempt(resumed, now),
    ...(adopted && !isLast ? { active_bundle_id: adopted.bundle_id, active_digest: adopted.digest } : {}),
  };
  return transition(restarted, "resume", reason, [
    { kind: "start_evidence", stage: rollout.stage ?? 0, percent: rollout.percent },
    { kind: "write_receipt", verdict: null },
  ]);
}

export function activeChanged(
  rollout: Rollout,
  event: RolloutEventByKind<"active_changed">,
  now: Date,
): Step {
  const isFull = rollout.stage !== null && rollout.stage === rollout.policy.stages.length - 1;
  const own = isFull ? rollout.bundle_digest : rollout.active_digest;
  if (event.active_digest === own)
    return stayUnchanged(rollout, "The active bundle is the one this rollout knows.");
  if (rollout.state === "rolling_back") return stayUnchanged(rollout, "The rollback is being written.");
  const text = getTransitionSentences(rollout).activeChanged(event.active_bundle_id);
  const reason = toReason("active_changed", text, GUARD, now);
  if (rollout.state === "proposed" || rollout.state === "approved") {
    return transition(endRollout(rollout, "superseded", reason, now), "supersede", reason, [
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
