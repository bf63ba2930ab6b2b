import type { Command } from "commander";
import { assertedActor } from "../actor.ts";
import { findDatabase } from "../config.ts";
import { findFolderHolder } from "../db/data-folder-lock.ts";
import { RelearnError } from "../errors.ts";
import { type Api, createApi } from "./api.ts";

/** The options by which every command finds the installation and says who acts. */
export interface ConnectionOptions {
  readonly data?: string;
  readonly database?: string;
  readonly url?: string;
  readonly as?: string;
  readonly json?: boolean;
}

/** Adds --data, --database, --url, --as and --json to a command. */
export function addConnectionOptions(command: Command): Command {
  return command
    .option("--data <folder>", "embedded database in this folder (default: ./.relearn/data)")
    .option("--database <url>", "postgres://…, file:FOLDER or memory:// (default: $RELEARN_DATABASE_URL)")
    .option("--url <address>", "a running service (default: $RELEARN_URL)")
    .option("--as <person>", "who acts (default: $RELEARN_ACTOR, else the system's user)")
    .option("--json", "print one JSON document, for programs");
}

/**
 * Runs `work` against the installation that the options name: a service by its address; the service that
 * holds the data folder, if one does; else the database itself, opened in this process and closed afterwards.
 */
export async function withApi<Result>(
  options: ConnectionOptions,
  work: (api: Api) => Promise<Result>,
): Promise<Result> {
  const actor = assertedActor(options.as, process.env);
  const address =
    options.url ??
    (options.data === undefined && options.database === undefined ? process.env["RELEARN_URL"] : undefined);
  if (address !== undefined && address !== "") {
    return work(
      createApi({
        baseUrl: address,
        send: sendOver(address),
        actor,
        token: process.env["RELEARN_API_KEY"],
        place: address,
      }),
    );
  }
  const location = findDatabase(options, process.env);
  if (location.kind === "folder") {
    const holder = await findFolderHolder(location.folder);
    if (holder?.address != null) {
      const { address: held, token } = holder;
      return work(createApi({ baseUrl: held, send: sendOver(held), actor, token, place: held }));
    }
  }
  // Loaded here and not above: a command that talks to a service needs none of it.
  const [{ openInstallation, createInstallationApp }, { openAuthentication }] = await Promise.all([
    import("../compose.ts"),
    import("../http/authenticate.ts"),
  ]);
  const installation = await openInstallation(location);
  try {
    const app = createInstallationApp(installation, {
      authenticate: openAuthentication(),
      reportFailure: (error) =>
        process.stderr.write(`relearn: ${error instanceof Error ? error.stack : String(error)}\n`),
    });
    const send = async (request: Request): Promise<Response> => app.fetch(request);
    return await work(createApi({ baseUrl: "http://relearn.localhost", send, actor, place: "this process" }));
  } finally {
    await installation.close();
  }
}

function sendOver(address: string): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      return await fetch(request);
    } catch (error) {
      throw new RelearnError(
        "service_unavailable",
        `The service at ${address} does not answer. Start it with \`relearn serve\`, or name another with --url.`,
        { cause: error },
      );
    }
  };
}
