import type { RolloutPolicy } from "@relearn/contract";
import { type SimulationScenario, unchangedScenario } from "../guard/simulate-rollout.ts";
import { type SimulationReport, summarizeSimulation } from "../guard/simulation-report.ts";
import { rolloutPolicy } from "../rollouts/rollout.ts";
import { printJsonLine, printText } from "./output.ts";
import { simulateRollouts } from "./simulation-workers.ts";

/**
 * Runs `relearn simulate --grid`: prints the figures that the guard is to reach as a Markdown table, each with its
 * target, its simulated value and whether it was reached. Progress goes to standard error. With `--json`, prints
 * the report of each scenario on one line.
 */
export async function runSimulationGrid(runs: number, seed: number, asJson: boolean): Promise<void> {
  const rows: Row[] = [];
  const run = async (name: string, scenario: Partial<SimulationScenario>): Promise<SimulationReport> => {
    const whole = { ...unchangedScenario, ...scenario };
    process.stderr.write(`${name}\n`);
    const report = summarizeSimulation(whole, await simulateRollouts(whole, runs, seed));
    if (asJson) printJsonLine({ scenario: name, ...report });
    return report;
  };
  await nullGrid(run, rows);
  await namedFigures(run, rows);
  if (asJson) return;
  printText(
    ["| figure | target | measured | |", "|---|---|---|---|"]
      .concat(
        rows.map(
          (row) => `| ${row.what} | ${row.goal} | ${row.measured} | ${row.reached ? "reached" : "missed"} |`,
        ),
      )
      .join("\n"),
  );
}

type Run = (name: string, scenario: Partial<SimulationScenario>) => Promise<SimulationReport>;

interface Row {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  readonly reached: boolean;
}

/** Simulates 72 hourly analyses for every traffic, base and drift: unchanged, and worse by exactly the margin. */
async function nullGrid(run: Run, rows: Row[]): Promise<void> {
  const worst = { harm: none, better: none, past10: none, past50: none };
  for (const units_per_hour of [10, 30, 100, 300, 1000]) {
    for (const base of [0.05, 0.5, 0.8, 0.95]) {
      for (const drift of ["steady", "daily", "step"] as const) {
        const cell = { units_per_hour, base, drift, hours: 72 };
        const name = `${units_per_hour}/h, base ${base}, ${drift}`;
        const nothing = await run(`${name}: unchanged`, cell);
        worst.harm = larger(worst.harm, nothing.harm_proven, name);
        worst.better = larger(worst.better, nothing.better_proven, name);
        const { not_worse, not_worse_floor } = unchangedScenario.policy;
        // For a small base the margin is the floor in points: 2 points of a base of 0.05 are 40 %.
        const border = (margin: number): number => -Math.max(margin, not_worse_floor / base);
        const at10 = await run(`${name}: worse by the margin of 10 %`, {
          ...cell,
          effect: border(not_worse[0]!.quality),
        });
        worst.past10 = larger(worst.past10, at10.reached["50"] ?? 0, name);
        const at50 = await run(`${name}: worse by the margin of 50 %`, {
          ...cell,
          hours: 120,
          effect: border(not_worse[1]!.quality),
        });
        worst.past50 = larger(worst.past50, at50.reached["100"] ?? 0, name);
      }
    }
  }
  const row = (what: string, cell: Cell, limit: number): Row => ({
    what,
    goal: `≤ ${percent(limit)} in the worst cell`,
    measured: `${percent(cell.share)} (${cell.name})`,
    reached: cell.share <= limit,
  });
  rows.push(
    row("nothing changed, 72 hourly analyses, 60 cells: harm proven", worst.harm, 0.05),
    row("the same: better proven", worst.better, 0.05),
    row("worse by the margin of stage 10: promoted to 50", worst.past10, 0.05),
    row("worse by the margin of stage 50: promoted to 100", worst.past50, 0.05),
  );
}

