import type { TrainingSnapshot } from "@relearn/contract";
import { sql } from "kysely";
import type { Database, Executor } from "../db/database.ts";
import type { TrainingExample } from "./training-example.ts";

/**
 * Returns the highest id below which no example can appear later. Writers may commit in another order than that of their
 * ids, so this waits for open transactions and briefly blocks writes.
 */
export function freezeHighestExampleId(database: Database): Promise<number> {
  return database.transaction(async (trx) => {
    await sql`lock table labeled_examples in share mode`.execute(trx);
    const row = await trx
      .selectFrom("labeled_examples")
      .select((query) => query.fn.max("id").as("highest"))
      .executeTakeFirst();
    return row?.highest ?? 0;
  });
}

export interface ExamplePosition {
  readonly key: string;
  readonly id: number;
}

/** Counts the examples of a snapshot. */
export async function countTrainingExamples(
  executor: Executor,
  agent: string,
  snapshot: Pick<TrainingSnapshot, "through_id" | "at">,
): Promise<number> {
  const row = await selectAtSnapshot(executor, agent, snapshot)
    .select((query) => query.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

export type TrainingPage = readonly (TrainingExample & { readonly id: number })[];

/** Reads a page of the agent's examples as of the snapshot, in the order of key and id. */
export async function readTrainingPage(
  executor: Executor,
  agent: string,
  snapshot: Pick<TrainingSnapshot, "through_id" | "at">,
  after: ExamplePosition | undefined,
  limit: number,
): Promise<TrainingPage> {
  let query = selectAtSnapshot(executor, agent, snapshot)
    .select(["id", "key", "payload", "label", "source", "source_id", "confidence", "created_at"])
    .orderBy("key")
    .orderBy("id")
    .limit(limit);
  if (after !== undefined) query = query.where(sql<boolean>`(key, id) > (${after.key}, ${after.id})`);
  return query.execute();
}

function selectAtSnapshot(
  executor: Executor,
  agent: string,
  snapshot: Pick<TrainingSnapshot, "through_id" | "at">,
) {
  return executor
    .selectFrom("labeled_examples")
    .where("agent", "=", agent)
    .where("id", "<=", snapshot.through_id)
    .where((where) =>
      where.or([where("superseded_at", "is", null), where("superseded_at", ">", new Date(snapshot.at))]),
    );
}
