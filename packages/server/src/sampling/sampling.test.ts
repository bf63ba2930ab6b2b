import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../numerics/random.ts";
import { weightedKMeans } from "../numerics/weighted-k-means.ts";
import { collapseTwins } from "./collapse-twins.ts";
import {
  computeEntropyUncertainty,
  computeErrorProbability,
  computeMarginUncertainty,
  computeReviewValue,
  defaultReviewCosts,
  drawPriority,
  reviewPriority,
} from "./query-strategy.ts";
import { type BatchCandidate, isColdStart, startBatchSelection } from "./select-batch.ts";
import { computeSettlement, estimateErrorsLeft } from "./stopping-signals.ts";

describe("query strategies", () => {
  it.each([
    // probabilities, error, margin, entropy (scipy.stats.entropy(p) / log(K))
    [[0.5, 0.5], 0.5, 1, 1],
    [[0.9, 0.1], 0.1, 0.2, 0.4689955935892812],
    [[1, 0], 0, 0, 0],
    [[0.2, 0.5, 0.3], 0.5, 0.8, 0.9372305632161296],
    [[1], 0, 0, 0],
  ])("measure %j", (probabilities, error, margin, entropy) => {
    expect(computeErrorProbability(probabilities)).toBeCloseTo(error, 12);
    expect(computeMarginUncertainty(probabilities)).toBeCloseTo(margin, 12);
    expect(computeEntropyUncertainty(probabilities)).toBeCloseTo(entropy, 12);
  });
  it("value a review by the costs of an error and of a review", () => {
    expect(computeReviewValue([0.9, 0.1], { error: 50, review: 2 })).toBeCloseTo(3, 12);
    expect(computeReviewValue([0.99, 0.01], { error: 50, review: 2 })).toBeLessThan(0);
    expect(computeReviewValue([0.9, 0.1], defaultReviewCosts)).toBeCloseTo(0.1, 12);
  });
  it.each([
    ["calibrated", 0.1],
    ["specification", 0.7],
    ["margin", 0.2],
    ["entropy", 0.4689955935892812],
    ["random", drawPriority("t", 3)],
  ] as const)("%s values a task by its own measure", (strategy, expected) => {
    const task = { task_key: "t", probabilities: [0.9, 0.1], uncertainty: 0.7 };
    expect(reviewPriority(strategy, task, { seed: 3 })).toBeCloseTo(expected, 12);
  });
  it("draw a task's random priority from its key and the seed", () => {
    expect(drawPriority("a", 1)).toBe(drawPriority("a", 1));
    expect(drawPriority("a", 1)).not.toBe(drawPriority("a", 2));
  });
});

describe("weighted k-means", () => {
  it("finds separated clusters and moves the centres by weight", () => {
    const rows = Float64Array.of(0, 0.1, 5, 5.1, 10);
    const { centres, k, inertia } = weightedKMeans(
      rows,
      1,
      Float64Array.of(3, 1, 1, 1, 1),
      3,
      seededRandom(1),
    );
    expect(k).toBe(3);
    const sorted = [...centres].sort((a, b) => a - b);
    [0.025, 5.05, 10].forEach((centre, index) => {
      expect(sorted[index]).toBeCloseTo(centre, 12);
    });
    expect(inertia).toBeCloseTo(3 * 0.025 ** 2 + 0.075 ** 2 + 2 * 0.05 ** 2, 12);
  });
  it("creates no more clusters than there are distinct rows", () => {
    const result = weightedKMeans(
      Float64Array.of(1, 1, 1, 2),
      1,
      new Float64Array(4).fill(1),
      3,
      seededRandom(1),
    );
    expect(result.k).toBe(2);
    expect(result.inertia).toBe(0);
  });
});

describe("collapsing twins", () => {
  it("lets the first of similar tasks represent the others, like a comparison of all pairs", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 })), {
          maxLength: 40,
        }),
        fc.integer({ min: 0, max: 2 }),
        fc.integer(),
        (points, tolerance, seed) => {
          const rows = Float64Array.from(points.flat());
          const stands = collapseTwins(rows, 2, tolerance, seededRandom(seed));
          const distance = (a: number, b: number) =>
            Math.hypot(points[a]![0] - points[b]![0], points[a]![1] - points[b]![1]);
          stands.forEach((stand, row) => {
            expect(stands[stand]).toBe(stand);
            expect(stand).toBeLessThanOrEqual(row);
            if (stand !== row) expect(distance(stand, row)).toBeLessThanOrEqual(tolerance);
          });
          // A row that represents itself has no earlier twin that represents itself.
          points.forEach((_, row) => {
            if (stands[row] !== row) return;
            for (let other = 0; other < row; other++) {
              if (stands[other] === other) expect(distance(other, row)).toBeGreaterThan(tolerance);
            }
          });
        },
      ),
    );
  });
});

