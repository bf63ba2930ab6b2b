import { expect, it } from "vitest";
import { toModelScore } from "./model-judge.ts";

it.each([
  ["its likeliest class, and how sure it is", [0.2, 0.7, 0.1], { verdict: "b", confidence: 70 }],
  ["nothing where two classes share the top", [0.4, 0.4, 0.2], { verdict: null }],
  ["the third of a tie below it", [0.25, 0.25, 0.5], { verdict: "c", confidence: 50 }],
  ["nothing without a number", [Number.NaN, 0, 0], { verdict: null }],
])("the verdict of the feature model: %s", (_name, probabilities, expected) => {
  expect(toModelScore(["a", "b", "c"], probabilities)).toEqual(expected);
});

it("the feature model gives no verdict without classes", () => {
  expect(toModelScore([], [])).toEqual({ verdict: null });
});
