import { describe, expect, test } from "vitest";
import { simulateRollouts } from "../cli/simulation-workers.ts";
import { rolloutPolicy } from "../rollouts/rollout.ts";
import { type SimulationScenario, unchangedScenario } from "./simulate-rollout.ts";
import { summarizeSimulation } from "./simulation-report.ts";

async function report(scenario: Partial<SimulationScenario>, runs = 100) {
  const whole = { ...unchangedScenario, ...scenario };
  return summarizeSimulation(whole, await simulateRollouts(whole, runs, 1));
}

// Small runs with a fixed seed; the figures with their sizes are in docs/methods/rollout-figures.md.
describe("what the guard does to simulated rollouts", () => {
  test("nothing changed: nearly all complete, in three days and a bit", async () => {
    const nothing = await report({});
    expect(nothing.completed).toBeGreaterThanOrEqual(0.94);
    expect(nothing.false_alarm).toBeLessThanOrEqual(0.05);
    expect(nothing.median_hours_to_complete).toBeGreaterThanOrEqual(72);
    expect(nothing.median_hours_to_complete).toBeLessThanOrEqual(82);
  });

  test("worse by a fifth: all rolled back within hours, few units exposed", async () => {
    const worse = await report({ effect: -0.2, hours: 72 });
    expect(worse).toMatchObject({ rolled_back: 1, completed: 0 });
    expect(worse.median_hours_to_rollback).toBeLessThanOrEqual(9);
    expect(worse.median_units_exposed).toBeLessThan(150);
    expect(worse).not.toHaveProperty("false_alarm");
  });

  test("worse by a twentieth from stage 50 on: hardly one completes on what stage 10 has shown", async () => {
    expect((await report({ effect: -0.05, effect_from_stage: 50 })).completed).toBeLessThanOrEqual(0.05);
  });

  test("the base falls and rises over the stages: no false alarm comes of it", async () => {
    expect((await report({ drift: "step", hours: 72 })).false_alarm).toBeLessThanOrEqual(0.05);
  });

  test("20 requests a unit count as one unit", async () => {
    const clustered = await report({ requests_per_unit: 20, correlation: 0.3, hours: 48 }, 60);
    expect(clustered.false_alarm).toBeLessThanOrEqual(0.05);
  });

  test("twice as slow: rolled back within hours", async () => {
    expect((await report({ latency_effect: 1, hours: 7 }, 60)).rolled_back).toBe(1);
  });

  test("the specification's point estimates roll back most of what never changed", async () => {
    const pointwise = await report({ policy: rolloutPolicy({ policy: "specification" }), hours: 72 });
    expect(pointwise.false_alarm).toBeGreaterThan(0.5);
  });

  test("the report does not depend on the number of threads, and the shares are of all runs", async () => {
    const many = await simulateRollouts({ ...unchangedScenario, hours: 30 }, 51, 5);
    const few = await simulateRollouts({ ...unchangedScenario, hours: 30 }, 49, 5);
    expect(many.slice(0, 49)).toEqual(few);
    const { completed, rolled_back, asked, held, open } = await report({ hours: 60 }, 49);
    expect(completed + rolled_back + asked + held + open).toBeCloseTo(1, 12);
  });

  test("less than a unit an hour is simulated too", async () => {
    const thin = await report({ units_per_hour: 0.3, hours: 200 }, 3);
    expect(thin.asked + thin.open + thin.held).toBe(1);
  });
});