const random = seededRandom(8);
const candidates: BatchCandidate[] = Array.from({ length: 3000 }, (_, index) => ({
  task_key: `t${index}`,
  value: random.uniform(),
  features: Float64Array.of(random.normal(), random.normal()),
}));
const selectIds = (
  items: readonly BatchCandidate[],
  options: Partial<Parameters<typeof startBatchSelection>[0]> = {},
) => {
  const selection = startBatchSelection({ size: 50, random: seededRandom(2), ...options });
  for (const item of items) selection.offer(item);
  return selection.batch();
};

describe("selecting a batch", () => {
  it("selects tasks by value, and a tenth at random with its inclusion probability", () => {
    const batch = selectIds(candidates);
    expect(batch).toHaveLength(50);
    expect(new Set(batch.map((item) => item.candidate.task_key)).size).toBe(50);
    const control = batch.filter((item) => item.reason === "control");
    expect(control).toHaveLength(5);
    expect(control[0]!.inclusion_probability).toBeCloseTo(5 / 3000, 12);
    const cut = [...candidates].sort((a, b) => b.value - a.value)[499]!.value;
    for (const item of batch) {
      if (item.reason !== "value") continue;
      expect(item.candidate.value).toBeGreaterThanOrEqual(cut);
      expect(item.inclusion_probability).toBeNull();
    }
  });

  it("draws the control share uniformly, independent of a task's value and position", () => {
    let low = 0;
    let early = 0;
    let drawn = 0;
    for (let seed = 0; seed < 400; seed++) {
      for (const item of selectIds(candidates.slice(0, 200), { random: seededRandom(seed) })) {
        if (item.reason !== "control") continue;
        drawn += 1;
        if (item.candidate.value < 0.5) low += 1;
        if (Number(item.candidate.task_key.slice(1)) < 100) early += 1;
      }
    }
    const lowShare = candidates.slice(0, 200).filter((item) => item.value < 0.5).length / 200;
    // Four standard errors of a share of 2,000.
    expect(drawn).toBe(2000);
    expect(Math.abs(low / drawn - lowShare)).toBeLessThan(4 * Math.sqrt(0.25 / 2000));
    expect(Math.abs(early / drawn - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 2000));
  });

  it("keeps the control share for small batches on average", () => {
    let control = 0;
    for (let seed = 0; seed < 1000; seed++) {
      const batch = selectIds(candidates.slice(0, 50), { size: 5, random: seededRandom(seed) });
      expect(batch).toHaveLength(5);
      control += batch.filter((item) => item.reason === "control").length;
    }
    // 10 % of 5,000; four standard deviations of 1,000 coins.
    expect(Math.abs(control - 500)).toBeLessThan(4 * Math.sqrt(250));
  });

  it("selects one of several twins and lists the others", () => {
    const copies = Array.from({ length: 30 }, (_, index) => ({
      task_key: `copy${index}`,
      value: 0.99,
      features: Float64Array.of(3 + index * 1e-4, 3),
    }));
    const batch = selectIds([...copies, ...candidates.slice(0, 100)], { size: 20, controlShare: 0 });
    const asked = batch.filter((item) => item.candidate.task_key.startsWith("copy"));
    expect(asked).toHaveLength(1);
    expect(asked[0]!.twins).toHaveLength(29);
  });

  it("spreads over groups of tasks instead of selecting only the group with the highest value", () => {
    const kinds = Array.from({ length: 1000 }, (_, index) => ({
      task_key: `k${index}`,
      value: index % 10 === 0 ? 0.9 + index * 1e-5 : 0.5 + index * 1e-5,
      features: Float64Array.of(10 * (index % 10) + (index % 7) * 0.2, (index % 13) * 0.2),
    }));
    const batch = selectIds(kinds, { size: 40, controlShare: 0 });
    const asked = new Set(batch.map((item) => Number(item.candidate.task_key.slice(1)) % 10));
    expect(asked.size).toBe(10);
  });

  it("selects no task without positive value, except for the control share", () => {
    const worthless = candidates.map((item) => ({ ...item, value: -item.value }));
    expect(selectIds(worthless).every((item) => item.reason === "control")).toBe(true);
  });

  it("selects typical tasks on a cold start, not those with the highest value", () => {
    const batch = selectIds(candidates, { coldStart: true, size: 20 });
    expect(batch).toHaveLength(20);
    expect(new Set(batch.map((item) => item.reason))).toEqual(new Set(["control", "cold_start"]));
    expect([isColdStart({}), isColdStart({ a: 30 }), isColdStart({ a: 10, b: 9 })]).toEqual([
      true,
      true,
      true,
    ]);
    expect(isColdStart({ a: 10, b: 10 })).toBe(false);
  });

  it("orders by value if tasks have no features, and returns all of few tasks and none of none", () => {
    const bare = candidates.map(({ task_key, value }) => ({ task_key, value }));
    const best = [...bare].sort((a, b) => b.value - a.value).slice(0, 50);
    expect(selectIds(bare, { controlShare: 0 }).map((item) => item.candidate)).toEqual(best);
    expect(selectIds(candidates.slice(0, 7), { controlShare: 0 })).toHaveLength(7);
    expect(selectIds([])).toEqual([]);
  });

  it("accepts missing, additional and non-finite features, and values that are NaN", () => {
    const invalidated = candidates.slice(0, 300).map((item, index) => {
      const features = [
        new Float64Array(0),
        Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY),
        new Float64Array(9),
      ][index % 5];
      return {
        ...item,
        value: index === 1 ? Number.NaN : item.value,
        ...(features && index > 0 ? { features } : {}),
      };
    });
    const batch = selectIds(invalidated, { size: 20 });
    expect(new Set(batch.map((item) => item.candidate.task_key)).size).toBe(20);
  });

  it("selects a task with two results once", () => {
    const bare = candidates.slice(0, 60).map(({ task_key, value }) => ({ task_key, value }));
    const keys = selectIds([...bare, ...bare], { size: 40 }).map((item) => item.candidate.task_key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("returns the same batch for the same seed", () => {
    expect(selectIds(candidates)).toEqual(selectIds(candidates));
  });
});

describe("stopping signals", () => {
  const a = ["x", "x", "y", "y", "x"];
  const b = ["x", "y", "y", "y", "x"];
  it("settle after three consecutive agreeing pairs, and are reset by the next change", () => {
    expect(computeSettlement([b, a, a, a]).settled).toBe(false);
    expect(computeSettlement([b, a, a, a, a])).toMatchObject({ settled: true, settled_times: 3 });
    expect(computeSettlement([a, a, a, a, b])).toMatchObject({ settled: false, settled_times: 0 });
    expect(computeSettlement([a])).toEqual({ kappas: [], settled_times: 0, settled: false });
  });
  it("treat two models with one constant answer as agreeing", () => {
    expect(
      computeSettlement([
        ["x", "x"],
        ["x", "x"],
      ]).kappas,
    ).toEqual([1]);
  });
  it("estimate the remaining errors from the control share, with scipy's interval", () => {
    // /usr/bin/python3 -c "from scipy.stats import beta; print(beta.ppf([.025,.975], 3.5, 47.5)*1000)"
    const outcomes = (count: number, wrong: number, inclusion_probability: number) =>
      Array.from({ length: count }, (_, index) => ({ wrong: index < wrong, inclusion_probability }));
    const left = estimateErrorsLeft(outcomes(50, 3, 0.1), 1000)!;
    expect(left.expected).toBeCloseTo((1000 * 3.5) / 51, 9);
    expect(left.interval[0]).toBeCloseTo(17.1866490712, 6);
    expect(left.interval[1]).toBeCloseTo(151.532563028, 6);
    expect(estimateErrorsLeft([], 1000)).toBeNull();
    // Weights 2 and 10: 10 of 120 are wrong, on 120²/1040 effective labels.
    const unlike = estimateErrorsLeft([...outcomes(10, 5, 0.5), ...outcomes(10, 0, 0.1)], 1000)!;
    const effective = 120 ** 2 / 1040;
    expect(unlike.expected).toBeCloseTo((1000 * (effective / 12 + 0.5)) / (effective + 1), 9);
    expect(unlike.control_labels).toBe(20);
  });
});
