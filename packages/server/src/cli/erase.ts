import type { ErasureReport } from "@relearn/contract";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatTable, printJson, printText } from "./output.ts";

export const define: DefineCommand = (command) => {
  addConnectionOptions(command)
    .argument("<key>", "task key or unit id")
    .action(async (key: string, options: ConnectionOptions) => {
      const report = await withApi(options, (api) => api.post<ErasureReport>("/v1/erasures", { key }));
      if (options.json) return printJson(report);
      if (report.total === 0) {
        return printText("No payloads or notes of this key are stored.");
      }
      const rows = Object.entries(report.erased).filter(([, count]) => count > 0);
      printText(
        [
          formatTable(
            ["table", "rows erased"],
            rows.map(([table, count]) => [table, String(count)]),
            ["left", "right"],
          ),
          "Labels, verdicts and numbers remain. The audit log has only the digest of the key.",
        ].join("\n"),
      );
    });
};
