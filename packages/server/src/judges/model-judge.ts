import type { JudgeScore } from "./judge-scores.ts";

/** The name under which the trained feature model sits among the judges. */
export const MODEL_JUDGE = "feature-model";

/**
 * The trained model's say on one task, as one more judge's: its likeliest class with that class's probability
 * as the confidence; none where two classes share the top. Labeled tasks need its out-of-fold probabilities,
 * or the panel takes what the model learned by heart for skill.
 */
export function modelJudgeScore(classes: readonly string[], probabilities: ArrayLike<number>): JudgeScore {
  let top = -1;
  let shared = false;
  for (let k = 0; k < classes.length; k++) {
    const p = probabilities[k]!;
    if (top < 0 || p > probabilities[top]!) {
      top = k;
      shared = false;
    } else if (p === probabilities[top]) {
      shared = true;
    }
  }
  if (top < 0 || shared || !Number.isFinite(probabilities[top]!)) return { verdict: null };
  return { verdict: classes[top]!, confidence: 100 * probabilities[top]! };
}
