import type { Rollout } from "@relearn/contract";
import { unreachable } from "../errors.ts";
import { activeChanged, decideAnalysis, pause, resume } from "./decide-analysis.ts";
import { promoteByPerson, start } from "./decide-promotion.ts";
import { approve, edit, reject, tick } from "./decide-request.ts";
import { abort, finishRollback, killSwitch, rollBackByPerson } from "./decide-rollback.ts";
import { isFinal } from "./rollout.ts";
import { describeState, type RolloutEvent, refuseStep, type Step } from "./step.ts";

/**
 * Decides the next step of a rollout: returns the next rollout and the effects to write with it. The caller writes
 * both in one transaction, on the condition that the generation is still the one it read.
 *
 * The result is a transition, "unchanged", or a refusal with its reason. A command that the state does not allow is
 * refused, not thrown, since people and the guard act at the same time by design.
 *
 * Rejected: a table of (state, event) → state. The targets depend on the stage, the policy and the verdict,
 * so the table would consist of functions; a switch on the event reads better. The test has the table.
 */
export function decideStep(rollout: Rollout, event: RolloutEvent, now: Date): Step {
  if (isFinal(rollout.state)) {
    return refuseStep(
      "final",
      `The rollout is ${describeState(rollout.state)}; this is final. Propose the bundle again.`,
    );
  }
  if (
    "expected_generation" in event &&
    event.expected_generation !== undefined &&
    event.expected_generation !== rollout.generation
  ) {
    return refuseStep(
      "stale_generation",
      `The rollout changed since: you saw generation ${event.expected_generation}, it is ${rollout.generation} (${describeState(rollout.state)}). Look again.`,
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
    case "analysis":
      return decideAnalysis(rollout, event.verdict, now);
    case "active_changed":
      return activeChanged(rollout, event, now);
    case "tick":
      return tick(rollout, now);
    default:
      return unreachable(event);
  }
}
