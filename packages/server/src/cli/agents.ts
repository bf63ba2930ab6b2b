import { readFile } from "node:fs/promises";
import type { AppliedAgent } from "../agents/agent-service.ts";
import type { StoredAgent } from "../agents/agent-store.ts";
import { RelearnError } from "../errors.ts";
import { path } from "./api.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatTable, printJson, printText } from "./output.ts";

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
    command.command("apply").description("define or change an agent from a JSON file").argument("<file>"),
  ).action(async (file: string, options: ConnectionOptions) => {
    const definition = await readJsonFile(file);
    const applied = await withApi(options, (api) => api.put<AppliedAgent>("/v1/agents", definition));
    if (options.json) return printJson(applied);
    printText(
      applied.changed
        ? `Agent ${applied.name} applied.`
        : `Agent ${applied.name} stood like that already; nothing changed.`,
    );
  });
};

async function readJsonFile(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new RelearnError(
      "invalid_input",
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      { cause: error },
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RelearnError(
      "invalid_input",
      `${file} is not JSON: ${error instanceof Error ? error.message : String(error)}.`,
      { cause: error },
    );
  }
}
