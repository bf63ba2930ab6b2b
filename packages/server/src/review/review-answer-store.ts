/** What people answered to review items, and the labeled examples made of it. */
import { type Selectable, sql } from "kysely";
import type { Executor } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import type { StoredReviewItem } from "./review-store.ts";

export type StoredReviewAnswer = Selectable<Tables["review_answers"]>;

export type NewReviewAnswer = Omit<StoredReviewAnswer, "id" | "undone_at">;

export async function insertReviewAnswer(trx: Executor, answer: NewReviewAnswer): Promise<number> {
  const { id } = await trx
    .insertInto("review_answers")
    .values({ ...answer, undone_at: null })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/** The answer given under a lease, taken back or not. */
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

/** The answers of an item that stand, in their order. */
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

/** The newest answer of a person that stands. */
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

export async function findItemOfTask(
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

export async function undoAnswer(trx: Executor, answer: StoredReviewAnswer, now: Date): Promise<void> {
  await trx
    .updateTable("review_answers")
    .set({ undone_at: now })
    .where("task_key", "=", answer.task_key)
    .where("id", "=", answer.id)
    .execute();
}

/** The `source_id` of an item's labeled example. */
export const exampleSource = (item: Pick<StoredReviewItem, "id">): string => `review-item-${item.id}`;

export interface CurrentReviewExample {
  readonly id: number;
  readonly label: string;
}

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
    .where("source_id", "=", exampleSource(item))
    .where("superseded_at", "is", null)
    .executeTakeFirst();
}

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
    .where("source_id", "=", exampleSource(item))
    .where("superseded_at", "is", null)
    .execute();
}

/** A bundle of the agent that was trained on the example, the first one; undefined where none was. */
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
  /** The label that counted in the end; null while there is none. */
  readonly final_label: string | null;
  readonly seconds: number | null;
}

/** People's own labels of the agent's items, newest first. */
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

/** Skips of each person, of the agent's items. */
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
