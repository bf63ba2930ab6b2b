import type { ReviewQueueStats, SampleReport } from "@relearn/contract";
import { queryStrategies } from "@relearn/contract/values";
import { Option } from "commander";
import { path } from "./api.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatTable, printJson, printText } from "./output.ts";
import { parseNumber, parseWholeNumber } from "./parse-number.ts";

interface SampleCommandOptions extends ConnectionOptions {
  readonly top?: number;
  readonly strategy?: string;
  readonly minUncertainty?: number;
  readonly dryRun?: boolean;
  readonly stats?: boolean;
}

export const define: DefineCommand = (command) => {
  addConnectionOptions(
    command.argument(
      "[agent]",
      "agent to sample (default: every agent, 20 tasks each, as the daily job does)",
    ),
  )
    .option("--top <count>", "number of tasks (default: 50)", parseWholeNumber(1, 1000))
    .addOption(
      new Option(
        "--strategy <strategy>",
        "measure by which tasks are selected (default: calibrated)",
      ).choices(queryStrategies),
    )
    .option(
      "--min-uncertainty <share>",
      "skip tasks with a lower uncertainty (default: 0.5 with --strategy specification)",
      parseNumber(0, 1),
    )
    .option("--dry-run", "show the selection without changing the queue")
    .option("--stats", "count the unlabeled tasks of each agent instead")
    .action(async (agent: string | undefined, options: SampleCommandOptions) => {
      if (options.stats) {
        const stats = await withApi(options, (api) => api.get<ReviewQueueStats>("/v1/sampler/stats"));
        return options.json ? printJson(stats) : printText(describeStats(stats));
      }
      const body = {
        top_n: options.top ?? (agent === undefined ? 20 : undefined),
        strategy: options.strategy,
        min_uncertainty: options.minUncertainty,
        dry_run: options.dryRun,
      };
      const reports = await withApi(options, async (api) => {
        const agents =
          agent === undefined
            ? (await api.get<{ agents: { definition: { name: string } }[] }>("/v1/agents")).agents.map(
                (one) => one.definition.name,
              )
            : [agent];
        const all: SampleReport[] = [];
        for (const name of agents)
          all.push(await api.post<SampleReport>(path`/v1/sampler/${name}/sample`, body));
        return all;
      });
      if (options.json) return printJson(reports.flatMap((report) => report.candidates));
      for (const report of reports) printText(describeReport(report));
    });
};

function describeStats(stats: ReviewQueueStats): string {
  if (stats.total_unlabeled === 0) {
    return "There are no unlabeled tasks from the last 7 days. Next: relearn import evaluations FILE";
  }
  const rows = Object.entries(stats.by_agent).map(([agent, count]) => [agent, String(count)]);
  return formatTable(
    ["agent", "unlabeled, last 7 days"],
    [...rows, ["total", String(stats.total_unlabeled)]],
    ["left", "right"],
  );
}

function describeReport(report: SampleReport): string {
  const { agent, candidates } = report;
  if (candidates.length === 0) {
    return `${agent}: there are no tasks from the last 7 days to review. Next: relearn import evaluations FILE`;
  }
  const shown = candidates.slice(0, 20);
  const waited = candidates.filter((one) => one.queued).length;
  return [
    formatTable(
      ["task", "uncertainty", "reason"],
      shown.map((one) => [
        shortened(one.task_key),
        one.uncertainty.toFixed(3),
        one.twins.length === 0 ? one.why : `${one.why} Represents ${one.twins.length} near-duplicates.`,
      ]),
      ["left", "right"],
    ),
    ...(candidates.length > shown.length ? [`… and ${candidates.length - shown.length} more (--json).`] : []),
    "",
    report.dry_run
      ? `${agent}: ${candidates.length} candidates by ${report.strategy}; the queue is unchanged.`
      : `${agent}: ${report.queued} added to the review queue by ${report.strategy}${waited === 0 ? "" : `, ${waited} were already there`}. Next: relearn review ${agent}`,
  ].join("\n");
}

function shortened(key: string): string {
  return key.length <= 40 ? key : `${key.slice(0, 39).toWellFormed()}…`;
}
