import type { AgentDefinition } from "@relearn/contract";
import { createLabelMapper } from "../training/training-rows.ts";
import type { JudgeScores } from "./judge-scores.ts";

/**
 * Judges' scores with each verdict as the agent's class. A verdict that the agent does not name stays as it
 * is, so that "cannot say" is no vote, even where `*` maps every unknown label.
 */
export function classScores(
  definition: Pick<AgentDefinition, "classes" | "label_map">,
): (scores: JudgeScores) => JudgeScores {
  const { "*": _rest, ...named } = definition.label_map ?? {};
  const toClass = createLabelMapper({ ...definition, label_map: named });
  return (scores) =>
    Object.fromEntries(
      Object.entries(scores).map(([judge, score]) => [
        judge,
        score.verdict ? { ...score, verdict: toClass(score.verdict) ?? score.verdict } : score,
      ]),
    );
}
