import type { ExportFormat, LabeledExample } from "@relearn/contract";
import { exampleSources } from "@relearn/contract/values";
import { Option } from "commander";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatOption, printStream } from "./export-output.ts";
import { formatTable, printJson, printText } from "./output.ts";
import { parseWholeNumber } from "./parse-number.ts";

interface FilterOptions extends ConnectionOptions {
  readonly agent?: string;
  readonly source?: string;
  readonly label?: string;
  readonly key?: string;
  readonly superseded?: boolean;
}

interface ListOptions extends FilterOptions {
  readonly limit: number;
}

interface ExportOptions extends FilterOptions {
  readonly format: ExportFormat;
}

interface ExamplePage {
  readonly examples: readonly LabeledExample[];
  readonly next: number | null;
}

export const define: DefineCommand = (command) => {
  const filtered = (name: string, description: string) =>
    addConnectionOptions(command.command(name).description(description))
      .option("--agent <agent>", "only examples of this agent")
      .addOption(new Option("--source <source>", "only examples from this source").choices(exampleSources))
      .option("--label <label>", "only examples with this label")
      .option("--key <key>", "only examples with this key")
      .option("--superseded", "include examples that another label has replaced");
  filtered("list", "List labeled examples, newest first")
    .option("--limit <count>", "number of examples to show", parseWholeNumber(1, 1000), 30)
    .action(async (options: ListOptions) => {
      const page = await withApi(options, (api) =>
        api.get<ExamplePage>("/v1/examples", { ...toFilter(options), limit: options.limit }),
      );
      if (options.json) return printJson(page.examples);
      if (page.examples.length === 0) return printText("No labeled examples match.");
      printText(
        formatTable(
          ["id", "agent", "key", "label", "source", "confidence", "labeled (UTC)"],
          page.examples.map((one) => [
            String(one.id),
            one.agent,
            one.key.length <= 40 ? one.key : `${one.key.slice(0, 39).toWellFormed()}…`,
            one.superseded_at === null ? one.label : `${one.label} (superseded)`,
            one.source,
            String(one.confidence),
            one.created_at.slice(0, 16).replace("T", " "),
          ]),
          ["right", "left", "left", "left", "left", "right"],
        ),
      );
    });
  filtered("export", "Export labeled examples, oldest first; `relearn import examples` reads JSONL and CSV")
    .addOption(formatOption())
    .action(async (options: ExportOptions) => {
      const query = { ...toFilter(options), format: options.format };
      await withApi(options, async (api) => printStream(await api.download("/v1/examples/export", query)));
    });
};

function toFilter({ agent, source, label, key, superseded }: FilterOptions) {
  return { agent, source, label, key, superseded: superseded === true ? true : undefined };
}
