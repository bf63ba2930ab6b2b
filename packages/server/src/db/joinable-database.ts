import { AsyncLocalStorage } from "node:async_hooks";
import { type Kysely, sql, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import { Exclusive } from "./exclusive.ts";
import type { Tables } from "./tables.ts";

/** The one transaction that everything in a call of `joined` belongs to. */
interface JoinedTransaction {
  readonly trx: Transaction<Tables>;
  /** Parts of it that may fail by themselves run one after the other: savepoints nest, they do not cross. */
  readonly parts: Exclusive;
  readonly afterCommit: (() => void)[];
  ended: boolean;
}

class RollbackSignal extends Error {}

/** What an adapter brings; the rest of `Database` is the same for both. */
export type DatabaseAdapter = Omit<
  Database,
  "kysely" | "transaction" | "readSnapshot" | "runAtomically" | "dryRun" | "afterCommit"
> & {
  readonly kysely: Kysely<Tables>;
};

/**
 * Adds transactions that join. Inside `joined` every statement and transaction of whoever is called belongs
 * to one transaction, known by the asynchronous context: a service need not be told that its change has to
 * commit together with something that it does not know of.
 */
export function createJoinableDatabase<Adapter extends DatabaseAdapter>(
  adapter: Adapter,
): Adapter & Database {
  const context = new AsyncLocalStorage<JoinedTransaction>();
  const present = (): JoinedTransaction | undefined => {
    const runAtomically = context.getStore();
    // Work that outlives its call goes on by itself.
    return runAtomically === undefined || runAtomically.ended ? undefined : runAtomically;
  };
  const joinable: Pick<
    Database,
    "kysely" | "transaction" | "readSnapshot" | "runAtomically" | "dryRun" | "afterCommit"
  > = {
    get kysely() {
      return present()?.trx ?? adapter.kysely;
    },
    async transaction(work) {
      const runAtomically = present();
      if (runAtomically === undefined) return adapter.kysely.transaction().execute(work);
      const release = await runAtomically.parts.acquire();
      try {
        await sql`savepoint part`.execute(runAtomically.trx);
        try {
          const result = await work(runAtomically.trx);
          await sql`release savepoint part`.execute(runAtomically.trx);
          return result;
        } catch (error) {
          await sql`rollback to savepoint part`.execute(runAtomically.trx);
          throw error;
        }
      } finally {
        release();
      }
    },
    async readSnapshot(read) {
      const joined = present();
      if (joined !== undefined) return read(joined.trx);
      return adapter.kysely
        .transaction()
        .setIsolationLevel("repeatable read")
        .setAccessMode("read only")
        .execute(read);
    },
    async runAtomically(work) {
      if (present() !== undefined) return work();
      const afterCommit: (() => void)[] = [];
      const result = await adapter.kysely.transaction().execute(async (trx) => {
        const runAtomically: JoinedTransaction = { trx, parts: new Exclusive(), afterCommit, ended: false };
        try {
          return await context.run(runAtomically, work);
        } finally {
          runAtomically.ended = true;
        }
      });
      for (const effect of afterCommit) effect();
      return result;
    },
    async dryRun(work) {
      if (present() !== undefined)
        throw new Error("What belongs to a transaction cannot be taken back alone.");
      let taken: { readonly result: Awaited<ReturnType<typeof work>> } | undefined;
      try {
        await joinable.runAtomically(async () => {
          taken = { result: await work() };
          throw new RollbackSignal();
        });
      } catch (error) {
        if (!(error instanceof RollbackSignal)) throw error;
      }
      return taken!.result;
    },
    afterCommit(effect) {
      const runAtomically = present();
      if (runAtomically === undefined) effect();
      else runAtomically.afterCommit.push(effect);
    },
  };
  return Object.defineProperties({ ...adapter }, Object.getOwnPropertyDescriptors(joinable)) as Adapter &
    Database;
}
