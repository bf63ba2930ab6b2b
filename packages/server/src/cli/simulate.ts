import type { RolloutPolicy } from "@relearn/contract";
import { type Command, InvalidArgumentError, Option } from "commander";
import { RelearnError } from "../errors.ts";
import { planRollout, planSentence } from "../guard/planner.ts";
import type { SimulationScenario } from "../guard/simulate-rollout.ts";
import { type SimulationReport, summarizeSimulation } from "../guard/simulation-report.ts";
import { formatCount, formatRelative } from "../guard/verdict-words.ts";
import { wilsonInterval } from "../numerics/wilson-interval.ts";
import { rolloutPolicy } from "../rollouts/rollout.ts";
import { formatBar, formatTable, printJson, printText } from "./output.ts";
import { parseNumber, parseWholeNumber } from "./parse-number.ts";
import { runSimulationGrid } from "./simulation-grid.ts";
import { simulateRollouts } from "./simulation-workers.ts";

/** Defines `relearn simulate`, which runs the real guard and state machine on randomly drawn outcomes. */
export function define(command: Command): void {
  command
    .option("--units-per-hour <n>", "units that arrive per hour", parseNumber(0.01, 1_000_000), 100)
    .option("--base <quality>", "mean quality of the active bundle", parseNumber(0.001, 0.999), 0.8)
    .option(
      "--effect <r>",
      "relative change of quality by the bundle, such as -0.05",
      parseNumber(-1, 1000),
      0,
    )
    .option("--effect-from-stage <percent>", "stage at which the effects begin", parseWholeNumber(1, 100))
    .option(
      "--latency-effect <r>",
      "relative change of latency, such as 0.1 (default: no latency is reported)",
      parseNumber(-0.99, 1000),
    )
    .addOption(
      new Option("--drift <kind>", "change of the base quality over time")
        .choices(["steady", "daily", "step"])
        .default("steady"),
    )
    .option("--requests-per-unit <k>", "outcomes per unit", parseWholeNumber(1, 1000), 1)
    .option("--correlation <c>", "correlation of two requests of a unit", parseNumber(0, 1), 0)
    .addOption(
      new Option("--policy <name>", "policy that decides")
        .choices(["evidence", "specification"])
        .default("evidence"),
    )
    .option("--stages <list>", "comma-separated percentages of the stages, the last one 100", parseStages)
    .option(
      "--hours <h>",
      "hours after which to stop (default: when the rollout ends or waits for a person)",
      parseWholeNumber(1, 1440),
    )
    .option("--runs <n>", "number of rollouts to simulate", parseWholeNumber(1, 1_000_000), 1000)
    .option(
      "--seed <n>",
      "seed of the random numbers; the same seed gives the same report",
      parseWholeNumber(0, 4_294_967_295),
      1,
    )
    .option("--grid", "simulate the scenarios of docs/methods/rollout-figures.md instead, --runs of each")
    .option("--json", "print JSON, for programs")
    .action(async (options: SimulateOptions) => {
      if (options.grid) {
        await runSimulationGrid(options.runs, options.seed, options.json === true);
        return;
      }
      const scenario = toScenario(options);
      const results = await simulateRollouts(scenario, options.runs, options.seed);
      const report = summarizeSimulation(scenario, results);
      if (options.json) printJson(report);
      else printText(describeReport(scenario, report));
    });
}

interface SimulateOptions {
  readonly unitsPerHour: number;
  readonly base: number;
  readonly effect: number;
  readonly effectFromStage?: number;
  readonly latencyEffect?: number;
  readonly drift: SimulationScenario["drift"];
  readonly requestsPerUnit: number;
  readonly correlation: number;
  readonly policy: RolloutPolicy["policy"];
  readonly stages?: number[];
  readonly hours?: number;
  readonly runs: number;
  readonly seed: number;
  readonly grid?: true;
  readonly json?: true;
}

