import { describe, expect, test } from "vitest";
import { unitsNeeded } from "../numerics/units-needed.ts";
import { rolloutPolicy } from "../rollouts/rollout.ts";
import { planRollout, planSentence } from "./planner.ts";

const now = new Date("2026-03-09T08:00:00Z");
const plan = (units_per_hour: number, base_quality: number | null, more = {}) =>
  planRollout({ policy: rolloutPolicy(), units_per_hour, base_quality, ...more }, now);

describe("units needed", () => {
  test("5 % of 0.8 takes about 3,300 at 50/50 and 9,000 at 10/90", () => {
    expect(unitsNeeded(0.04, 0.16, 0.5, 0.05)).toBeCloseTo(3235, -1);
    expect(unitsNeeded(0.04, 0.16, 0.1, 0.05)).toBeCloseTo(8987, -1);
  });
});

describe("the plan of an unchanged bundle", () => {
  test("at good traffic: a day, a day and a third, a day of watch; no warning", () => {
    const good = plan(100, 0.8);
    expect(good.stages.map((stage) => Math.round(stage.expected_hours!))).toEqual([24, 33, 24]);
    expect(good.expected_at).toBe("2026-03-12T17:21:36.000Z");
    expect(good.warning).toBeNull();
    expect(planSentence(good)).toBe("Completed about 2026-03-12 17:21 UTC at 100 units an hour.");
  });

  // The simulated shares: relearn simulate --runs 400 --json with these units an hour and base, `ever_asked`.
  test.each([
    [10, 0.8, 0.7075],
    [30, 0.8, 0.155],
    [20, 0.8, 0.385],
    [50, 0.5, 0.5625],
    [100, 0.05, 0.2075],
  ])("at %d units an hour and base %d a person is asked as often as simulated", (rate, base, simulated) => {
    expect(Math.abs(plan(rate, base).undecided_probability! - simulated)).toBeLessThan(0.08);
  });

  test("beyond a week it warns, with the stage, the margin and the days", () => {
    expect(plan(10, 0.8).warning).toMatch(
      /^Stage 50 % needs about 14 days to prove "not worse by 5 %"; after 7\.0 days a person is asked\. A person is asked with probability 0\.7\d\.$/,
    );
  });

  test("a low base has its margin in points", () => {
    expect(plan(100, 0.05).stages[1]).toMatchObject({ margin: 0.02, margin_in_points: true });
    expect(plan(5, 0.05).warning).toMatch(/not worse by 2 points/);
  });

  test("a further attempt takes longer", () => {
    expect(plan(100, 0.8, { attempt: 3 }).stages[1]!.units_needed!).toBeGreaterThan(
      plan(100, 0.8).stages[1]!.units_needed!,
    );
  });

  test.each([
    ["no traffic", 0, 0.8, /No traffic/],
    ["an unknown base", 100, null, /quality is unknown/],
    ["a base of 0", 100, 0, /quality is unknown/],
  ])("%s: no date, and it says so", (_, rate, base, warning) => {
    const none = plan(rate, base);
    expect(none.expected_at).toBeNull();
    expect(none.warning).toMatch(warning);
    expect(planSentence(none)).toMatch(/^No date can be estimated/);
  });

  test("traffic too thin for 50 units an arm in a week is undecided for certain", () => {
    expect(plan(1, 0.8).undecided_probability).toBe(1);
  });
});
