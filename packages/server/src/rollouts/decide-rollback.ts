/** Transitions to no traffic: abort, kill switch, rollback. Commands that only remove traffic need no generation and no gate. */
import type { Rollout, RolloutReason, Verdict } from "@relearn/contract";
import {
  describeState,
  endRollout,
  GUARD,
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

export function abort(rollout: Rollout, event: RolloutEventByKind<"abort">, now: Date): Step {
  const missing = requireRight(event.actor, "abort");
  if (missing) return missing;
  if (rollout.state === "rolling_back") return alreadyRollingBack();
  const reason = toReason(
    "aborted",
    event.reason || getTransitionSentences(rollout).aborted,
    event.actor.name,
    now,
  );
  if (rollout.state === "proposed" || rollout.state === "approved") {
    return transition(endRollout(rollout, "rejected", reason, now), "abort", reason, [
      { kind: "notify", event: "rejected", page: false, reason: reason.text },
    ]);
  }
  return rollBack(rollout, reason, "abort", null);
}

export function killSwitch(rollout: Rollout, event: RolloutEventByKind<"kill_switch">, now: Date): Step {
  const missing = requireRight(event.actor, "abort");
  if (missing) return missing;
  if (rollout.state === "proposed" || rollout.state === "approved") {
    return refuseStep(
      "wrong_state",
      `The rollout is ${describeState(rollout.state)} and takes no traffic. Turn the agent's kill switch on by itself, or abort the rollout.`,
    );
  }
  const reason = toReason(
    "kill_switch",
    event.reason || getTransitionSentences(rollout).killSwitchOn,
    event.actor.name,
    now,
  );
  const on: RolloutEffect = { kind: "set_kill_switch", on: true };
  if (rollout.state === "rolling_back") {
    return transition({ ...rollout, reason }, "kill_switch", reason, [on]);
  }
  const step = rollBack(rollout, reason, "kill_switch", null);
  return step.kind === "transition" ? { ...step, effects: [on, ...step.effects] } : step;
}

export function rollBackByPerson(rollout: Rollout, event: RolloutEventByKind<"roll_back">, now: Date): Step {
  const missing = requireRight(event.actor, "roll_back");
  if (missing) return missing;
  if (rollout.state === "rolling_back") return alreadyRollingBack();
  if (!takesTraffic(rollout)) {
    return refuseStep(
      "wrong_state",
      `The rollout is ${describeState(rollout.state)} and takes no traffic yet. Reject or abort it instead.`,
    );
  }
  const reason = toReason(
    "rolled_back_by_person",
    event.reason || getTransitionSentences(rollout).rolledBack,
    event.actor.name,
    now,
  );
  return rollBack(rollout, reason, "roll_back", null);
}

export function rollBack(
  rollout: Rollout,
  reason: RolloutReason,
  action: string,
  verdict: Verdict | null,
): Step {
  const wasFull = rollout.stage === rollout.policy.stages.length - 1;
  return transition({ ...rollout, state: "rolling_back", percent: 0, reason }, action, reason, [
    wasFull ? { kind: "restore_last_known_good" } : { kind: "drop_canary" },
    { kind: "write_receipt", verdict },
    { kind: "notify", event: "rolling_back", page: verdict?.page ?? false, reason: reason.text },
  ]);
}

export function finishRollback(rollout: Rollout, now: Date): Step {
  if (rollout.state !== "rolling_back") return refuseState(rollout, "finish a rollback", ["rolling_back"]);
  const reason =
    rollout.reason ?? toReason("rolled_back", getTransitionSentences(rollout).rolledBack, GUARD, now);
  return transition(endRollout(rollout, "rolled_back", reason, now), "rolled_back", reason, [
    { kind: "notify", event: "rolled_back", page: false, reason: reason.text },
  ]);
}

function alreadyRollingBack(): Step {
  return refuseStep("already_so", "The rollout is rolling back already; its traffic is at 0 %.");
}
