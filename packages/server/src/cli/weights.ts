import type { JudgeWeightReport, JudgeWeightUpdate } from "@relearn/contract";
import { path } from "./api.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatTable, printJson, printText } from "./output.ts";

export const define: DefineCommand = (command) => {
  addConnectionOptions(
    command.command("show").description("Show the weights of an agent's judges").argument("<agent>"),
  ).action(async (agent: string, options: ConnectionOptions) => {
    const report = await withApi(options, (api) =>
      api.get<JudgeWeightReport>(path`/v1/judges/${agent}/weights`),
    );
    if (options.json) return printJson(report);
    printText(
      formatTable(
        ["judge", "weight", "predictions", "agreement", "calibration error"],
        Object.entries(report.weights).map(([judge, weight]) => {
          const evidence = report.judges[judge];
          return [
            judge,
            weight.toFixed(3),
            String(evidence?.predictions ?? 0),
            evidence?.agreement?.toFixed(3) ?? "",
            evidence?.calibration_error?.toFixed(3) ?? "",
          ];
        }),
        ["left", "right", "right", "right", "right"],
      ),
    );
    if (report.updated_at === null) {
      printText("\nNot updated yet: these are the default weights. Next: relearn weights update");
    } else if (report.defaults) {
      printText(
        "\nNo evaluation results in the last 30 days: these are the default weights. Next: relearn import evaluations FILE",
      );
    }
  });
  addConnectionOptions(
    command
      .command("update")
      .description("Update the weights from the current labels")
      .option("--agent <agent>", "only this agent"),
  ).action(async (options: ConnectionOptions & { agent?: string }) => {
    const { updates } = await withApi(options, (api) =>
      api.post<{ updates: JudgeWeightUpdate[] }>("/v1/judges/update", {
        ...(options.agent === undefined ? {} : { agent: options.agent }),
      }),
    );
    if (options.json) return printJson(updates);
    for (const update of updates) {
      const weights = Object.entries(update.weights).map(
        ([judge, weight]) => `${judge} ${weight.toFixed(3)}`,
      );
      printText(
        update.defaults
          ? `${update.agent}: no evaluation results in the last 30 days; the default weights are unchanged.`
          : `${update.agent}: ${weights.join(", ")} (${update.labels} labeled results).`,
      );
    }
  });
};
