import type { FeedReport, LoadReport } from "@relearn/contract";
import { feedNames } from "@relearn/contract/values";
import { type Command, Option } from "commander";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatTable, printJson, printText } from "./output.ts";
import { parseWholeNumber } from "./parse-number.ts";

interface LoadCommandOptions extends ConnectionOptions {
  readonly source?: string;
  readonly agent?: string;
  readonly since?: string;
  readonly limit?: number;
}

export const define: DefineCommand = (command: Command) => {
  addConnectionOptions(
    command.command("load").description("Turn new and changed signals into labeled examples"),
  )
    .addOption(new Option("--source <feed>", "load only this feed").choices(feedNames))
    .option("--agent <agent>", "with --source gold: only golden tasks of this agent")
    .option("--since <time>", "only signals of this time or later, such as 2026-03-01T00:00:00Z")
    .option("--limit <count>", "maximum number of signals to read per feed", parseWholeNumber(1, 10_000_000))
    .action(async (options: LoadCommandOptions) => {
      const { source, agent, since, limit } = options;
      const report = await withApi(options, (api) =>
        api.post<LoadReport>("/v1/feeds/load", { source, agent, since, limit }),
      );
      if (options.json) return printJson(report);
      printText(describeLoad(report));
    });
};

function describeLoad({ reports }: LoadReport): string {
  const table = formatTable(
    ["feed", "read", "loaded", "duplicates", "conflicts", "rejected", "skipped"],
    reports.map((one) => [
      one.feed,
      String(one.read),
      String(one.loaded),
      String(one.duplicates),
      String(one.conflicts),
      String(one.rejected),
      Object.entries(one.left_out)
        .map(([reason, count]) => `${count} ${reason.replaceAll("_", " ")}`)
        .join(", "),
    ]),
    ["left", "right", "right", "right", "right", "right"],
  );
  const loaded = reports.some((report) => report.loaded > 0);
  const next = loaded
    ? ["", "Next: relearn status, which shows the next step for each agent, or relearn train AGENT"]
    : [];
  return [table, ...reports.flatMap(notes), ...next].join("\n");
}

function notes(report: FeedReport): string[] {
  const lines: string[] = [];
  for (const { record_id, reason } of report.rejections.slice(0, 20)) {
    lines.push(`${report.feed}: ${record_id} is rejected: ${reason}.`);
  }
  if (report.rejected > Math.min(20, report.rejections.length)) {
    lines.push(`${report.feed}: ${report.rejected} are rejected in total.`);
  }
  if (report.waiting.length > 0) {
    const days = report.waiting.map(({ agent, day }) => `${agent} ${day}`);
    lines.push(`${report.feed}: waiting for the end of the UTC day: ${days.slice(0, 10).join(", ")}.`);
  }
  if (report.conflicts > 0) {
    lines.push(`${report.feed}: conflicts need a decision: \`relearn conflicts list\`.`);
  }
  if (report.more) lines.push(`${report.feed}: more signals remain; --limit ended this run.`);
  return lines;
}
