import type { DecisionConfig } from "@relearn/client";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../numerics/random.ts";
import { type BacktestItem, compareDecisions } from "./backtest.ts";

/** "yes" where the score is above the threshold; the steeper, the surer. */
function config(
  threshold: number,
  steepness = 0.2,
  classes: readonly string[] = ["no", "yes"],
): DecisionConfig {
  return {
    features: [{ name: "score", path: "score", kind: "number", default: 0 }],
    positive: classes.at(-1)!,
    thresholds: {},
    model: {
      model_type: "LogisticRegression",
      classes,
      feature_names: ["score"],
      scaler: { mean: [threshold], scale: [1] },
      coef: [[steepness]],
      intercept: [0],
      calibration: null,
    },
  };
}

const item = (score: unknown, label: string | null = null, task_key = `t${String(score)}`): BacktestItem => ({
  task_key,
  at: "2026-03-09T08:00:00.000Z",
  payload: { score },
  label,
});

describe("what would have been decided differently", () => {
  const items = [item(10), item(40), item(55, "yes"), item(58, "no"), item(59), item(90, "yes")];
  const report = compareDecisions(config(50), config(60), items);

  test("how many, of which kind, which label how often", () => {
    expect(report).toMatchObject({ payloads: 6, different: 3, share: 0.5 });
    expect(report.by_class).toEqual([{ old: "yes", new: "no", count: 3 }]);
    expect(report.labels).toEqual({ no: { old: 2, new: 5 }, yes: { old: 4, new: 1 } });
  });

  test("who was right where a label says so, over all and over those that differ", () => {
    expect(report.labeled).toEqual({ payloads: 3, old_right: 2, new_right: 2, neither_right: 0 });
    expect(report.labeled_different).toEqual({ payloads: 2, old_right: 1, new_right: 1, neither_right: 0 });
  });

  test("examples: labeled before others, then both sure before either unsure; with both reasons", () => {
    expect(report.examples.map((example) => [example.task_key, example.right])).toEqual([
      ["t55", "old"],
      ["t58", "new"],
      ["t59", null],
    ]);
    const [first] = report.examples;
    expect(first!.old).toMatchObject({
      label: "yes",
      probability: expect.closeTo(1 / (1 + Math.exp(-1)), 12),
    });
    expect(first!.new).toMatchObject({
      label: "no",
      probability: expect.closeTo(1 / (1 + Math.exp(-1)), 12),
    });
    // Both speak about the positive class, so that they can be laid beside each other.
    expect(first!.old.explanation).toMatchObject({ class: "yes", log_odds: expect.closeTo(1, 12) });
    expect(first!.new.explanation).toMatchObject({ class: "yes", log_odds: expect.closeTo(-1, 12) });
  });
});

describe("which examples", () => {
  test("at most 20, one a task, the rare kind of difference among them", () => {
    const flipped = config(50, -0.2);
    const many = Array.from({ length: 300 }, (_, at) => item(51 + (at % 40), null, `task-${at % 100}`));
    const report = compareDecisions(config(50), flipped, [...many, item(30, null, "rare")]);
    expect(report.by_class.map((pair) => pair.count)).toEqual([300, 1]);
    expect(report.examples).toHaveLength(20);
    expect(new Set(report.examples.map((example) => example.task_key)).size).toBe(20);
    expect(report.examples[1]!.task_key).toBe("rare");
  });

  test("a label that is no class of either: neither was right", () => {
    const report = compareDecisions(config(50), config(60), [item(55, "perhaps")]);
    expect(report.labeled).toEqual({ payloads: 1, old_right: 0, new_right: 0, neither_right: 1 });
    expect(report.examples[0]!.right).toBe("neither");
  });
});

describe("what breaks it", () => {
  test("no payload", () => {
    expect(compareDecisions(config(50), config(60), [])).toMatchObject({
      payloads: 0,
      different: 0,
      share: 0,
      examples: [],
    });
  });

  test("the same bundle differs nowhere", () => {
    const report = compareDecisions(
      config(50),
      config(50),
      Array.from({ length: 100 }, (_, at) => item(at, "yes")),
    );
    expect(report).toMatchObject({ different: 0, by_class: [], labeled_different: { payloads: 0 } });
  });

  test("payloads of any shape are decided from defaults and counted", () => {
    const odd = [null, undefined, 7, "text", [], { score: "NaN" }, { score: {} }, { score: Number.NaN }];
    const items = odd.map(
      (payload, at): BacktestItem => ({ task_key: `t${at}`, at: "", payload, label: null }),
    );
    const report = compareDecisions(config(50), config(-1), items);
    expect(report.without_features).toEqual({ old: odd.length, new: odd.length });
    expect(report.different).toBe(odd.length);
  });

  test("bundles with other classes, one named like a member of every object", () => {
    const report = compareDecisions(config(50), config(50, 0.2, ["no", "__proto__"]), [item(60), item(40)]);
    expect(report.by_class).toEqual([{ old: "yes", new: "__proto__", count: 1 }]);
    expect(Object.keys(report.labels).sort()).toEqual(["__proto__", "no", "yes"]);
  });
});

test("100,000 payloads take under two seconds of the processor", () => {
  const random = seededRandom(1);
  const features = Array.from({ length: 7 }, (_, at) => ({
    name: `f${at}`,
    path: `f${at}`,
    kind: "number" as const,
    default: 0,
  }));
  const model = (bend: number): DecisionConfig => ({
    ...config(0),
    features,
    model: {
      model_type: "LogisticRegression",
      classes: ["no", "yes"],
      feature_names: features.map((feature) => feature.name),
      scaler: { mean: Array(7).fill(0), scale: Array(7).fill(1) },
      coef: [features.map((_, at) => (at === 0 ? bend : 0.3))],
      intercept: [0],
      calibration: null,
    },
  });
  const items = Array.from(
    { length: 100_000 },
    (_, at): BacktestItem => ({
      task_key: `t${at}`,
      at: "",
      payload: Object.fromEntries(features.map((feature) => [feature.name, random.normal()])),
      label: at % 3 === 0 ? "yes" : null,
    }),
  );
  const start = process.cpuUsage();
  const report = compareDecisions(model(0.3), model(0.6), items);
  expect(process.cpuUsage(start).user / 1e6).toBeLessThan(2);
  expect(report.different).toBeGreaterThan(1000);
  expect(report.examples).toHaveLength(20);
});
