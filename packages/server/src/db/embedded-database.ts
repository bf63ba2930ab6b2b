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
  /** Dump of a data folder to start from, for tests: ten times faster than initializing. */
  readonly loadDataDir?: Blob;
}

/**
 * Smaller than the default of 128 MB, because WebAssembly memory never shrinks; the page cache of the operating
 * system caches the rest.
 */
const SHARED_BUFFERS = "16MB";

/**
 * Opens the embedded PostgreSQL (PGlite). It survives a crash of the process, but never syncs to disk, so it is
 * not guaranteed to survive a power failure; a PostgreSQL server is.
 */
export async function openEmbeddedDatabase(
  options: EmbeddedDatabaseOptions = {},
): Promise<Database & { readonly pglite: PGlite }> {
  const pglite = await withoutTierUp(() =>
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
 * Runs `open` so that V8 compiles the WebAssembly that it loads with the baseline compiler only. The optimizing
 * compiler uses 600 MB and two seconds of CPU for a single function of PostgreSQL (wasm-function#2272, 105 kB),
 * which becomes hot in every process: a count over a million rows peaks at 690 MB with it and at 137 MB without,
 * and a scan takes 13 % longer without (`npm run bench -- million-results`; `node --trace-wasm-compilation-times`
 * shows the function).
 *
 * A module keeps its tier, so WebAssembly that is loaded later is optimized as usual. The second flag must remain
 * set: resetting it would optimize the functions that PGlite calls for the first time afterwards.
 */
async function withoutTierUp<Result>(open: () => Promise<Result>): Promise<Result> {
  setFlagsFromString("--no-wasm-dynamic-tiering");
  setFlagsFromString("--no-wasm-tier-up");
  try {
    return await open();
  } finally {
    setFlagsFromString("--wasm-dynamic-tiering");
  }
}

/** Creates the database for an open PGlite and takes ownership of it: `close` closes it. */
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
