import type { KyselyPlugin, RootOperationNode } from "kysely";
import type { Database } from "../db/database.ts";
import { createJoinableDatabase } from "../db/joinable-database.ts";

/** Where a process can be ended: waited for before anything goes on. */
export interface FaultPoints {
  /** After each statement that writes, inside its transaction. */
  written(): Promise<void> | void;
  /** After each commit, before anybody is told of it. */
  committed(): Promise<void> | void;
}

/** The same database with fault points in it. */
export function withFaultPoints(database: Database, faults: FaultPoints): Database {
  const writes = new WeakSet<object>();
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      if (isWrite(node)) writes.add(queryId);
      return node;
    },
    async transformResult({ result, queryId }) {
      if (writes.has(queryId)) await faults.written();
      return result;
    },
  };
  const joinable = createJoinableDatabase({ ...database, kysely: database.kysely.withPlugin(plugin) });
  const { transaction, runAtomically } = joinable;
  const telling =
    <Result, Work>(run: (work: Work) => Promise<Result>) =>
    async (work: Work): Promise<Result> => {
      const result = await run(work);
      let isCommitted = false;
      // A part of a joined transaction commits with the whole.
      joinable.afterCommit(() => {
        isCommitted = true;
      });
      if (isCommitted) await faults.committed();
      return result;
    };
  return Object.defineProperties(joinable, {
    transaction: { value: telling(transaction), enumerable: true },
    runAtomically: { value: telling(runAtomically), enumerable: true },
  });
}

function isWrite(node: RootOperationNode): boolean {
  return (
    node.kind === "InsertQueryNode" ||
    node.kind === "UpdateQueryNode" ||
    node.kind === "DeleteQueryNode" ||
    (node.kind === "RawNode" && /^\s*(insert|update|delete)\b/.test(node.sqlFragments.join("?")))
  );
}