function toScenario(options: SimulateOptions): SimulationScenario {
  const policy = rolloutPolicy({
    policy: options.policy,
    ...(options.stages ? { stages: options.stages } : {}),
  });
  const from = options.effectFromStage ?? policy.stages[0]!;
  if (!policy.stages.includes(from)) {
    throw new RelearnError(
      "invalid_input",
      `--effect-from-stage is ${from}. Accepted: a stage of the policy, ${policy.stages.join(", ")}.`,
    );
  }
  if (options.base * (1 + options.effect) > 1) {
    throw new RelearnError(
      "invalid_input",
      `--effect ${options.effect} raises --base ${options.base} above 1. Accepted: at most ${(1 / options.base - 1).toFixed(4)}.`,
    );
  }
  return {
    units_per_hour: options.unitsPerHour,
    base: options.base,
    effect: options.effect,
    effect_from_stage: from,
    latency_effect: options.latencyEffect ?? null,
    drift: options.drift,
    requests_per_unit: options.requestsPerUnit,
    correlation: options.correlation,
    hours: options.hours ?? null,
    policy,
  };
}

/** Formats the scenario, its results with intervals, the durations and the exposed units. */
export function describeReport(scenario: SimulationScenario, report: SimulationReport): string {
  const { runs } = report;
  const row = (name: string, fraction: number): string[] => {
    const [low, high] = wilsonInterval(Math.round(fraction * runs), runs);
    const percent = (value: number): string => (100 * value).toFixed(1);
    return [name, `${percent(fraction)} %`, `${percent(low)} to ${percent(high)}`, formatBar(fraction)];
  };
  const hours = (value: number | null): string =>
    value === null ? "never" : `${Number(value.toFixed(1))} h`;
  const plan = planRollout(
    {
      policy: scenario.policy,
      units_per_hour: scenario.units_per_hour,
      base_quality: scenario.base,
      variance: computeUnitVariance(scenario),
    },
    new Date(0),
  );
  const scenarioText = [
    `quality ${scenario.base}${scenario.effect === 0 ? " unchanged" : ` ${formatRelative(scenario.effect)}`}`,
    ...(scenario.latency_effect === null ? [] : [`latency ${formatRelative(scenario.latency_effect)}`]),
    ...(scenario.effect_from_stage === scenario.policy.stages[0]
      ? []
      : [`from stage ${scenario.effect_from_stage} %`]),
    ...(scenario.drift === "steady" ? [] : [`${scenario.drift} drift`]),
    ...(scenario.requests_per_unit === 1
      ? []
      : [`${scenario.requests_per_unit} requests per unit, correlation ${scenario.correlation}`]),
  ].join(", ");
  const rows = [
    row("completed", report.completed),
    row("rolled back", report.rolled_back),
    row("asked", report.asked),
    row("held", report.held),
    row("open", report.open),
    ...(report.false_alarm === undefined ? [] : [row("false alarm", report.false_alarm)]),
  ];
  return [
    `${formatCount(runs)} rollouts at ${scenario.units_per_hour} units per hour, ${scenarioText}; policy ${scenario.policy.policy}, ${scenario.hours === null ? "to the end" : `${scenario.hours} h`}.`,
    "",
    formatTable(["", "share", "95 % interval", ""], rows, ["left", "right", "right"]),
    "",
    `Median time to roll back: ${hours(report.median_hours_to_rollback)}; to complete: ${hours(report.median_hours_to_complete)}; median units exposed: ${formatCount(report.median_units_exposed)}.`,
    ...(scenario.policy.policy === "evidence" ? [planAhead(plan)] : []),
  ].join("\n");
}

/** Formats the estimate of the planner without a date, because a simulation has no calendar. */
function planAhead(plan: ReturnType<typeof planRollout>): string {
  if (plan.expected_hours === null) return planSentence(plan);
  const ahead = `By the planner, an unchanged bundle completes after about ${Math.round(plan.expected_hours)} h.`;
  return plan.warning === null ? ahead : `${ahead} ${plan.warning}`;
}

/** Computes the variance of the mean of a unit's correlated binary requests. */
function computeUnitVariance({ base, requests_per_unit: requests, correlation }: SimulationScenario): number {
  return base * (1 - base) * (correlation + (1 - correlation) / requests);
}

function parseStages(text: string): number[] {
  const stages = text.split(",").map((part) => Number(part.trim()));
  const increasing = stages.every(
    (stage, at) => Number.isInteger(stage) && stage > (at === 0 ? 0 : stages[at - 1]!),
  );
  if (!increasing || stages.at(-1) !== 100) {
    throw new InvalidArgumentError(
      `Accepted: increasing whole percentages, the last one 100, such as 10,50,100.`,
    );
  }
  return stages;
}
