import type { LabelConflict } from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import { path } from "./api.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatTable, printJson, printText } from "./output.ts";
import { parseWholeNumber } from "./parse-number.ts";

interface ListOptions extends ConnectionOptions {
  readonly agent?: string;
  readonly all?: boolean;
  readonly limit: number;
}

interface SettleOptions extends ConnectionOptions {
  readonly keepOld?: boolean;
  readonly takeNew?: boolean;
}

export const define: DefineCommand = (command) => {
  addConnectionOptions(
    command.command("list").description("List records that arrived again with another label"),
  )
    .option("--agent <agent>", "only conflicts of this agent")
    .option("--all", "include settled conflicts")
    .option("--limit <count>", "number of conflicts to show", parseWholeNumber(1, 1000), 30)
    .action(async (options: ListOptions) => {
      const { agent, limit } = options;
      const { conflicts } = await withApi(options, (api) =>
        api.get<{ conflicts: LabelConflict[] }>("/v1/conflicts", {
          agent,
          limit,
          state: options.all ? undefined : "open",
        }),
      );
      if (options.json) return printJson(conflicts);
      if (conflicts.length === 0) return printText("There are no open conflicts.");
      printText(
        formatTable(
          ["id", "agent", "key", "source", "old", "by", "at (UTC)", "new", "by", "at (UTC)", "state"],
          conflicts.map((one) => [
            String(one.id),
            one.agent,
            one.key,
            one.source,
            one.kept_label,
            one.kept?.labeled_by ?? "",
            minuteText(one.kept?.created_at),
            one.offered_label,
            one.offered.labeled_by ?? "",
            minuteText(one.offered.created_at ?? one.created_at),
            one.state.replace("_", " "),
          ]),
          ["right"],
        ),
      );
    });
  addConnectionOptions(
    command
      .command("settle")
      .description("Settle a conflict: keep the old label or take the new one")
      .argument("<id>"),
  )
    .option("--keep-old", "keep the old label")
    .option("--take-new", "replace it with the new label; the old row is kept as superseded")
    .action(async (id: string, options: SettleOptions) => {
      if ((options.keepOld === true) === (options.takeNew === true)) {
        throw new RelearnError("invalid_input", "Give exactly one of --keep-old and --take-new.");
      }
      const settled = await withApi(options, (api) =>
        api.post<LabelConflict>(path`/v1/conflicts/${id}/settle`, {
          settlement: options.keepOld ? "keep_old" : "take_new",
        }),
      );
      if (options.json) return printJson(settled);
      printText(
        settled.state === "kept_old"
          ? `Conflict ${settled.id} is settled: ${settled.key} keeps the label ${settled.kept_label}.`
          : `Conflict ${settled.id} is settled: ${settled.key} now has the label ${settled.offered_label}; the old row is kept as superseded.`,
      );
    });
};

const minuteText = (at: string | undefined): string => at?.slice(0, 16).replace("T", " ") ?? "";
