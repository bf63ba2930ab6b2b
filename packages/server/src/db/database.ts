import type { Kysely, Transaction } from "kysely";
import type { Tables } from "./tables.ts";

/** Executes the statements of a store: the database, or a transaction opened by a service. */
export type Executor = Kysely<Tables> | Transaction<Tables>;

/**
 * Interface to PostgreSQL with two adapters: `embedded-database.ts` (PGlite, one connection, in this process)
 * and `server-database.ts` (a PostgreSQL server, a pool). Both execute the same SQL and pass the same tests.
 */
export interface Database {
  readonly kind: "embedded" | "server";
  readonly kysely: Kysely<Tables>;
  /** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
  transaction<Result>(work: (trx: Transaction<Tables>) => Promise<Result>): Promise<Result>;
  /**
   * Runs `read` in a read-only transaction of which every statement sees the database as it was at the first.
   * Inside `runAtomically` it runs in that transaction instead.
   */
  readSnapshot<Result>(read: (trx: Transaction<Tables>) => Promise<Result>): Promise<Result>;
  /**
   * Runs `work` so that every statement and transaction in it, including those of other services, belongs to one
   * transaction. For short work only, because locks are held until the end.
   */
  runAtomically<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Runs `work` as `runAtomically` does, rolls it back and returns its result. */
  dryRun<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Calls `effect` after the commit: immediately, or at the end of the enclosing `runAtomically`. */
  afterCommit(effect: () => void): void;
  /** Closes the connections. Safe to call twice. */
  close(): Promise<void>;
}
