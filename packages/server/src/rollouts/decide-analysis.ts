/** What a look of the guard does, and what interrupts a rollout or lets it go on. */
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

/** Holds that end by themselves once the look that made them says otherwise. */
const transientHolds: readonly string[] = ["arm_stale"] satisfies VerdictCode[];

/** Holds after which what was gathered counts no more: going on means gathering anew. */
const invalidatingHolds: readonly string[] = [
  "sample_ratio_mismatch",
  "missing_outcomes",
  "canary_outcomes_missing",
  "active_changed",
  "judge_changed",
] satisfies VerdictCode[];

/** What the last judge's numbers proved, and a person has not answered yet. */
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
  if (verdict.code === "judge_changed") return startAnew(rollout, reason, verdict, now);
  switch (verdict.recommendation) {
    case "rollback":
      // Where the evidence is spoiled, only what the spoiling itself proves counts.
      if (invalidated && verdict.code !== "canary_outcomes_missing") return stayUnchanged(rollout);
      if (rollout.policy.automatic_rollback) return rollBack(rollout, reason, "guard_rollback", verdict);
      return interrupt(rollout, "ask", reason, verdict);
    case "hold":
      // A hold that passes by itself must not replace one that a person has to end.
      if (invalidated || (held === PAUSED && transientHolds.includes(verdict.code)))
        return stayUnchanged(rollout);
      return interrupt(rollout, "hold", reason, verdict);
    case "ask":
      if (held !== undefined && !transientHolds.includes(held)) return stayUnchanged(rollout);
      return interrupt(rollout, "ask", reason, verdict);
    case "promote": {
      if (held !== undefined && !transientHolds.includes(held)) return stayUnchanged(rollout);
      const isLast = rollout.stage === rollout.policy.stages.length - 1;
      // Whatever a policy recommends, a stage has its time: point estimates say "better" within the hour.
      const due = stageDueAt(rollout, isLast);
      if (now < due) return stayUnchanged(rollout, `The stage has its time until ${due.toISOString()}.`);
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

/** When a stage has lasted as long as the policy asks, at the least. */
function stageDueAt(rollout: Rollout, isLast: boolean): Date {
  const { holdback_hours, check_interval_hours } = rollout.policy;
  const hours = isLast ? holdback_hours : check_interval_hours;
  return new Date(Date.parse(rollout.stage_entered_at ?? "") + hours * HOUR_MS);
}

/**
 * Another judge: the evidence begins anew by itself, as one more attempt, and traffic stays as it is. Not where
 * a person is asked about harm: that was proven, and the answer comes first. A pause stays a pause, and after
 * a spoiled hold going on begins anew in any case.
 */
function startAnew(rollout: Rollout, reason: RolloutReason, verdict: Verdict, now: Date): Step {
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

/** Gathering anew is one more attempt at the same bundle: it widens at the next, smaller alpha. */
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
  const anew: Rollout = {
    ...nextAttempt(resumed, now),
    ...(adopted && !isLast ? { active_bundle_id: adopted.bundle_id, active_digest: adopted.digest } : {}),
  };
  return transition(anew, "resume", reason, [
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
