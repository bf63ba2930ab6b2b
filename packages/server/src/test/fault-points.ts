import type { KyselyPlugin, RootOperationNode } from "kysely";
import type { Database } from "../db/database.ts";

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
  const kysely = database.kysely.withPlugin(plugin);
  return {
    ...database,
    kysely,
    async transaction(work) {
      const result = await kysely.transaction().execute(work);
      await faults.committed();
      return result;
    },
  };
}

function isWrite(node: RootOperationNode): boolean {
  return (
    node.kind === "InsertQueryNode" ||
    node.kind === "UpdateQueryNode" ||
    node.kind === "DeleteQueryNode" ||
    (node.kind === "RawNode" && /^\s*(insert|update|delete)\b/.test(node.sqlFragments.join("?")))
  );
}
