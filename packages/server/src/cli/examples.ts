import { Option } from "commander";
import { exampleSources, type LabeledExample } from "../labeled-examples/labeled-example.ts";
import type { Api } from "./api.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
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
  readonly format: "jsonl" | "csv";
}

interface ExamplePage {
  readonly examples: readonly LabeledExample[];
  readonly next: number | null;
}

export const define: DefineCommand = (command) => {
  const filtered = (name: string, description: string) =>
    addConnectionOptions(command.command(name).description(description))
      .option("--agent <agent>")
      .addOption(new Option("--source <source>").choices(exampleSources))
      .option("--label <label>")
      .option("--key <key>")
      .option("--superseded", "also those that another label has replaced");
  filtered("list", "labeled examples, newest first")
    .option("--limit <count>", "how many", parseWholeNumber("--limit", 1, 1000), 30)
    .action(async (options: ListOptions) => {
      const page = await withApi(options, (api) =>
        api.get<ExamplePage>("/v1/examples", { ...filterOf(options), limit: options.limit }),
      );
      if (options.json) return printJson(page.examples);
      if (page.examples.length === 0) return printText("No labeled example matches.");
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
  filtered("export", "labeled examples as JSONL or CSV, oldest first; `relearn import examples` reads both")
    .addOption(new Option("--format <format>").choices(["jsonl", "csv"]).default("jsonl"))
    .action(async (options: ExportOptions) => {
      await withApi(options, (api) => exportExamples(api, options));
    });
};

function filterOf({ agent, source, label, key, superseded }: FilterOptions) {
  return { agent, source, label, key, superseded: superseded === true ? true : undefined };
}

/** Fields of an export that an import takes back; where it was stored and when stays here. */
const csvColumns = [
  "agent",
  "key",
  "label",
  "source",
  "source_id",
  "confidence",
  "notes",
  "labeled_by",
  "created_at",
  "payload",
] as const;

/** Page by page, so that an export of any size takes little memory; ends where its reader does (`| head`). */
async function exportExamples(api: Api, options: ExportOptions): Promise<void> {
  let readerGone = false;
  process.stdout.once("error", () => {
    readerGone = true;
  });
  if (options.format === "csv") await write(`${csvColumns.join(",")}\n`);
  let after: number | null = 0;
  while (after !== null && !readerGone) {
    const page: ExamplePage = await api.get("/v1/examples", { ...filterOf(options), after, limit: 1000 });
    if (options.format === "csv") {
      await write(page.examples.map((one) => `${csvLine(one)}\n`).join(""));
    } else {
      await write(
        page.examples
          .map(({ id: _id, loaded_at: _loaded, superseded_at: _gone, ...one }) => `${JSON.stringify(one)}\n`)
          .join(""),
      );
    }
    after = page.next;
  }
}

function csvLine(example: LabeledExample): string {
  return csvColumns
    .map((column) => {
      const value = example[column];
      return csvCell(column === "payload" ? JSON.stringify(value) : String(value ?? ""));
    })
    .join(",");
}

/** RFC 4180; blanks at the ends are quoted too, or a reader would trim them. */
function csvCell(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Waits where the reader is slower than the database. */
async function write(text: string): Promise<void> {
  if (text !== "" && !process.stdout.write(text)) {
    await new Promise<void>((resolve) => {
      process.stdout.once("drain", resolve);
      process.stdout.once("error", () => resolve());
    });
  }
}
