import { describe, expect, test } from "vitest";
import { RelearnError } from "../../errors.ts";
import { assignmentProbability } from "../assignment-probability.ts";
import { emptyColumns, type MaturedUnit, toColumns } from "../rules/matured-units.ts";
import {
  createBaseline,
  evidenceAfter,
  hoursAfter,
  monday,
  rolloutIn,
  sliceUnits,
  toUnits,
} from "./evidence.fixture.ts";
import { addUnits, enterStage, harmLog, startEvidence } from "./evidence.ts";

const traffic = { hours: 24, perHour: 100, probability: 0.1, quality: [0.8, 0.8] } as const;
const split = [{ probability: 0.1, canary: 240, active: 2160 }];

function fresh(withLatency = false, withInterval = false) {
  const { policy } = rolloutIn(0);
  return startEvidence(
    {
      policy,
      stage: 0,
      attempt: 1,
      baseline: createBaseline(0.8, withLatency),
      judge_identity: null,
      with_interval: withInterval,
    },
    monday,
  );
}

describe("one document, grown", () => {
  test("stored and read again it goes on exactly as if it had not been", () => {
    const units = toUnits({ ...traffic, latency: [1100, 1000] });
    const first = addUnits(fresh(true, true), sliceUnits(units, 0, 1000), split, hoursAfter(10));
    const stored: typeof first = JSON.parse(JSON.stringify(first));
    expect(stored).toEqual(first);
    const rest = sliceUnits(units, 1000, 2400);
    expect(addUnits(stored, rest, split, hoursAfter(24))).toEqual(
      addUnits(first, rest, split, hoursAfter(24)),
    );
  });

  test("growing leaves what it grew from alone", () => {
    const before = fresh(true, true);
    const kept = JSON.stringify(before);
    addUnits(before, toUnits({ ...traffic, latency: [1000, 1000] }), split, hoursAfter(24));
    expect(JSON.stringify(before)).toBe(kept);
  });

  test("a look without units changes nothing but the assignments", () => {
    const before = evidenceAfter(rolloutIn(0), traffic);
    const after = addUnits(before, emptyColumns(0), before.stage.assignments, hoursAfter(30));
    expect(after).toEqual(before);
  });

  test("one look over a day says nearly what 24 hourly looks say", () => {
    const units = toUnits({ ...traffic, quality: [0.7, 0.8] });
    const once = addUnits(fresh(), units, split, hoursAfter(24));
    const hourly = evidenceAfter(rolloutIn(0), { ...traffic, quality: [0.7, 0.8] });
    expect(once.harm.log_e).toBeCloseTo(hourly.harm.log_e, 0);
    expect(once.units).toEqual(hourly.units);
    expect(once.quality.totals).toEqual(hourly.quality.totals);
  });
});

describe("what runs on and what begins anew in a stage", () => {
  const before = evidenceAfter(rolloutIn(0), traffic);
  const after = enterStage(before, rolloutIn(1).policy, 1, hoursAfter(24));

  test("not worse begins anew, with the next margin", () => {
    expect(before.quality.not_worse).toMatchObject({ margin: 0.2, proven: { units: expect.any(Number) } });
    expect(after.quality.not_worse).toMatchObject({ margin: 0.05, peak: 0, proven: null, in_points: false });
    expect(after.quality.not_worse?.log_wealth.every((log) => log === 0)).toBe(true);
  });

  test("harm, gain, means and the rollout's estimate run on; the stage's own begins at nothing", () => {
    expect(after.harm).toEqual(before.harm);
    expect(after.quality.gained).toEqual(before.quality.gained);
    expect(after.quality.totals).toEqual(before.quality.totals);
    expect(after.quality.rollout).toEqual(before.quality.rollout);
    expect(after.quality.stage.weight).toBe(0);
    expect(after.stage).toMatchObject({ index: 1, units: { canary: 0, active: 0 }, assignments: [] });
  });

  test("the split of the closed stage stays in evidence", () => {
    const odd = evidenceAfter(rolloutIn(0), { ...traffic, assigned: 0.13, hours: 48 });
    const next = enterStage(odd, rolloutIn(1).policy, 1, hoursAfter(48));
    expect(next.closed_split_log).toBeGreaterThan(1);
    expect(next.split_peak).toBe(odd.split_peak);
  });

  test("the last stage proves nothing more, it watches", () => {
    expect(enterStage(after, rolloutIn(1).policy, 2, hoursAfter(48)).quality.not_worse).toBeNull();
  });
});

