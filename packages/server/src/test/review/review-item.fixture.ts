import type { NewReviewItem } from "../../review/review-store.ts";

/** A waiting item of the queue; the lower the index the earlier it is offered. */
export function reviewItem(index: number, changes: Partial<NewReviewItem> = {}): NewReviewItem {
  return {
    task_key: `thread-${index}`,
    result_id: `r${index}`,
    payload: { risk_score: index },
    judge_scores: { "gpt-4": { verdict: "safe", confidence: 80 }, rules: { verdict: "quarantine" } },
    uncertainty: 0.9,
    method: "disagreement",
    priority: 1 - index / 1000,
    value_of_review: null,
    is_control: false,
    inclusion_probability: null,
    result_created_at: new Date("2026-03-01T00:00:00Z"),
    ...changes,
  };
}
