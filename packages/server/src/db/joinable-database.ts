import { AsyncLocalStorage } from "node:async_hooks";
import { type Kysely, sql, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import { Exclusive } from "./exclusive.ts";
import type { Tables } from "./tables.ts";

/** Transaction shared by everything within a call of `runAtomically`. */
interface JoinedTransaction {
  readonly trx: Transaction<Tables>;
  /** Serializes the nested transactions, because savepoints can nest but not overlap. */
  readonly parts: Exclusive;
  readonly afterCommit: (() => void)[];
  ended: boolean;
}

class RollbackSignal extends Error {}

/** Members that an adapter implements; the others are the same for all adapters. */
export type DatabaseAdapter = Omit<
  Database,
  "kysely" | "transaction" | "readSnapshot" | "runAtomically" | "dryRun" | "afterCommit"
> & {
  readonly kysely: Kysely<Tables>;
};

/**
 * Adds joinable transactions to an adapter. Inside `runAtomically` every statement and transaction belongs to one
 * transaction, which is found by the asynchronous context, so services need not pass it on.
 */
export function createJoinableDatabase<Adapter extends DatabaseAdapter>(
  adapter: Adapter,
): Adapter & Database {
  const context = new AsyncLocalStorage<JoinedTransaction>();
  const findJoined = (): JoinedTransaction | undefined => {
    const joined = context.getStore();
    // Work that outlives its call no longer belongs to the transaction.
    return joined === undefined || joined.ended ? undefined : joined;
  };
  const joinable: Pick<
    Database,
    "kysely" | "transaction" | "readSnapshot" | "runAtomically" | "dryRun" | "afterCommit"
  > = {
    get kysely() {
      return findJoined()?.trx ?? adapter.kysely;
    },
    async transaction(work) {
      const joined = findJoined();
      if (joined === undefined) return adapter.kysely.transaction().execute(work);
      const release = await joined.parts.acquire();
      try {
        await sql`savepoint part`.execute(joined.trx);
        try {
          const result = await work(joined.trx);
          await sql`release savepoint part`.execute(joined.trx);
          return result;
        } catch (error) {
          await sql`rollback to savepoint part`.execute(joined.trx);
          throw error;
        }
      } finally {
        release();
      }
    },
    async readSnapshot(read) {
      const joined = findJoined();
      if (joined !== undefined) return read(joined.trx);
      return adapter.kysely
        .transaction()
        .setIsolationLevel("repeatable read")
        .setAccessMode("read only")
        .execute(read);
    },
    async runAtomically(work) {
      if (findJoined() !== undefined) return work();
      const afterCommit: (() => void)[] = [];
      const result = await adapter.kysely.transaction().execute(async (trx) => {
        const joined: JoinedTransaction = { trx, parts: new Exclusive(), afterCommit, ended: false };
        try {
          return await context.run(joined, work);
        } finally {
          joined.ended = true;
        }
      });
      for (const effect of afterCommit) effect();
      return result;
    },
    async dryRun(work) {
      if (findJoined() !== undefined) throw new Error("A dry run cannot run inside another transaction.");
      let outcome: { readonly result: Awaited<ReturnType<typeof work>> } | undefined;
      try {
        await joinable.runAtomically(async () => {
          outcome = { result: await work() };
          throw new RollbackSignal();
        });
      } catch (error) {
        if (!(error instanceof RollbackSignal)) throw error;
      }
      return outcome!.result;
    },
    afterCommit(effect) {
      const joined = findJoined();
      if (joined === undefined) effect();
      else joined.afterCommit.push(effect);
    },
  };
  return Object.defineProperties({ ...adapter }, Object.getOwnPropertyDescriptors(joinable)) as Adapter &
    Database;
}
