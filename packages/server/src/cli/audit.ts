import type { AuditEvent } from "../audit/audit-event.ts";
import type { ChainVerification } from "../audit/audit-service.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { EXIT_CHECK_FAILED } from "./exit-code.ts";
import { formatTable, printJson, printText } from "./output.ts";

interface ListOptions extends ConnectionOptions {
  readonly agent?: string;
  readonly actor?: string;
  readonly kind?: string;
  readonly object?: string;
  readonly limit: string;
}

export const define: DefineCommand = (command) => {
  addConnectionOptions(command.command("list").description("what happened, newest first"))
    .option("--agent <agent>")
    .option("--actor <person>")
    .option("--kind <kind>", "e.g. bundle.approved")
    .option("--object <id>")
    .option("--limit <count>", "how many", "30")
    .action(async (options: ListOptions) => {
      const { agent, actor, kind, object, limit } = options;
      const { events } = await withApi(options, (api) =>
        api.get<{ events: AuditEvent[] }>("/v1/audit", { agent, actor, kind, object, limit }),
      );
      if (options.json) return printJson(events);
      if (events.length === 0) return printText("No event matches.");
      printText(
        formatTable(
          ["#", "time (UTC)", "actor", "event", "object"],
          events.map((event) => [
            String(event.sequence),
            event.at.slice(0, 19).replace("T", " "),
            event.actor_kind === "asserted" ? `${event.actor} (asserted)` : event.actor,
            event.kind,
            event.object,
          ]),
          ["right"],
        ),
      );
    });
  addConnectionOptions(
    command.command("verify").description("walk the hash chain and say whether it is intact"),
  ).action(async (options: ConnectionOptions) => {
    const verdict = await withApi(options, (api) => api.get<ChainVerification>("/v1/audit/verification"));
    if (!verdict.intact) process.exitCode = EXIT_CHECK_FAILED;
    if (options.json) return printJson(verdict);
    printText(
      verdict.intact
        ? `The chain is intact: ${verdict.events} events, head ${verdict.head.slice(0, 12)}.`
        : `The chain is broken after ${verdict.events} intact events. ${verdict.fault.message}`,
    );
  });
};
