import type { Kysely, Transaction } from "kysely";
import type { Tables } from "./tables.ts";

/** What a store's statement runs on: the database itself, or the transaction that a service has opened. */
export type Executor = Kysely<Tables> | Transaction<Tables>;

/**
 * The port to PostgreSQL. Two adapters: `embedded-database.ts` (PGlite, one connection, in this process)
 * and `server-database.ts` (a PostgreSQL server, a pool). Both speak the same SQL and run the same tests.
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
   * Runs `work` so that every statement and transaction in it, whoever issues them, belongs to one
   * transaction: all of it commits, or nothing. For short work alone, since it holds what it locks to its end.
   */
  runAtomically<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Runs `work` as `joined` does and takes back all of it: what it would have come to, with nothing done. */
  dryRun<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Calls `effect` when what was done so far is committed: at once, or at the end of the `joined` around it. */
  afterCommit(effect: () => void): void;
  /** Ends the connections; what is committed stays. Safe to call twice. */
  close(): Promise<void>;
}