async function namedFigures(run: Run, rows: Row[]): Promise<void> {
  const atMost = (what: string, share: number, limit: number): void => {
    rows.push({ what, goal: `≤ ${percent(limit)}`, measured: percent(share), reached: share <= limit });
  };
  const atLeast = (what: string, share: number, limit: number): void => {
    rows.push({ what, goal: `≥ ${percent(limit)}`, measured: percent(share), reached: share >= limit });
  };
  const within = (what: string, hours: number | null, limit: number): void => {
    const measured = hours === null ? "never" : `${hours} h`;
    rows.push({ what, goal: `median ≤ ${limit} h`, measured, reached: hours !== null && hours <= limit });
  };
  const clusters = await run("20 requests per unit", { requests_per_unit: 20, correlation: 0.3, hours: 72 });
  atMost("20 requests per unit, correlation 0.3, unchanged: harm proven", clusters.harm_proven, 0.05);
  const unchanged = await run("unchanged, to the end", {});
  atLeast("base 0.8, 100/h, unchanged: completed", unchanged.completed, 0.97);
  within("the same, hours", unchanged.median_hours_to_complete, 80);
  const five = await run("-5 %", { effect: -0.05 });
  atMost("-5 %: completed", five.completed, 0.05);
  const late = await run("-5 % from stage 50", { effect: -0.05, effect_from_stage: 50 });
  atMost("-5 % beginning at stage 50: completed", late.completed, 0.05);
  const ten = await run("-10 %", { effect: -0.1, hours: 72 });
  atLeast("-10 %: rolled back in 72 h", ten.rolled_back, 0.99);
  within("the same, hours", ten.median_hours_to_rollback, 24);
  const twenty = await run("-20 %", { effect: -0.2, hours: 72 });
  within("-20 %, hours to roll back", twenty.median_hours_to_rollback, 8);
  const abrupt = await run("-20 % from stage 50, 1000/h", {
    effect: -0.2,
    effect_from_stage: 50,
    units_per_hour: 1000,
  });
  atLeast("-20 % beginning at stage 50, 1000/h: rolled back", abrupt.rolled_back, 0.99);
  for (const [name, scenario] of [
    ["10/h", { units_per_hour: 10 }],
    ["base 0.05, 100/h", { base: 0.05 }],
  ] as const) {
    const slow = await run(name, scenario);
    rows.push({
      what: `${name}, unchanged: completed; a person asked`,
      goal: "reported before the start",
      measured: `${percent(slow.completed)}; ${percent(slow.ever_asked)}`,
      reached: true,
    });
    const { quality } = unchangedScenario.policy.not_worse[1]!;
    const margin = Math.max(
      quality,
      unchangedScenario.policy.not_worse_floor /
        ("base" in scenario ? scenario.base : unchangedScenario.base),
    );
    const border = await run(`${name}, worse by the margin`, { ...scenario, effect: -margin });
    atMost(`${name}, worse by the margin of stage 50: completed`, border.completed, 0.05);
  }
  const half = { policy: createPolicy([50, 100]), effect_from_stage: 50 };
  const latencyNull = await run("latency, unchanged", { latency_effect: 0, hours: 72 });
  atMost("latency and quality unchanged, 72 h: harm proven", latencyNull.harm_proven, 0.05);
  const slower = await run("latency +10 % at 50/50", { ...half, latency_effect: 0.1, hours: 48 });
  atLeast("latency +10 % at 50/50, 48 h: harm proven", slower.harm_proven, 0.85);
  const doubledHalf = await run("latency ×2 at 50/50", { ...half, latency_effect: 1, hours: 3 });
  atLeast("latency ×2 at 50/50: rolled back 2 h after the first unit matured", doubledHalf.rolled_back, 0.99);
  const doubled = await run("latency ×2 at 10/90", { latency_effect: 1, hours: 7 });
  atLeast("latency ×2 at 10/90: rolled back 6 h after the first unit matured", doubled.rolled_back, 0.99);
}

interface Cell {
  readonly share: number;
  readonly name: string;
}

const none: Cell = { share: 0, name: "no cell" };

function larger(worst: Cell, share: number, name: string): Cell {
  return share > worst.share ? { share, name } : worst;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function createPolicy(stages: readonly number[]): RolloutPolicy {
  return rolloutPolicy({ stages });
}
