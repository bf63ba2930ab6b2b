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

/** `relearn simulate`: what will this rollout do to me? The real guard and state machine, drawn outcomes. */
export function define(command: Command): void {
  command
    .option(
      "--units-per-hour <n>",
      "traffic of the agent",
      parseNumber("--units-per-hour", 0.01, 1_000_000),
      100,
    )
    .option("--base <quality>", "mean quality of the active bundle", parseNumber("--base", 0.001, 0.999), 0.8)
    .option(
      "--effect <r>",
      "relative change of quality that the bundle brings: -0.05",
      parseNumber("--effect", -1, 1000),
      0,
    )
    .option(
      "--effect-from-stage <percent>",
      "the effects begin at this stage",
      parseWholeNumber("--effect-from-stage", 1, 100),
    )
    .option(
      "--latency-effect <r>",
      "relative change of latency: 0.1; left out: no latency is reported",
      parseNumber("--latency-effect", -0.99, 1000),
    )
    .addOption(
      new Option("--drift <kind>", "what the base does meanwhile")
        .choices(["steady", "daily", "step"])
        .default("steady"),
    )
    .option(
      "--requests-per-unit <k>",
      "outcomes of each unit",
      parseWholeNumber("--requests-per-unit", 1, 1000),
      1,
    )
    .option("--correlation <c>", "between two requests of a unit", parseNumber("--correlation", 0, 1), 0)
    .addOption(
      new Option("--policy <name>", "who decides").choices(["evidence", "specification"]).default("evidence"),
    )
    .option("--stages <list>", "percents, the last one 100", parseStages)
    .option(
      "--hours <h>",
      "stop after so many hours; left out: when it ends or waits for a person",
      parseWholeNumber("--hours", 1, 1440),
    )
    .option("--runs <n>", "rollouts to simulate", parseWholeNumber("--runs", 1, 1_000_000), 1000)
    .option(
      "--seed <n>",
      "the same seed gives the same report",
      parseWholeNumber("--seed", 0, 4_294_967_295),
      1,
    )
    .option("--grid", "the table of docs/methods/rollout-figures.md instead: many scenarios, --runs of each")
    .option("--json", "one JSON document")
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
      `--effect-from-stage is ${from}, but the stages are ${policy.stages.join(", ")} %: name one of them.`,
    );
  }
  if (options.base * (1 + options.effect) > 1) {
    throw new RelearnError(
      "invalid_input",
      `An effect of ${options.effect} takes a base of ${options.base} beyond 1: the largest is ${(1 / options.base - 1).toFixed(4)}.`,
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

/** The report for people: what was simulated, what became of it with intervals, how long, how many units. */
export function describeReport(scenario: SimulationScenario, report: SimulationReport): string {
  const { runs } = report;
  const row = (name: string, fraction: number): string[] => {
    const [low, high] = wilsonInterval(Math.round(fraction * runs), runs);
    const percent = (value: number): string => (100 * value).toFixed(1);
    return [name, `${percent(fraction)} %`, `${percent(low)} to ${percent(high)}`, formatBar(fraction)];
  };
  const hours = (value: number | null): string => (value === null ? "none" : `${Number(value.toFixed(1))} h`);
  const plan = planRollout(
    {
      policy: scenario.policy,
      units_per_hour: scenario.units_per_hour,
      base_quality: scenario.base,
      variance: unitVariance(scenario),
    },
    new Date(0),
  );
  const what = [
    `quality ${scenario.base}${scenario.effect === 0 ? " unchanged" : ` ${formatRelative(scenario.effect)}`}`,
    ...(scenario.latency_effect === null ? [] : [`latency ${formatRelative(scenario.latency_effect)}`]),
    ...(scenario.effect_from_stage === scenario.policy.stages[0]
      ? []
      : [`from stage ${scenario.effect_from_stage} %`]),
    ...(scenario.drift === "steady" ? [] : [`${scenario.drift} drift`]),
    ...(scenario.requests_per_unit === 1
      ? []
      : [`${scenario.requests_per_unit} requests a unit, correlation ${scenario.correlation}`]),
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
    `${formatCount(runs)} rollouts at ${scenario.units_per_hour} units an hour, ${what}; policy ${scenario.policy.policy}, ${scenario.hours === null ? "to the end" : `${scenario.hours} h`}.`,
    "",
    formatTable(["", "share", "95 % interval", ""], rows, ["left", "right", "right"]),
    "",
    `Median to roll back: ${hours(report.median_hours_to_rollback)}; to complete: ${hours(report.median_hours_to_complete)}; units exposed: ${formatCount(report.median_units_exposed)}.`,
    ...(scenario.policy.policy === "evidence" ? [planAhead(plan)] : []),
  ].join("\n");
}

/** The planner's sentence without a date: a simulation has no calendar. */
function planAhead(plan: ReturnType<typeof planRollout>): string {
  if (plan.expected_hours === null) return planSentence(plan);
  const ahead = `The planner says: an unchanged bundle completes after about ${Math.round(plan.expected_hours)} h.`;
  return plan.warning === null ? ahead : `${ahead} ${plan.warning}`;
}

/** Variance of a unit's mean over its correlated binary requests. */
function unitVariance({ base, requests_per_unit: requests, correlation }: SimulationScenario): number {
  return base * (1 - base) * (correlation + (1 - correlation) / requests);
}

function parseStages(text: string): number[] {
  const stages = text.split(",").map((word) => Number(word.trim()));
  const increasing = stages.every(
    (stage, at) => Number.isInteger(stage) && stage > (at === 0 ? 0 : stages[at - 1]!),
  );
  if (!increasing || stages.at(-1) !== 100) {
    throw new InvalidArgumentError(
      `--stages takes whole percents that grow, the last one 100: 10,50,100; this is "${text}".`,
    );
  }
  return stages;
}
