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
  addConnectionOptions(
    command.command("list").description("List the agents with their classes, features and thresholds"),
  ).action(async (options: ConnectionOptions) => {
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
  });
  addConnectionOptions(
    command
      .command("show")
      .description("Show the definition of an agent, in the format of apply")
      .argument("<agent>"),
  ).action(async (name: string, options: ConnectionOptions) => {
    const agent = await withApi(options, (api) => api.get<StoredAgent>(path`/v1/agents/${name}`));
    // Prints what `agents apply` reads.
    printJson(options.json ? agent : agent.definition);
  });
  addConnectionOptions(
    command
      .command("apply")
      .description("Create or change an agent from a JSON file")
      .argument("<file>", "JSON file with the definition; - for standard input"),
  ).action(async (file: string, options: ConnectionOptions) => {
    const definition = await readJsonFile(file);
    const applied = await withApi(options, (api) => api.put<AppliedAgent>("/v1/agents", definition));
    if (options.json) return printJson(applied);
    printText(
      applied.changed
        ? `Agent ${applied.name} applied.\n\nNext: relearn import gold FILE --agent ${applied.name} --label COLUMN`
        : `Agent ${applied.name} already has this definition; nothing changed.`,
    );
  });
  addEncodingOption(command.command("suggest"))
    .description("Draft a definition from a table of labeled rows, without a database")
    .argument("<file>", "CSV with a header line, or JSONL (one object per line); - for standard input")
    .requiredOption("--label <column>", "column with the labels")
    .option("--key <column>", "column that identifies a row; it is not a feature")
    .option("--name <agent>", "name of the agent (default: the name of the file)")
    .option("--positive <label>", "label that the thresholds refer to (default: the last)")
    .addHelpText(
      "after",
      `
The definition goes to standard output; remarks and the next commands go to standard error.

Example:
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
  // Reads the file as the import does, so that the features match what the import would store.
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
  // Refuses an invalid draft now instead of at `agents apply`.
  const { parseAgentDefinition } = await import("../agents/parse-agent-definition.ts");
  printJson(parseAgentDefinition(definition));
  const counts = Object.entries(labels).map(([one, count]) => `${count.toLocaleString("en")} ${one}`);
  const keyOption = key ?? likelyKey;
  const { encoding } = options;
  process.stderr.write(
    [
      "",
      `${name}: ${definition.features.length} features from ${rows.toLocaleString("en")} rows (${counts.join(", ")}).`,
      ...(faults === 0
        ? []
        : [`! ${faults} rows cannot be read; to see why: relearn import gold ${file} --dry-run`]),
      ...notes.map((note) => `! ${note}`),
      "",
      "Next, after you have checked the definition and saved it to a file:",
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
