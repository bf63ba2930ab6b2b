import { randomBytes } from "node:crypto";
import { type Command, Option } from "commander";
import { assertedActor } from "../actor.ts";
import { findDatabase } from "../config.ts";
import { findFolderHolder } from "../db/data-folder-lock.ts";
import { RelearnError } from "../errors.ts";
import { type Api, createApi } from "./api.ts";

/** Options of every command that uses an installation: where it is, and who acts. */
export interface ConnectionOptions {
  readonly data?: string;
  readonly database?: string;
  readonly url?: string;
  readonly as?: string;
  readonly json?: boolean;
}

/** Adds --json to a command and, under a heading of their own, --data, --database, --url and --as. */
export function addConnectionOptions(command: Command): Command {
  command.option("--json", "print JSON, for programs");
  for (const [flags, description] of [
    ["--data <folder>", "folder of the embedded database (default: ./.relearn/data)"],
    ["--database <url>", "database: postgres://…, file:FOLDER or memory:// (default: $RELEARN_DATABASE_URL)"],
    ["--url <address>", "address of a running service (default: $RELEARN_URL)"],
    [
      "--as <person>",
      "person to act as (default: the key's person, else $RELEARN_ACTOR, else the system user)",
    ],
  ] as const) {
    command.addOption(new Option(flags, description).helpGroup("Connection options:"));
  }
  return command;
}

/**
 * Runs `work` against the installation that the options name: the service at `--url`, the service that holds
 * the data folder, or the database, which is opened in this process and closed afterwards.
 *
 * The key in RELEARN_API_KEY proves who acts. It is not an option because other users of the machine can read a
 * command line. Without a key, a command on the machine that holds the data has that machine's rights, by the
 * token in the folder's lock, and acts under the name that it asserts.
 */
export async function withApi<Result>(
  options: ConnectionOptions,
  work: (api: Api) => Promise<Result>,
): Promise<Result> {
  const key = process.env["RELEARN_API_KEY"] || undefined;
  const asserted = assertedActor(options.as, process.env);
  // With a key, send a name only if `--as` gives one; the service refuses a name that is not the key's.
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
  // Imported here, because a command that uses a running service needs none of it.
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
        `The service at ${address} does not respond. Start it with \`relearn serve\`, or give another address with --url.`,
        { cause: error },
      );
    }
  };
}
