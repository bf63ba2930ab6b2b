import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { RelearnError } from "../errors.ts";
import type { Database } from "./database.ts";
import { createJoinableDatabase } from "./joinable-database.ts";
import type { Tables } from "./tables.ts";

export interface ServerDatabaseOptions {
  readonly url: string;
  /** Maximum number of connections; by default ten, which is enough for two cores and a tenth of PostgreSQL's default limit. */
  readonly maxConnections?: number;
}

/** OID of int8, which is read as a number, as PGlite does: counts and ids are far below 2^53. */
const INT8 = 20;

/** Opens a pool to a PostgreSQL server, version 15 or later. */
export async function openServerDatabase(
  options: ServerDatabaseOptions,
): Promise<Database & { readonly pool: pg.Pool }> {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: 10_000,
    options: "-c timezone=UTC",
    types: {
      getTypeParser: ((oid: number, format?: "text" | "binary") =>
        oid === INT8 && format !== "binary"
          ? Number
          : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  });
  // An idle connection that the server closes must not crash the process; the next statement opens a new one.
  pool.on("error", () => {});
  // The same for a connection closed between two statements of a transaction: its next statement fails.
  pool.on("connect", (client) => client.on("error", () => {}));
  await checkVersion(pool);
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  let closing: Promise<void> | undefined;
  return createJoinableDatabase({
    kind: "server" as const,
    pool,
    kysely,
    close() {
      closing ??= pool.end();
      return closing;
    },
  });
}

async function checkVersion(pool: pg.Pool): Promise<void> {
  try {
    const { rows } = await pool.query<{ server_version_num: string }>("show server_version_num");
    const version = Number(rows[0]?.server_version_num);
    if (version < 150_000) {
      throw new RelearnError(
        "database_unsupported",
        `The server is PostgreSQL ${Math.floor(version / 10_000)}; Relearn needs 15 or later.`,
      );
    }
  } catch (error) {
    await pool.end();
    if (error instanceof RelearnError) throw error;
    throw new RelearnError(
      "database_unavailable",
      `Could not connect to the PostgreSQL server: ${error instanceof Error ? error.message : String(error)}. ` +
        "Check the URL in --database or RELEARN_DATABASE_URL and that the server is running.",
      { cause: error },
    );
  }
}
