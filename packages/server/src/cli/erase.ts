import type { ErasureReport } from "@relearn/contract";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatTable, printJson, printText } from "./output.ts";

export const define: DefineCommand = (command) => {
  addConnectionOptions(command)
    .argument("<key>", "a task's key or a unit's id")
    .action(async (key: string, options: ConnectionOptions) => {
      const report = await withApi(options, (api) => api.post<ErasureReport>("/v1/erasures", { key }));
      if (options.json) return printJson(report);
      if (report.total === 0) {
        return printText("Nothing in the database holds payloads or notes of this key.");
      }
      const rows = Object.entries(report.erased).filter(([, count]) => count > 0);
      printText(
        [
          formatTable(
            ["table", "rows erased"],
            rows.map(([table, count]) => [table, String(count)]),
            ["left", "right"],
          ),
          "Labels, verdicts and numbers stay. The audit log holds the key's digest only.",
        ].join("\n"),
      );
    });
};
