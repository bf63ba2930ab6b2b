import { resolve } from "node:path";
import { RelearnError } from "./errors.ts";

/** Location of the database. */
export type DatabaseLocation =
  | { readonly kind: "memory" }
  | { readonly kind: "folder"; readonly folder: string }
  | { readonly kind: "server"; readonly url: string };

const DEFAULT_DATA_FOLDER = "./.relearn/data";
export const DEFAULT_PORT = 4380;

/** Parses `memory://`, `file:FOLDER` or `postgres://…`. Throws `invalid_input`. */
export function parseDatabaseUrl(url: string): DatabaseLocation {
  if (url === "memory://") return { kind: "memory" };
  if (url.startsWith("file:")) {
    const folder = url.slice("file:".length).replace(/^\/\/(?=\/)/, "");
    if (folder === "") throw invalidUrl(url);
    return { kind: "folder", folder: resolve(folder) };
  }
  if (/^postgres(ql)?:\/\//.test(url)) return { kind: "server", url };
  throw invalidUrl(url);
}

/** Returns the location given by `--database` or `--data`, else by `RELEARN_DATABASE_URL`, else `./.relearn/data`. */
export function findDatabase(
  flags: { readonly database?: string | undefined; readonly data?: string | undefined },
  environment: NodeJS.ProcessEnv,
): DatabaseLocation {
  if (flags.database !== undefined && flags.data !== undefined) {
    throw new RelearnError("invalid_input", "Give --data FOLDER or --database URL, not both.");
  }
  if (flags.data !== undefined) return { kind: "folder", folder: resolve(flags.data) };
  const url = flags.database ?? environment["RELEARN_DATABASE_URL"];
  return url === undefined || url === ""
    ? { kind: "folder", folder: resolve(DEFAULT_DATA_FOLDER) }
    : parseDatabaseUrl(url);
}

function invalidUrl(url: string): RelearnError {
  // The URL can contain a password, so the message shows its scheme only.
  const scheme = /^[a-z]+:/i.exec(url)?.[0] ?? "no scheme";
  return new RelearnError(
    "invalid_input",
    `The database URL has ${scheme}; it must be postgres://…, file:FOLDER or memory://.`,
  );
}
