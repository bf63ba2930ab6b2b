import type { AgentDefinition } from "@relearn/contract";
import { createLabelMapper } from "../training/training-rows.ts";
import type { JudgeScores } from "./judge-scores.ts";

/**
 * Creates a function that maps each verdict of judges' scores to the agent's class. A verdict that the agent does
 * not name is unchanged, so that "cannot say" is not a vote, even if `*` maps every unknown label.
 *
 * @example
 * const toClassScores = createClassScoreMapper({
 *   classes: ["ham", "spam"],
 *   label_map: { junk: "spam", "*": "ham" },
 * });
 * const scores = toClassScores({ ann: { verdict: "junk", confidence: 80 }, bob: { verdict: "cannot say" } });
 * scores.ann // { verdict: "spam", confidence: 80 }
 * scores.bob // { verdict: "cannot say" }
 */
export function createClassScoreMapper(
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