describe("what is watched", () => {
  test("without a past of latency, quality carries all of the evidence of harm", () => {
    expect(fresh(false).weights).toEqual({ quality: 1 });
    expect(fresh(false).latency).toBeNull();
  });

  test("with it, the shares of those that are there", () => {
    expect(fresh(true).weights).toEqual({
      quality: expect.closeTo(0.625, 14),
      latency: expect.closeTo(0.375, 14),
    });
  });

  test("a margin of a low base is in points", () => {
    const rollout = rolloutIn(0);
    const low = startEvidence(
      {
        policy: rollout.policy,
        stage: 0,
        attempt: 1,
        baseline: createBaseline(0.05),
        judge_identity: null,
        with_interval: false,
      },
      monday,
    );
    expect(low.quality.not_worse).toMatchObject({ margin: 0.02, in_points: true });
  });

  test("a second attempt widens at a sixth of alpha; harm keeps all of it", () => {
    const { policy } = rolloutIn(0);
    const second = startEvidence(
      {
        policy,
        stage: 0,
        attempt: 2,
        baseline: createBaseline(0.8),
        judge_identity: null,
        with_interval: false,
      },
      monday,
    );
    expect(second.widening_alpha).toBeCloseTo(0.05 / 6, 15);
    expect(second.alpha).toBe(0.05);
  });

  test("a unit without an outcome is a quality of 0 and one of the missing, in both arms alike", () => {
    const lost = evidenceAfter(rolloutIn(0), { ...traffic, missing: [0.3, 0] });
    expect(lost.missing.canary_peak).toBeGreaterThan(Math.log(1000));
    expect(harmLog(lost, "quality")).toBeGreaterThan(
      harmLog(evidenceAfter(rolloutIn(0), traffic), "quality")!,
    );
    const both = evidenceAfter(rolloutIn(0), { ...traffic, missing: [0.3, 0.3] });
    expect(both.missing.peak).toBeLessThan(Math.log(20));
    expect(both.harm.proven).toBeNull();
  });

  test("latency that is slower by half is found by latency, and quality says nothing", () => {
    const slow = evidenceAfter(rolloutIn(0), { ...traffic, latency: [1500, 1000] });
    expect(slow.harm.proven).not.toBeNull();
    expect(harmLog(slow, "latency")).toBeGreaterThan(Math.log(20));
    expect(harmLog(slow, "quality")).toBeLessThan(Math.log(20));
  });
});

describe("units handed over by a store", () => {
  const unit: MaturedUnit = {
    arm: "canary",
    probability: 0.1,
    exposed_at: "2026-03-09T08:00:00.000Z",
    reported: true,
    quality: 1,
    latency_ms: null,
    cost: null,
    success: null,
  };

  test("come in order of first exposure, whatever order they are in", () => {
    const columns = toColumns([
      { ...unit, exposed_at: "2026-03-09T10:00:00Z", quality: 0.25 },
      { ...unit, exposed_at: "2026-03-09T09:00:00Z", quality: 0.5 },
    ]);
    expect(Array.from(columns.quality)).toEqual([0.5, 0.25]);
  });

  test.each([
    ["probability", { probability: 0 }],
    ["probability", { probability: 1 }],
    ["probability", { probability: Number.NaN }],
    ["exposed_at", { exposed_at: "yesterday" }],
    ["quality", { quality: 1.01 }],
    ["quality", { quality: Number.NaN }],
    ["success", { success: -0.1 }],
    ["latency_ms", { latency_ms: -1 }],
    ["latency_ms", { latency_ms: Number.POSITIVE_INFINITY }],
    ["cost", { cost: Number.NaN }],
  ])("a wrong %s is refused with its place: %j", (member, wrong) => {
    const hand = () => toColumns([unit, { ...unit, ...wrong }]);
    expect(hand).toThrow(RelearnError);
    expect(hand).toThrow(new RegExp(`unit 1 has ${member} `));
  });
});

describe("the probability of canary when a unit was assigned", () => {
  test.each([
    ["a new unit", 10, null, 0.1],
    ["a new unit at 95 %", 95, null, 0.95],
    ["active at 10 %, now 50 %", 50, { arm: "active", percent: 10 }, 0.4 / 0.9],
    ["active at 50 %, now 95 %", 95, { arm: "active", percent: 50 }, 0.45 / 0.5],
    ["canary before: certain", 50, { arm: "canary", percent: 10 }, null],
    ["active before, the share not raised: certain", 10, { arm: "active", percent: 10 }, null],
    ["active before, the share lowered: certain", 10, { arm: "active", percent: 50 }, null],
    ["nobody is canary", 0, null, null],
    ["everybody is canary", 100, null, null],
    ["active before, everybody is canary", 100, { arm: "active", percent: 50 }, null],
  ] as const)("%s", (_, percent, last, expected) => {
    const probability = assignmentProbability(percent, last);
    if (expected === null) expect(probability).toBeNull();
    else expect(probability).toBeCloseTo(expected, 12);
  });
});
