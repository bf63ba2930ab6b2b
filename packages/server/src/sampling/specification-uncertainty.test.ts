import { describe, expect, it } from "vitest";
import type { JudgeScores } from "../judges/judge-scores.ts";
import { specificationUncertainty } from "./specification-uncertainty.ts";

const votes = (...verdicts: (string | null)[]): JudgeScores =>
  Object.fromEntries(verdicts.map((verdict, index) => [`j${index}`, { verdict, confidence: 90 }]));
const sure = (...confidences: (number | null)[]): JudgeScores =>
  Object.fromEntries(confidences.map((confidence, index) => [`j${index}`, { verdict: "a", confidence }]));

const cases: readonly [string, JudgeScores | null, Record<string, number>, number, string][] = [
  ["no judge_scores", null, {}, 1, "no_judges"],
  ["no judges", {}, {}, 1, "no_judges"],
  ["judges without a verdict", votes(null, ""), {}, 1, "no_verdicts"],
  ["one against one", votes("a", "b"), {}, 1, "disagreement"],
  // /usr/bin/python3 -c "from scipy.stats import entropy; import math
  // print(entropy([2,1],base=2), entropy([2,1,1],base=2)/math.log2(3))"
  ["two against one", votes("a", "a", "b"), {}, 0.918, "disagreement"],
  ["three verdicts", votes("a", "a", "b", "c"), {}, 0.946, "disagreement"],
  ["a silent judge does not vote", votes("a", "b", null), {}, 1, "disagreement"],
  ["weights do not enter disagreement", votes("a", "b"), { j0: 1, j1: 0.1 }, 1, "disagreement"],
  // np.average([.5,.55], weights=[.8,.5]) = 0.519230...
  ["weighted confidence below 60 %", sure(50, 55), { j0: 0.8 }, 0.481, "low_confidence"],
  ["no confidence stated", sure(null), {}, 0.5, "low_confidence"],
  ["exactly 60 % is not low", sure(60), {}, 0, "weighted_variance"],
  // c=[.9,.7,.65], w=[.8,.5,.3]: 4*np.average((c-np.average(c,weights=w))**2, weights=w) = 0.049023...
  ["weighted variance", sure(90, 70, 65), { j0: 0.8, j2: 0.3 }, 0.049, "weighted_variance"],
  ["weights that sum to zero weigh nothing", sure(100, 60), { j0: 0, j1: 0 }, 0.16, "weighted_variance"],
  [
    "a judge named like an object's member",
    { toString: { verdict: "a", confidence: 40 } },
    {},
    0.6,
    "low_confidence",
  ],
];

describe("the specification's uncertainty", () => {
  it.each(cases)("%s", (_name, scores, weights, uncertainty, method) => {
    expect(specificationUncertainty(scores, weights)).toEqual({ uncertainty, method });
  });
});
