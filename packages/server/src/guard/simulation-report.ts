import { median } from "../numerics/median.ts";
import type { SimulatedRollout, SimulationScenario } from "./simulate-rollout.ts";

/** Summary of many simulated rollouts (`relearn simulate --json`). Fractions are of `runs`. */
export interface SimulationReport {
  readonly runs: number;
  readonly completed: number;
  readonly rolled_back: number;
  /** Waiting for a person's answer when the simulation stopped. */
  readonly asked: number;
  readonly held: number;
  /** Still in a stage when the simulation stopped. */
  readonly open: number;
  /** Harm "proven" or rolled back although neither quality nor latency changes; absent if one of them does. */
  readonly false_alarm?: number;
  /** Null if none was rolled back, or none completed. */
  readonly median_hours_to_rollback: number | null;
  readonly median_hours_to_complete: number | null;
  /** Units that got the bundle before it was full, was rolled back, or the simulation stopped. */
  readonly median_units_exposed: number;
  readonly harm_proven: number;
  readonly better_proven: number;
  /** Asked or held at some time, whatever the result. */
  readonly ever_asked: number;
  readonly ever_held: number;
  /** Fractions that reached each stage of the policy, by its percent. */
  readonly reached: Readonly<Record<string, number>>;
}

/**
 * Summarizes the results, in any order, at least one.
 *
 * @example
 * const rolledBack = { state: "rolled_back", result: null, hours: 4, units_exposed: 40, harm: true, stages_reached: 1 };
 * const completed = { state: "completed", result: "not_worse", hours: 72, units_exposed: 900, harm: false, stages_reached: 3 };
 * const report = summarizeSimulation(unchangedScenario, [rolledBack, completed]);
 * [report.rolled_back, report.completed, report.false_alarm] // [0.5, 0.5, 0.5]
 * report.median_units_exposed // 470
 */
export function summarizeSimulation(
  scenario: SimulationScenario,
  results: readonly SimulatedRollout[],
): SimulationReport {
  const share = (counts: (result: SimulatedRollout) => boolean): number =>
    results.filter(counts).length / results.length;
  const isNull = scenario.effect === 0 && (scenario.latency_effect ?? 0) === 0;
  const hoursTo = (state: SimulatedRollout["state"]): number | null =>
    median(results.filter((result) => result.state === state).map((result) => result.hours ?? Number.NaN));
  return {
    runs: results.length,
    completed: share((result) => result.state === "completed"),
    rolled_back: share((result) => result.state === "rolled_back"),
    asked: share((result) => result.state === "ask"),
    held: share((result) => result.state === "hold"),
    open: share((result) => result.state === "canary" || result.state === "full"),
    ...(isNull ? { false_alarm: share((result) => result.harm || result.state === "rolled_back") } : {}),
    median_hours_to_rollback: hoursTo("rolled_back"),
    median_hours_to_complete: hoursTo("completed"),
    median_units_exposed: median(results.map((result) => result.units_exposed)) ?? 0,
    harm_proven: share((result) => result.harm),
    better_proven: share((result) => result.better),
    ever_asked: share((result) => result.was_asked),
    ever_held: share((result) => result.was_held),
    reached: Object.fromEntries(
      scenario.policy.stages.map((percent, stage) => [
        percent,
        share((result) => result.stages_reached > stage),
      ]),
    ),
  };
}
