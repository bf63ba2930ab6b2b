/**
 * Kysely on PGlite, safe under concurrency.
 *
 * PGlite is one PostgreSQL backend in this process: one session, so one transaction at a time. Kysely's own
 * PGlite driver hands the same connection to everybody at once: a statement issued beside an open transaction
 * then runs *inside* it, and a second transaction overwrites the first one's handles. Here a connection is
 * held exclusively from acquire to release, as a pool of size one, and plain BEGIN, COMMIT and ROLLBACK do.
 * Other code that uses the same PGlite must go through the same `Exclusive`.
 *
 * Trap: code inside a transaction that waits for a statement outside it waits for ever. Services therefore
 * hand the transaction down to every store they call.
 */
import type { PGlite } from "@electric-sql/pglite";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from "kysely";
import type { Exclusive } from "./exclusive.ts";

export function embeddedDialect(pglite: PGlite, exclusive: Exclusive): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new EmbeddedDriver(pglite, exclusive),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

class EmbeddedDriver implements Driver {
  readonly #pglite: PGlite;
  readonly #exclusive: Exclusive;
  readonly #releases = new WeakMap<DatabaseConnection, () => void>();
  /** Rows changed since the statistics were refreshed, and in all before. */
  readonly #changedRows = { before: 0, since: 0 };

  constructor(pglite: PGlite, exclusive: Exclusive) {
    this.#pglite = pglite;
    this.#exclusive = exclusive;
  }

  async init(): Promise<void> {
    await this.#pglite.waitReady;
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const release = await this.#exclusive.acquire();
    const connection = new EmbeddedConnection(this.#pglite, this.#changedRows);
    this.#releases.set(connection, release);
    return connection;
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    try {
      await this.#refreshStatistics();
    } finally {
      this.#releases.get(connection)?.();
    }
  }

  /**
   * PGlite runs no autovacuum, so its planner would know nothing of tables that have grown: a look over 2,400
   * units then takes 4.4 s in place of 5 ms (measured; the plan joins by a scan for each row).
   */
  async #refreshStatistics(): Promise<void> {
    if (this.#changedRows.since < Math.max(MIN_CHANGED_ROWS, this.#changedRows.before * REFRESH_SHARE))
      return;
    this.#changedRows.before += this.#changedRows.since;
    this.#changedRows.since = 0;
    await this.#pglite.exec("analyze");
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const isolation = settings.isolationLevel ? ` isolation level ${settings.isolationLevel}` : "";
    const access = settings.accessMode ? ` ${settings.accessMode}` : "";
    await connection.executeQuery(CompiledQuery.raw(`begin${isolation}${access}`));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("commit"));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("rollback"));
  }

  async destroy(): Promise<void> {
    // The PGlite belongs to whoever made it.
  }
}

/** A refresh takes tens of milliseconds; a thousand rows are where a wrong plan begins to cost more. */
const MIN_CHANGED_ROWS = 1000;
/** As autovacuum does: again when a fifth of what there was has changed. */
const REFRESH_SHARE = 0.2;

class EmbeddedConnection implements DatabaseConnection {
  readonly #pglite: PGlite;
  readonly #changedRows: { since: number };
  constructor(pglite: PGlite, changedRows: { since: number }) {
    this.#pglite = pglite;
    this.#changedRows = changedRows;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const result = await this.#pglite.query<Row>(query.sql, [...query.parameters]);
    this.#changedRows.since += result.affectedRows ?? 0;
    return result.affectedRows === undefined
      ? { rows: result.rows }
      : { rows: result.rows, numAffectedRows: BigInt(result.affectedRows) };
  }

  // biome-ignore lint/correctness/useYield: PGlite has no cursors; large sets are read by keyset pages.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error("The embedded database does not stream; read by keyset pages.");
  }
}
