import { randomBytes } from "node:crypto";
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
    .option(
      "--as <person>",
      "who acts (default: the key's person, else $RELEARN_ACTOR, else the system's user)",
    )
    .option("--json", "print one JSON document, for programs");
}

/**
 * Runs `work` against the installation that the options name: a service by its address; the service that
 * holds the data folder, if one does; else the database itself, opened in this process and closed afterwards.
 *
 * Who acts is proven by the key in RELEARN_API_KEY (no option: other users of the machine can read a command
 * line). Without one, a command on the machine that holds the data acts with that machine's rights under the
 * name it asserts: by the token in the folder's lock, or on the database itself in the same way.
 */
export async function withApi<Result>(
  options: ConnectionOptions,
  work: (api: Api) => Promise<Result>,
): Promise<Result> {
  const key = process.env["RELEARN_API_KEY"] || undefined;
  const asserted = assertedActor(options.as, process.env);
  // With a key only a name that was asked for is sent, and the service refuses it where it is not the key's.
  const actor = key === undefined || options.as !== undefined ? asserted : undefined;
  const address =
    options.url ??
    (options.data === undefined && options.database === undefined ? process.env["RELEARN_URL"] : undefined);
  if (address !== undefined && address !== "") {
    return work(createApi({ baseUrl: address, send: sendOver(address), actor, token: key, place: address }));
  }
  const location = findDatabase(options, process.env);
  if (location.kind === "folder") {
    const holder = await findFolderHolder(location.folder);
    if (holder?.address != null) {
      const { address: held, token } = holder;
      return work(
        createApi({ baseUrl: held, send: sendOver(held), actor, token: key ?? token, place: held }),
      );
    }
  }
  // Loaded here and not above: a command that talks to a service needs none of it.
  const [{ openInstallation, createInstallationApp }, { serviceAuthentication }] = await Promise.all([
    import("../compose.ts"),
    import("../api/authenticate.ts"),
  ]);
  const installation = await openInstallation(location);
  try {
    const machineToken = randomBytes(24).toString("base64url");
    const app = createInstallationApp(installation, {
      authenticate: serviceAuthentication({ access: installation.access, machineToken }),
      reportFailure: (error) =>
        process.stderr.write(`relearn: ${error instanceof Error ? error.stack : String(error)}\n`),
    });
    return await work(
      createApi({
        baseUrl: "http://relearn.localhost",
        send: async (request) => app.fetch(request),
        actor,
        token: key ?? machineToken,
        place: "this process",
      }),
    );
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
