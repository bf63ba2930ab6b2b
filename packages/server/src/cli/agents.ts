import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { text } from "node:stream/consumers";
import type { AppliedAgent, StoredAgent } from "@relearn/contract";
import { DEFAULT_ENCODING } from "@relearn/contract/table";
import { TableSurvey, toAgentName } from "../agents/suggest-definition.ts";
import { RelearnError } from "../errors.ts";
import { path } from "./api.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { addEncodingOption, type EncodingOptions } from "./encoding-option.ts";
import { openImport } from "./import-records.ts";
import { formatTable, printJson, printText } from "./output.ts";
import { ProgressLine } from "./progress.ts";

export const define: DefineCommand = (command) => {
  addConnectionOptions(command.command("list").description("the agents and what they decide")).action(
    async (options: ConnectionOptions) => {
      const { agents } = await withApi(options, (api) => api.get<{ agents: StoredAgent[] }>("/v1/agents"));
      if (options.json) return printJson(agents);
      printText(
        formatTable(
          ["agent", "classes", "features", "thresholds", "built in"],
          agents.map(({ definition, built_in }) => [
            definition.name,
            definition.classes?.join(", ") ?? "as found in the labels",
            String(definition.features.length),
            definition.thresholds?.map((threshold) => threshold.name).join(", ") ?? "",
            built_in ? "yes" : "",
          ]),
          ["left", "left", "right"],
        ),
      );
    },
  );
  addConnectionOptions(
    command.command("show").description("one agent's definition").argument("<agent>"),
  ).action(async (name: string, options: ConnectionOptions) => {
    const agent = await withApi(options, (api) => api.get<StoredAgent>(path`/v1/agents/${name}`));
    // The definition is JSON by nature: this prints what `agents apply` takes.
    printJson(options.json ? agent : agent.definition);
  });
  addConnectionOptions(
    command
      .command("apply")
      .description("define or change an agent from a JSON file")
      .argument("<file>", "the definition; - for standard input"),
  ).action(async (file: string, options: ConnectionOptions) => {
    const definition = await readJsonFile(file);
    const applied = await withApi(options, (api) => api.put<AppliedAgent>("/v1/agents", definition));
    if (options.json) return printJson(applied);
    printText(
      applied.changed
        ? `Agent ${applied.name} applied.\n\nNext: relearn import gold FILE --agent ${applied.name} --label COLUMN`
        : `Agent ${applied.name} stood like that already; nothing changed.`,
    );
  });
  addEncodingOption(command.command("suggest"))
    .description("write a definition from a table of labeled rows; needs no database")
    .argument("<file>", "CSV with a header line, or JSONL: one object a line; - for standard input")
    .requiredOption("--label <column>", "the column that holds the answer")
    .option("--key <column>", "the column that tells rows apart, which is no feature")
    .option("--name <agent>", "what to call the agent (default: as the file)")
    .option("--positive <label>", "the answer that thresholds are about (default: the last)")
    .addHelpText(
      "after",
      `
The definition goes to standard output, what to know about it to standard error:
  relearn agents suggest orders.csv --label late --key order_id > orders.json
  relearn agents apply orders.json`,
    )
    .action(suggest);
};

interface SuggestOptions extends EncodingOptions {
  readonly label: string;
  readonly key?: string;
  readonly name?: string;
  readonly positive?: string;
}

async function suggest(file: string, options: SuggestOptions): Promise<void> {
  const { label, key, positive } = options;
  const name = options.name ?? toAgentName(file === "-" ? "table" : basename(file));
  // As the import reads it, so that the features are of what would be stored.
  const source = await openImport(file, { encoding: options.encoding }, { kind: "examples", label, key });
  const survey = new TableSurvey();
  const progress = new ProgressLine();
  let rows = 0;
  let faults = 0;
  try {
    for await (const record of source.records()) {
      rows += 1;
      if ("fault" in record) faults += 1;
      else survey.add(record.document["payload"] as Record<string, unknown>, describeLabel(record.document));
      if (rows % 10_000 === 0) {
        progress.show(
          source.bytes === undefined ? undefined : source.bytesRead() / Math.max(1, source.bytes),
          `${rows.toLocaleString("en")} rows`,
        );
      }
    }
  } finally {
    progress.clear();
  }
  const { definition, notes, labels, likelyKey } = survey.suggest(name, {
    positive,
    hasKey: key !== undefined,
  });
  // Refused here and not when it is applied.
  const { parseAgentDefinition } = await import("../agents/parse-agent-definition.ts");
  printJson(parseAgentDefinition(definition));
  const counts = Object.entries(labels).map(([one, count]) => `${count.toLocaleString("en")} ${one}`);
  const keyOption = key ?? likelyKey;
  const { encoding } = options;
  process.stderr.write(
    [
      "",
      `${name}: ${definition.features.length} features from ${rows.toLocaleString("en")} rows (${counts.join(", ")}).`,
      ...(faults === 0 ? [] : [`! ${faults} rows cannot be read; the import says why.`]),
      ...notes.map((note) => `! ${note}`),
      "",
      "Next, once the definition says what you mean and stands in a file:",
      "  relearn agents apply DEFINITION.json",
      `  relearn import gold ${file} --agent ${name} --label ${label}${keyOption === undefined ? "" : ` --key ${keyOption}`}${encoding === DEFAULT_ENCODING ? "" : ` --encoding ${encoding}`}`,
      "",
    ].join("\n"),
  );
}

function describeLabel(document: Readonly<Record<string, unknown>>): string {
  const label = document["label"];
  return typeof label === "string" ? label : "";
}

async function readJsonFile(file: string): Promise<unknown> {
  let content: string;
  try {
    content = file === "-" ? await text(process.stdin) : await readFile(file, "utf8");
  } catch (error) {
    throw new RelearnError(
      "invalid_input",
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      { cause: error },
    );
  }
  try {
    return JSON.parse(content.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new RelearnError(
      "invalid_input",
      `${file} is not JSON: ${error instanceof Error ? error.message : String(error)}.`,
      { cause: error },
    );
  }
}
