/** People's answers to review items, and the labeled examples made of them. */
import { type Selectable, sql } from "kysely";
import type { Executor } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import type { StoredReviewItem } from "./review-store.ts";

export type StoredReviewAnswer = Selectable<Tables["review_answers"]>;

export type NewReviewAnswer = Pick<
  StoredReviewAnswer,
  "reviewer" | "kind" | "notes" | "lease_token" | "created_at"
> &
  Partial<Pick<StoredReviewAnswer, "label" | "skip_reason" | "blind" | "seconds">>;

/**
 * Stores an answer to an item and returns its id. By default an answer has no label, no skip reason and no
 * duration, and is not blind.
 */
export async function insertReviewAnswer(
  trx: Executor,
  item: Pick<StoredReviewItem, "task_key" | "agent">,
  answer: NewReviewAnswer,
): Promise<number> {
  const { id } = await trx
    .insertInto("review_answers")
    .values({
      task_key: item.task_key,
      agent: item.agent,
      label: null,
      skip_reason: null,
      blind: false,
      seconds: null,
      ...answer,
      undone_at: null,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/** Returns the answer given under a lease, undone or not. */
export async function findAnswerByLease(
  executor: Executor,
  item: Pick<StoredReviewItem, "task_key" | "agent">,
  token: string,
): Promise<StoredReviewAnswer | undefined> {
  return executor
    .selectFrom("review_answers")
    .selectAll()
    .where("task_key", "=", item.task_key)
    .where("agent", "=", item.agent)
    .where("lease_token", "=", token)
    .executeTakeFirst();
}

/** Lists the answers to an item that are not undone, oldest first. */
export async function listAnswers(
  executor: Executor,
  item: Pick<StoredReviewItem, "task_key" | "agent">,
): Promise<StoredReviewAnswer[]> {
  return executor
    .selectFrom("review_answers")
    .selectAll()
    .where("task_key", "=", item.task_key)
    .where("agent", "=", item.agent)
    .where("undone_at", "is", null)
    .orderBy("id")
    .execute();
}

/** Returns the newest answer of a person that is not undone. */
export async function findLastAnswer(
  executor: Executor,
  reviewer: string,
  filter: { readonly agent?: string | undefined; readonly taskKey?: string | undefined },
): Promise<StoredReviewAnswer | undefined> {
  let query = executor
    .selectFrom("review_answers")
    .selectAll()
    .where("reviewer", "=", reviewer)
    .where("undone_at", "is", null)
    .orderBy("id", "desc")
    .limit(1);
  if (filter.agent !== undefined) query = query.where("agent", "=", filter.agent);
  if (filter.taskKey !== undefined) query = query.where("task_key", "=", filter.taskKey);
  return query.executeTakeFirst();
}

/** Returns the item of a task and locks its row. Throws if there is none. */
export async function requireTaskItem(
  executor: Executor,
  task: { readonly task_key: string; readonly agent: string },
): Promise<StoredReviewItem> {
  return executor
    .selectFrom("review_items")
    .selectAll()
    .where("task_key", "=", task.task_key)
    .where("agent", "=", task.agent)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

/** Marks an answer as undone; false if it was undone already. */
export async function undoAnswer(trx: Executor, answer: StoredReviewAnswer, now: Date): Promise<boolean> {
  const result = await trx
    .updateTable("review_answers")
    .set({ undone_at: now })
    .where("task_key", "=", answer.task_key)
    .where("id", "=", answer.id)
    .where("undone_at", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Returns the `source_id` of an item's labeled example. */
export const toExampleSource = (item: Pick<StoredReviewItem, "id">): string => `review-item-${item.id}`;

export interface CurrentReviewExample {
  readonly id: number;
  readonly label: string;
}

/** Returns the current labeled example of an item; undefined if it has none. */
export async function findReviewExample(
  executor: Executor,
  item: Pick<StoredReviewItem, "id" | "task_key" | "agent">,
): Promise<CurrentReviewExample | undefined> {
  return executor
    .selectFrom("labeled_examples")
    .select(["id", "label"])
    .where("key", "=", item.task_key)
    .where("agent", "=", item.agent)
    .where("source", "=", "review")
    .where("source_id", "=", toExampleSource(item))
    .where("superseded_at", "is", null)
    .executeTakeFirst();
}

/** Supersedes the current labeled example of an item, if it has one. */
export async function supersedeReviewExample(
  trx: Executor,
  item: Pick<StoredReviewItem, "id" | "task_key" | "agent">,
  now: Date,
): Promise<void> {
  await trx
    .updateTable("labeled_examples")
    .set({ superseded_at: now })
    .where("key", "=", item.task_key)
    .where("agent", "=", item.agent)
    .where("source", "=", "review")
    .where("source_id", "=", toExampleSource(item))
    .where("superseded_at", "is", null)
    .execute();
}

/** Returns the first bundle of the agent that was trained on the example; undefined if there is none. */
export async function findBundleTrainedOn(
  executor: Executor,
  agent: string,
  exampleId: number,
): Promise<string | undefined> {
  const row = await executor
    .selectFrom("bundles")
    .select("bundle_id")
    .where("agent", "=", agent)
    .where(sql<number>`(training ->> 'through_id')::bigint`, ">=", exampleId)
    .orderBy("created_at")
    .limit(1)
    .executeTakeFirst();
  return row?.bundle_id;
}

export interface ReviewedLabel {
  readonly item_id: number;
  readonly reviewer: string;
  readonly label: string;
  /** The label of the labeled item; null while it has none. */
  readonly final_label: string | null;
  readonly seconds: number | null;
}

/** Lists the labels that people gave to the agent's items, newest first. */
export async function listReviewedLabels(
  executor: Executor,
  agent: string,
  limit: number,
): Promise<ReviewedLabel[]> {
  const { rows } = await sql<ReviewedLabel>`
    select item.id as item_id, answer.reviewer, answer.label, answer.seconds,
           case when item.state = 'labeled' then item.label end as final_label
      from review_answers answer
      join review_items item on item.task_key = answer.task_key and item.agent = answer.agent
     where answer.agent = ${agent} and answer.kind = 'label' and answer.undone_at is null
     order by answer.id desc limit ${limit}`.execute(executor);
  return rows;
}

/** Counts how often each person skipped an item of the agent. */
export async function countSkips(
  executor: Executor,
  agent: string,
): Promise<Readonly<Record<string, number>>> {
  const rows = await executor
    .selectFrom("review_answers")
    .select((select) => ["reviewer", select.fn.countAll<number>().as("skips")])
    .where("agent", "=", agent)
    .where("kind", "=", "skip")
    .where("undone_at", "is", null)
    .groupBy("reviewer")
    .execute();
  return Object.fromEntries(rows.map(({ reviewer, skips }) => [reviewer, Number(skips)]));
}
