import type { DefineCommand } from "./command.ts";
import type { ConnectionOptions } from "./connection.ts";
import { parseWholeNumber } from "./parse-number.ts";

interface ServeOptions extends Pick<ConnectionOptions, "data" | "database"> {
  readonly host: string;
  readonly port?: number;
}

export const define: DefineCommand = (command) => {
  command
    .option("--data <folder>", "folder of the embedded database (default: ./.relearn/data)")
    .option(
      "--database <url>",
      "database: postgres://…, file:FOLDER or memory:// (default: $RELEARN_DATABASE_URL)",
    )
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option(
      "--port <number>",
      "port to listen on (default: 4380, or the next free port)",
      parseWholeNumber(0, 65_535),
    )
    .action(async (options: ServeOptions) => {
      const { runService } = await import("../run-service.ts");
      const service = await runService({ ...options, environment: process.env });
      process.stdout.write(`Relearn serves ${service.place} at ${service.address} (Ctrl-C stops it).\n`);
      await service.stopped;
    });
};
