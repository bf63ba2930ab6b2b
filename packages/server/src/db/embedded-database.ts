import { setFlagsFromString } from "node:v8";
import { PGlite } from "@electric-sql/pglite";
import { Kysely } from "kysely";
import type { Database } from "./database.ts";
import { embeddedDialect } from "./embedded-dialect.ts";
import { Exclusive } from "./exclusive.ts";
import { createJoinableDatabase } from "./joinable-database.ts";
import type { Tables } from "./tables.ts";

export interface EmbeddedDatabaseOptions {
  /** Folder of the database; undefined: in memory. The caller holds the folder's lock (`data-folder-lock.ts`). */
  readonly folder?: string;
  /** A dump of a data folder to begin from, for tests: ten times faster than initialising. */
  readonly loadDataDir?: Blob;
}

/**
 * Of the default 128 MB none is ever given back, as WebAssembly's memory only grows; what PostgreSQL does not
 * keep, the operating system's page cache does.
 */
const SHARED_BUFFERS = "16MB";

/**
 * Opens the embedded PostgreSQL (PGlite). It survives a crash of the process but never syncs to disk, so it
 * does not promise to survive a loss of power; a server PostgreSQL does.
 */
export async function openEmbeddedDatabase(
  options: EmbeddedDatabaseOptions = {},
): Promise<Database & { readonly pglite: PGlite }> {
  const pglite = await compiledOnce(() =>
    PGlite.create({
      startParams: [...PGlite.defaultStartParams, "-c", `shared_buffers=${SHARED_BUFFERS}`],
      ...(options.folder === undefined ? {} : { dataDir: options.folder }),
      ...(options.loadDataDir === undefined ? {} : { loadDataDir: options.loadDataDir }),
    }),
  );
  await pglite.exec("set timezone to 'UTC'");
  return onPglite(pglite);
}

/**
 * Runs `open` so that V8 compiles the WebAssembly that it loads with the fast compiler alone. The optimising one
 * takes 600 MB and two seconds of a core for a single function of PostgreSQL (wasm-function#2272, 105 kB), which
 * every process soon finds hot: 690 MB at the peak of a count over a million rows, 137 MB without, for 13 % more
 * time on a scan (`npm run bench -- million-results`; `node --trace-wasm-compilation-times` names the function).
 *
 * A module keeps what it was compiled with, so WebAssembly that is loaded later is optimised as ever. That holds as
 * long as the second flag stays as it is here: set back, it would optimise what PGlite first calls from then on.
 */
async function compiledOnce<Result>(open: () => Promise<Result>): Promise<Result> {
  setFlagsFromString("--no-wasm-dynamic-tiering");
  setFlagsFromString("--no-wasm-tier-up");
  try {
    return await open();
  } finally {
    setFlagsFromString("--wasm-dynamic-tiering");
  }
}

/** The port on a PGlite that is open. It belongs to the port from here on: `close` closes it. */
export function onPglite(pglite: PGlite): Database & { readonly pglite: PGlite } {
  const exclusive = new Exclusive();
  const kysely = new Kysely<Tables>({ dialect: embeddedDialect(pglite, exclusive) });
  return createJoinableDatabase({
    kind: "embedded" as const,
    pglite,
    kysely,
    async close() {
      const release = await exclusive.acquire();
      try {
        if (!pglite.closed) await pglite.close();
      } finally {
        release();
      }
    },
  });
}
