import type { RolloutPolicy } from "@relearn/contract";
import { defaultRolloutPolicy } from "@relearn/contract/values";
import { describe, expect, test } from "vitest";
import { RelearnError } from "../errors.ts";
import { getPromotionAlpha } from "../numerics/promotion-alpha.ts";
import { policyFrom, rolloutPolicy, stagePercent } from "./rollout.ts";

describe("a rollout's policy", () => {
  test("nothing said: the defaults", () => {
    expect(rolloutPolicy()).toEqual(defaultRolloutPolicy);
  });

  test("other stages get margins: narrow before 100, wide before that", () => {
    const { not_worse } = rolloutPolicy({ stages: [1, 10, 25, 100] });
    expect(not_worse.map((margins) => margins.quality)).toEqual([0.2, 0.2, 0.05]);
    expect(rolloutPolicy({ stages: [100] }).not_worse).toEqual([]);
  });

  test.each<[string, Partial<RolloutPolicy> | Record<string, unknown>]>([
    ["stages", { stages: [] }],
    ["stages", { stages: [10, 50] }],
    ["stages", { stages: [50, 10, 100] }],
    ["stages", { stages: [10, 10, 100] }],
    ["stages", { stages: [0, 100] }],
    ["stages", { stages: [12.5, 100] }],
    ["not_worse", { stages: [10, 100], not_worse: [] }],
    ["not_worse[0].quality", { stages: [10, 100], not_worse: [{ quality: 0, latency: 0.1 }] }],
    ["not_worse[0].latency", { stages: [10, 100], not_worse: [{ quality: 0.1, latency: Number.NaN }] }],
    ["alpha", { alpha: 0 }],
    ["alpha", { alpha: 0.6 }],
    ["integrity_threshold", { integrity_threshold: 1 }],
    ["check_interval_hours", { check_interval_hours: -1 }],
    ["maturity_hours", { maturity_hours: Number.NaN }],
    ["min_units_per_arm", { min_units_per_arm: 0 }],
    ["quorum", { quorum: 1.5 }],
    ["holdback_percent", { holdback_percent: 51 }],
    ["material.latency", { material: { quality: 0.05 } }],
    ["guardrail_weights.cost", { guardrail_weights: { quality: 1, latency: 0, success: 0 } }],
    ["guardrail_weights.quality", { guardrail_weights: { quality: 0, latency: 1, cost: 0, success: 0 } }],
    ["gain.latency", { gain: { quality: 0.02 } }],
  ])("refuses a wrong %s: %j", (member, overrides) => {
    const make = () => rolloutPolicy(overrides as Partial<RolloutPolicy>);
    expect(make).toThrow(RelearnError);
    expect(make).toThrow(`The rollout policy's ${member} is `);
  });
});

describe("a policy that starts elsewhere", () => {
  test.each([
    [10, [10, 50, 100], [0.2, 0.05]],
    [25, [25, 50, 100], [0.2, 0.05]],
    [5, [5, 10, 50, 100], [0.2, 0.2, 0.05]],
    [50, [50, 100], [0.05]],
    [75, [75, 100], [0.05]],
  ])("at %d %%", (percent, stages, margins) => {
    const policy = policyFrom(rolloutPolicy(), percent);
    expect(policy.stages).toEqual(stages);
    expect(policy.not_worse.map((each) => each.quality)).toEqual(margins);
    expect(rolloutPolicy(policy)).toEqual(policy);
  });
});

test("the last stage keeps the holdback back", () => {
  expect([0, 1, 2].map((stage) => stagePercent(rolloutPolicy(), stage))).toEqual([10, 50, 95]);
  expect(stagePercent(rolloutPolicy({ holdback_percent: 0 }), 2)).toBe(100);
  expect(() => stagePercent(rolloutPolicy(), 3)).toThrow(RelearnError);
});

test("all attempts together widen at 1.5 alpha at most", () => {
  const spent = Array.from({ length: 100_000 }, (_, at) => getPromotionAlpha(0.05, at + 1));
  expect(spent.slice(0, 3)).toEqual([0.05, 0.05 / 6, 0.05 / 12]);
  expect(spent.reduce((sum, each) => sum + each, 0)).toBeLessThan(0.075);
});
