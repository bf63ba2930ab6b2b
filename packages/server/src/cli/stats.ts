import type { LabelStats } from "@relearn/contract";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatTable, printJson, printText } from "./output.ts";

export const define: DefineCommand = (command) => {
  addConnectionOptions(command).action(async (options: ConnectionOptions) => {
    const stats = await withApi(options, (api) => api.get<LabelStats>("/v1/stats"));
    if (options.json) return printJson(stats);
    printText(describeStats(stats));
  });
};

function describeStats(stats: LabelStats): string {
  if (stats.total === 0) {
    return "There are no labeled examples. Next: relearn import examples FILE, or import signals and then relearn feeds load";
  }
  const sources = Object.entries(stats.by_source).map(([source, count]) => `${source} ${count}`);
  const rows = Object.entries(stats.by_label).flatMap(([agent, labels]) =>
    Object.entries(labels)
      .sort(([, a], [, b]) => b - a)
      .map(([label, count], place) => [
        place === 0 ? agent : "",
        shortened(label),
        String(count),
        `${((100 * count) / stats.by_agent[agent]!).toFixed(1)} %`,
      ]),
  );
  return [
    `${stats.total} labeled examples (${sources.join(", ")}), ${stats.recent_7d} of them from the last 7 days.`,
    "",
    formatTable(["agent", "label", "examples", "share"], rows, ["left", "left", "right", "right"]),
  ].join("\n");
}

function shortened(label: string): string {
  return label.length <= 40 ? label : `${label.slice(0, 39).toWellFormed()}…`;
}
