import { expect, it } from "vitest";
import { describeReviewReason, type ReviewReason } from "./review-reason.ts";

const cases: readonly (readonly [ReviewReason, string])[] = [
  [{ reason: "control", inclusion_probability: 0.0005 }, "a chance of 0.05 %"],
  [{ reason: "control", inclusion_probability: null }, "control share"],
  [{ reason: "value", error_probability: 0.42 }, "wrong with a probability of 42 %"],
  [{ reason: "value", method: "disagreement" }, "the judges disagree"],
  [{ reason: "value" }, "worth most"],
  [{ reason: "cold_start" }, "too few labels"],
];

it.each(cases)("says why a reviewer sees a task: %j", (item, text) => {
  expect(describeReviewReason(item)).toContain(text);
});
