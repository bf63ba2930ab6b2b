import type { ChangedSetting, SettingDocument } from "@relearn/contract";
import { path } from "./api.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatTable, printJson, printText } from "./output.ts";

export const define: DefineCommand = (command) => {
  addConnectionOptions(command.command("list").description("List the settings with their values")).action(
    async (options: ConnectionOptions) => {
      const { settings } = await withApi(options, (api) =>
        api.get<{ settings: SettingDocument[] }>("/v1/settings"),
      );
      if (options.json) return printJson(settings);
      printText(
        formatTable(
          ["setting", "value", "set by", "description"],
          settings.map((setting) => [
            setting.key,
            JSON.stringify(setting.value),
            setting.updated_by ?? "default",
            setting.description,
          ]),
        ),
      );
    },
  );
  addConnectionOptions(
    command.command("get").description("Show the value of a setting").argument("<key>"),
  ).action(async (key: string, options: ConnectionOptions) => {
    const setting = await withApi(options, (api) => api.get<SettingDocument>(path`/v1/settings/${key}`));
    printJson(options.json ? setting : setting.value);
  });
  addConnectionOptions(
    command
      .command("set")
      .description("Change a setting")
      .argument("<key>", "name of the setting")
      .argument("<value>", "text, on, off, a number or JSON"),
  ).action(async (key: string, value: string, options: ConnectionOptions) => {
    const changed = await withApi(options, (api) =>
      api.put<ChangedSetting>(path`/v1/settings/${key}`, { value: readValue(value) }),
    );
    printChange(changed, options);
  });
  addConnectionOptions(
    command.command("reset").description("Reset a setting to its default").argument("<key>"),
  ).action(async (key: string, options: ConnectionOptions) => {
    printChange(
      await withApi(options, (api) => api.delete<ChangedSetting>(path`/v1/settings/${key}`)),
      options,
    );
  });
};

function printChange({ setting, changed }: ChangedSetting, options: ConnectionOptions): void {
  const value = JSON.stringify(setting.value);
  if (options.json) printJson({ setting, changed });
  else if (changed) printText(`${setting.key} is now ${value}.`);
  else printText(`${setting.key} is already ${value}; nothing changed.`);
}

function readValue(text: string): unknown {
  if (text === "on") return true;
  if (text === "off") return false;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
