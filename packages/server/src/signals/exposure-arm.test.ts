import { describe, expect, it } from "vitest";
import { assignArmInRollout, findCurrentBasisPoints, type RolloutSplit } from "./exposure-arm.ts";

const split: RolloutSplit = {
  agent: "inbox_triage",
  salt: "salt",
  started_at: "2026-03-02T10:00:00Z",
  percent: 10,
  stage: 0,
  policy: { holdback_percent: 5, stages: [10, 50, 100] },
};

describe("the arm of a unit in a rollout", () => {
  const units = Array.from({ length: 20_000 }, (_, number) => `user-${number}`);
  const share = (basisPoints: number, arm: string): number =>
    units.filter((unit) => assignArmInRollout(split, unit, basisPoints) === arm).length / units.length;

  it("has no holdback below the last stage, and the policy's share of it there", () => {
    expect(share(1000, "canary")).toBeCloseTo(0.1, 1);
    expect(share(1000, "holdback")).toBe(0);
    expect(share(10_000, "holdback")).toBeCloseTo(0.05, 1);
    expect(share(10_000, "active")).toBe(0);
    expect(share(0, "active")).toBe(1);
  });

  it("knows the share that the switchboard hands out now", () => {
    expect(findCurrentBasisPoints(split)).toBe(1000);
    expect(findCurrentBasisPoints({ ...split, stage: 2, percent: 95 })).toBe(10_000);
    expect(findCurrentBasisPoints({ ...split, stage: 2, percent: 0 })).toBe(0);
    // Half of the traffic at a stage of 50 is no last stage, whatever the holdback.
    const half = { ...split, stage: 1, percent: 50, policy: { ...split.policy, holdback_percent: 50 } };
    expect(findCurrentBasisPoints(half)).toBe(5000);
  });
});
