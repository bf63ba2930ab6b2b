import type { AuditEvent, ChainVerification, ExportFormat } from "@relearn/contract";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { EXIT_CHECK_FAILED } from "./exit-code.ts";
import { formatOption, printStream } from "./export-output.ts";
import { formatTable, printJson, printText } from "./output.ts";

interface FilterOptions extends ConnectionOptions {
  readonly agent?: string;
  readonly actor?: string;
  readonly kind?: string;
  readonly object?: string;
}

interface ListOptions extends FilterOptions {
  readonly limit: string;
}

interface ExportOptions extends FilterOptions {
  readonly format: ExportFormat;
}

export const define: DefineCommand = (command) => {
  const filtered = (name: string, description: string) =>
    addConnectionOptions(command.command(name).description(description))
      .option("--agent <agent>", "only events of this agent")
      .option("--actor <person>", "only events of this person")
      .option("--kind <kind>", "only events of this kind, such as bundle.approved")
      .option("--object <id>", "only events about this object");
  filtered("list", "List events, newest first")
    .option("--limit <count>", "number of events to show", "30")
    .action(async (options: ListOptions) => {
      const query = { ...toFilter(options), limit: options.limit };
      const { events } = await withApi(options, (api) =>
        api.get<{ events: AuditEvent[] }>("/v1/audit", query),
      );
      if (options.json) return printJson(events);
      if (events.length === 0) return printText("No events match.");
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
  filtered("export", "Export all events, oldest first")
    .addOption(formatOption())
    .action(async (options: ExportOptions) => {
      const query = { ...toFilter(options), format: options.format };
      await withApi(options, async (api) => printStream(await api.download("/v1/audit/export", query)));
    });
  addConnectionOptions(
    command.command("verify").description("Verify the hash chain of the audit log"),
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

function toFilter({ agent, actor, kind, object }: FilterOptions) {
  return { agent, actor, kind, object };
}
