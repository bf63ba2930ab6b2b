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
  addConnectionOptions(command.argument("[agent]", "left out: every agent, 20 each, as the daily job does"))
    .option("--top <count>", "how many (default: 50)", parseWholeNumber("--top", 1, 1000))
    .addOption(
      new Option("--strategy <strategy>", "by what measure (default: calibrated)").choices(queryStrategies),
    )
    .option(
      "--min-uncertainty <share>",
      "leave less uncertain tasks out (default: 0.5 with --strategy specification)",
      parseNumber("--min-uncertainty", 0, 1),
    )
    .option("--dry-run", "look only, leave the queue as it is")
    .option("--stats", "how many tasks wait for a label, by agent")
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
    return "No task of the last seven days waits for a label. Send some: relearn import evaluations FILE";
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
    return `${agent}: nothing of the last seven days to ask about. Send evaluation results: relearn import evaluations FILE`;
  }
  const shown = candidates.slice(0, 20);
  const waited = candidates.filter((one) => one.queued).length;
  return [
    formatTable(
      ["task", "uncertainty", "why"],
      shown.map((one) => [
        shortened(one.task_key),
        one.uncertainty.toFixed(3),
        one.twins.length === 0 ? one.why : `${one.why} Stands for ${one.twins.length} more like it.`,
      ]),
      ["left", "right"],
    ),
    ...(candidates.length > shown.length ? [`… and ${candidates.length - shown.length} more (--json).`] : []),
    "",
    report.dry_run
      ? `${agent}: ${candidates.length} candidates by ${report.strategy}; the queue is as it was.`
      : `${agent}: ${report.queued} put into the review queue by ${report.strategy}${waited === 0 ? "" : `, ${waited} waited there already`}. Next: relearn review ${agent}`,
  ].join("\n");
}

function shortened(key: string): string {
  return key.length <= 40 ? key : `${key.slice(0, 39).toWellFormed()}…`;
}
