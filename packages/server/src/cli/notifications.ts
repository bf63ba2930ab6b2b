import type { AddedEndpoint, NotificationEndpoint, StoredNotification } from "@relearn/contract";
import { path } from "./api.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { EXIT_CHECK_FAILED } from "./exit-code.ts";
import { formatTable, printJson, printText } from "./output.ts";

export const define: DefineCommand = (command) => {
  addConnectionOptions(
    command.command("list").description("List the endpoints with their delivery counts"),
  ).action(async (options: ConnectionOptions) => {
    const { endpoints } = await withApi(options, (api) =>
      api.get<{ endpoints: NotificationEndpoint[] }>("/v1/notifications/endpoints"),
    );
    if (options.json) return printJson(endpoints);
    if (endpoints.length === 0) {
      return printText("There are no endpoints. Add one: relearn notifications add NAME https://…");
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
      .description("Send state changes to a webhook")
      .argument("<name>", "name of the endpoint")
      .argument("<url>", "https://…; http:// only on this machine and its private network"),
  ).action(async (name: string, url: string, options: ConnectionOptions) => {
    // From the environment, because every user of the machine can read a command line.
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
        `${added.endpoint.name} receives every state change from now on.`,
        added.secret === null
          ? "Messages are signed with the secret in RELEARN_WEBHOOK_SECRET."
          : `Secret, shown only once: ${added.secret}`,
        `Next: relearn notifications test ${added.endpoint.name}`,
      ].join("\n"),
    );
  });

  addConnectionOptions(command.command("remove").description("Remove an endpoint").argument("<name>")).action(
    async (name: string, options: ConnectionOptions) => {
      const removed = await withApi(options, (api) =>
        api.delete<{ removed: string }>(path`/v1/notifications/endpoints/${name}`),
      );
      if (options.json) return printJson(removed);
      printText(`${removed.removed} is removed and receives no more messages.`);
    },
  );

  addConnectionOptions(
    command.command("test").description("Send a test message now").argument("<name>"),
  ).action(async (name: string, options: ConnectionOptions) => {
    const message = await withApi(options, (api) =>
      api.post<StoredNotification>(path`/v1/notifications/endpoints/${name}/test`),
    );
    if (message.state !== "delivered") process.exitCode = EXIT_CHECK_FAILED;
    if (options.json) return printJson(message);
    printText(
      message.state === "delivered"
        ? `Delivered to ${name}: ${message.message_id}.`
        : `Not delivered to ${name}. ${message.last_error ?? ""}`,
    );
  });
};
