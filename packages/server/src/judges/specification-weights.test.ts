import { describe, expect, it } from "vitest";
import type { JudgedTask } from "./judge-scores.ts";
import {
  defaultJudgeWeights,
  type SpecificationWeightOptions,
  specificationWeights,
  sumSpecificationWeights,
} from "./specification-weights.ts";

const asOf = new Date("2026-03-01T00:00:00Z");
const daysAgo = (days: number): string => new Date(asOf.getTime() - days * 86_400_000).toISOString();

/** Days before now, label, and verdict and confidence of the judges x, y, z. */
const rows: readonly (readonly [number, string, ...(readonly [string, number])[]])[] = [
  [28.82, "b", ["b", 38], ["b", 93], ["b", 90]],
  [13.28, "a", ["a", 43], ["a", 45], ["b", 89]],
  [23.51, "a", ["a", 39], ["a", 83], ["b", 89]],
  [7.22, "a", ["a", 39], ["a", 45], ["b", 93]],
  [29.57, "a", ["a", 58], ["a", 40], ["b", 75]],
  [30.98, "b", ["b", 90], ["b", 98], ["b", 96]],
  [4.55, "a", ["a", 76], ["a", 62], ["b", 37]],
  [5.97, "a", ["a", 49], ["a", 39], ["a", 85]],
  [24.13, "b", ["b", 54], ["b", 58], ["a", 49]],
  [14.53, "b", ["b", 85], ["b", 69], ["a", 88]],
  [19.77, "b", ["a", 73], ["b", 62], ["a", 63]],
  [3.52, "a", ["a", 38], ["a", 75], ["b", 79]],
  [20.05, "b", ["b", 78], ["a", 100], ["a", 62]],
  [13.18, "b", ["b", 90], ["b", 59], ["a", 42]],
];
const tasks: JudgedTask[] = rows.map(([days, label, ...verdicts]) => ({
  created_at: daysAgo(days),
  label,
  judge_scores: Object.fromEntries(
    verdicts.map(([verdict, confidence], index) => ["xyz"[index]!, { verdict, confidence }]),
  ),
}));

/** `count` labeled tasks of one judge, the first `right` of them right. */
const judged = (count: number, right: number, confidence?: number | null): JudgedTask[] =>
  Array.from({ length: count }, (_, index) => ({
    label: "a",
    judge_scores: {
      judge: { verdict: index < right ? "a" : "b", ...(confidence === undefined ? {} : { confidence }) },
    },
  }));

const computeWeight = (input: JudgedTask[], options: Partial<SpecificationWeightOptions> = {}) =>
  specificationWeights(input, { asOf, ...options })["judge"];

describe("the specification's judge weights", () => {
  it("match the specification's formula in numpy", () => {
    // For each judge over the rows of the last 30 days, d days, a agreement 0/1, c confidence/100:
    // w = np.exp(-d*np.log(2)/7)
    // round(float(np.clip(np.average(a, weights=w) - .5*np.abs(c-a).mean(), .1, 1)), 3)
    expect(specificationWeights(tasks, { asOf })).toEqual({ x: 0.737, y: 0.744, z: 0.1 });
  });

  it("do not depend on the order of the tasks", () => {
    expect(specificationWeights([...tasks].reverse(), { asOf })).toEqual(
      specificationWeights(tasks, { asOf }),
    );
  });

  it("are the defaults if there are no evaluation results in the window", () => {
    expect(specificationWeights([], { asOf })).toEqual({
      "gpt-4": 0.8,
      "gpt-3.5-turbo": 0.6,
      "claude-3-opus": 0.8,
      "claude-3-sonnet": 0.7,
    });
    const old = tasks.map((task) => ({ ...task, created_at: daysAgo(31) }));
    expect(specificationWeights(old, { asOf })).toEqual(defaultJudgeWeights);
    expect(specificationWeights(old, { asOf, lookbackDays: 31 })).toHaveProperty("x");
  });

  it.each([
    ["5 of 5 at 100 %", judged(5, 5, 100), 1],
    ["4 of 4: too few", judged(4, 4, 100), 0.5],
    ["8 of 10 at 80 %: .8 - .5 * (.8*.2 + .2*.8)", judged(10, 8, 80), 0.64],
    ["8 of 10 at 100 %: overconfidence is rewarded", judged(10, 8, 100), 0.7],
    ["0 of 10: the floor", judged(10, 0, 100), 0.1],
    ["confidence left out counts as 50", judged(10, 10), 0.75],
    ["confidence null counts as 50", judged(10, 10, null), 0.75],
  ])("%s", (_name, input, expected) => {
    expect(computeWeight(input)).toBe(expected);
  });

  it("count only labeled verdicts, and are 0.5 for an unproven judge", () => {
    const unlabeled = judged(10, 10, 100).map((task) => ({ ...task, label: null }));
    expect(computeWeight(unlabeled)).toBe(0.5);
    const silent = judged(10, 10, 100).map((task) => ({
      ...task,
      judge_scores: { judge: { verdict: null } },
    }));
    expect(computeWeight(silent)).toBe(0.5);
    expect(computeWeight(judged(3, 3, 100), { minPredictions: 0 })).toBe(1);
  });

  it("ignore tasks after `asOf`, so that weights of an earlier day can be computed", () => {
    const future = judged(10, 0, 100).map((task) => ({ ...task, created_at: daysAgo(-1) }));
    expect(computeWeight([...judged(10, 10, 100), ...future])).toBe(1);
  });

  it("halve a prediction's weight every seven days", () => {
    const right = judged(5, 5, 100).map((task) => ({ ...task, created_at: daysAgo(7) }));
    const wrong = judged(5, 0, 100).map((task) => ({ ...task, created_at: daysAgo(0) }));
    // agreement = .5/(.5 + 1), error = .5: the agreement is decayed, the error is not.
    expect(computeWeight([...right, ...wrong])).toBe(0.1);
    const { evidence } = summed([...right, ...wrong]);
    expect(evidence().judge!.agreement).toBeCloseTo(1 / 3, 12);
    expect(evidence().judge!.calibration_error).toBe(0.5);
  });

  it("stay in [0.1, 1] for extreme confidences and names", () => {
    const hostile: JudgedTask[] = Array.from({ length: 6 }, () => ({
      label: "a",
      judge_scores: JSON.parse(
        '{"__proto__":{"verdict":"a","confidence":1e9},"n":{"verdict":"a","confidence":-5}}',
      ),
    }));
    const weights = specificationWeights(hostile, { asOf });
    expect(Object.keys(weights)).toEqual(["__proto__", "n"]);
    expect(Object.values(weights)).toEqual([1, 0.5]);
    expect(computeWeight(judged(6, 6, Number.NaN))).toBe(0.75);
  });
});

function summed(input: JudgedTask[]) {
  const sum = sumSpecificationWeights({ asOf });
  for (const task of input) sum.add(task);
  return sum;
}
