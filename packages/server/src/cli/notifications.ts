import type { AddedEndpoint, NotificationEndpoint, StoredNotification } from "@relearn/contract";
import { path } from "./api.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { EXIT_CHECK_FAILED } from "./exit-code.ts";
import { formatTable, printJson, printText } from "./output.ts";

export const define: DefineCommand = (command) => {
  addConnectionOptions(
    command.command("list").description("where state changes are told, and how that goes"),
  ).action(async (options: ConnectionOptions) => {
    const { endpoints } = await withApi(options, (api) =>
      api.get<{ endpoints: NotificationEndpoint[] }>("/v1/notifications/endpoints"),
    );
    if (options.json) return printJson(endpoints);
    if (endpoints.length === 0) {
      return printText("Nobody is told. Add an endpoint: relearn notifications add NAME https://…");
    }
    printText(
      formatTable(
        ["endpoint", "address", "delivered", "waiting", "dead", "last error"],
        endpoints.map((one) => [
          one.name,
          one.url,
          String(one.delivered),
          String(one.waiting),
          String(one.dead),
          one.last_error ?? "",
        ]),
        ["left", "left", "right", "right", "right"],
      ),
    );
  });

  addConnectionOptions(
    command
      .command("add")
      .description("tell state changes to a webhook")
      .argument("<name>")
      .argument("<url>", "https://…; http:// on this machine and its private network"),
  ).action(async (name: string, url: string, options: ConnectionOptions) => {
    // From the environment: what stands on a command line can be read by every user of the machine.
    const secret = process.env["RELEARN_WEBHOOK_SECRET"];
    const added = await withApi(options, (api) =>
      api.put<AddedEndpoint>(path`/v1/notifications/endpoints/${name}`, {
        url,
        ...(secret === undefined || secret === "" ? {} : { secret }),
      }),
    );
    if (options.json) return printJson(added);
    printText(
      [
        `${added.endpoint.name} is told of every state change from now on.`,
        added.secret === null
          ? "Messages are signed with the secret in RELEARN_WEBHOOK_SECRET."
          : `Secret, shown this once: ${added.secret}`,
        `Next: relearn notifications test ${added.endpoint.name}`,
      ].join("\n"),
    );
  });

  addConnectionOptions(
    command.command("remove").description("tell an endpoint nothing more").argument("<name>"),
  ).action(async (name: string, options: ConnectionOptions) => {
    const removed = await withApi(options, (api) =>
      api.delete<{ removed: string }>(path`/v1/notifications/endpoints/${name}`),
    );
    if (options.json) return printJson(removed);
    printText(`${removed.removed} is told nothing more.`);
  });

  addConnectionOptions(
    command.command("test").description("send a test message now").argument("<name>"),
  ).action(async (name: string, options: ConnectionOptions) => {
    const message = await withApi(options, (api) =>
      api.post<StoredNotification>(path`/v1/notifications/endpoints/${name}/test`),
    );
    if (message.state !== "delivered") process.exitCode = EXIT_CHECK_FAILED;
    if (options.json) return printJson(message);
    printText(
      message.state === "delivered"
        ? `${name} has it: ${message.message_id}.`
        : `${name} did not take it. ${message.last_error ?? ""}`,
    );
  });
};
