import { type Selectable, sql } from "kysely";
import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";
import type { JudgeScores, Tables } from "../db/tables.ts";
import type { ReviewState, SkipReason } from "./review-item.ts";

export type StoredReviewItem = Selectable<Tables["review_items"]>;
export type StoredReviewAnswer = Selectable<Tables["review_answers"]>;

export interface NewReviewItem {
  readonly task_key: string;
  readonly result_id: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly judge_scores: JudgeScores;
  readonly uncertainty: number;
  readonly method: string;
  readonly priority: number;
  readonly value_of_review: number | null;
  readonly is_control: boolean;
  readonly inclusion_probability: number | null;
  readonly result_created_at: Date;
}

/** Puts items into the queue; a task that is or was in it already is left as it is, unless it expired there. */
export async function insertReviewItems(
  executor: Executor,
  agent: string,
  items: readonly NewReviewItem[],
  batch: { readonly batchId: string; readonly reviewsNeeded: number; readonly now: Date },
): Promise<number> {
  let inserted = 0;
  for (const item of items) {
    const fresh = {
      result_id: item.result_id,
      payload: jsonb(item.payload),
      judge_scores: jsonb(item.judge_scores),
      uncertainty: item.uncertainty,
      method: item.method,
      priority: item.priority,
      value_of_review: item.value_of_review,
      is_control: item.is_control,
      inclusion_probability: item.inclusion_probability,
      result_created_at: item.result_created_at,
      batch_id: batch.batchId,
      reviews_needed: batch.reviewsNeeded,
      state: "pending" as const,
      updated_at: batch.now,
    };
    const result = await executor
      .insertInto("review_items")
      .values({ ...fresh, task_key: item.task_key, agent, created_at: batch.now })
      .onConflict((conflict) =>
        conflict
          .columns(["task_key", "agent"])
          .doUpdateSet(fresh)
          .where("review_items.state", "=", "expired"),
      )
      .executeTakeFirst();
    inserted += Number(result.numInsertedOrUpdatedRows ?? 0n);
  }
  return inserted;
}

/** The newest evaluation result of a task, as an item that somebody asked for. */
export async function findRequestedItem(
  executor: Executor,
  agent: string,
  taskKey: string,
): Promise<NewReviewItem | undefined> {
  const row = await executor
    .selectFrom("evaluation_results")
    .select(["task_key", "result_id", "payload", "judge_scores", "created_at"])
    .where("task_key", "=", taskKey)
    .where("agent", "=", agent)
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { created_at, ...result } = row;
  return {
    ...result,
    uncertainty: 0,
    method: "requested",
    // Before everything that was chosen by measure: somebody waits for the answer.
    priority: 1,
    value_of_review: null,
    is_control: false,
    inclusion_probability: null,
    result_created_at: created_at,
  };
}

export interface NewLease {
  readonly reviewer: string;
  readonly now: Date;
  readonly expiresAt: Date;
  readonly blind: boolean;
}

/**
 * Leases the first `count` items that wait, to one person, in one statement: rows that another claim holds are
 * skipped, not waited for, and a lease that has ended is as good as none. Never an item that the person has
 * answered already.
 */
export async function claimReviewItems(
  executor: Executor,
  agent: string,
  lease: NewLease,
  count: number,
): Promise<StoredReviewItem[]> {
  const { rows } = await sql<StoredReviewItem>`
    with next as materialized (
      select item.task_key, item.agent
        from review_items item
       where item.agent = ${agent} and item.state in ('pending', 'leased')
         and (item.state = 'pending' or item.lease_expires_at <= ${lease.now})
         and not exists (
           select 1 from review_answers answer
            where answer.task_key = item.task_key and answer.agent = item.agent
              and answer.reviewer = ${lease.reviewer} and answer.undone_at is null)
       order by item.priority desc, item.id
       limit ${count}
         for update of item skip locked
    )
    update review_items item
       set state = 'leased', leased_to = ${lease.reviewer}, lease_token = gen_random_uuid()::text,
           leased_at = ${lease.now}, lease_expires_at = ${lease.expiresAt}, lease_blind = ${lease.blind},
           updated_at = ${lease.now}
      from next
     where item.task_key = next.task_key and item.agent = next.agent
    returning item.*`.execute(executor);
  return rows.sort((a, b) => b.priority - a.priority || a.id - b.id);
}

/** The live leases of a person, extended. */
export async function resumeLeases(
  executor: Executor,
  agent: string,
  lease: NewLease,
  count: number,
): Promise<StoredReviewItem[]> {
  const { rows } = await sql<StoredReviewItem>`
    update review_items item set lease_expires_at = ${lease.expiresAt}, updated_at = ${lease.now}
     where item.agent = ${agent} and item.state = 'leased' and item.leased_to = ${lease.reviewer}
       and item.lease_expires_at > ${lease.now}
       and item.id in (
         select id from review_items
          where agent = ${agent} and state = 'leased' and leased_to = ${lease.reviewer}
            and lease_expires_at > ${lease.now}
          order by priority desc, id limit ${count})
    returning item.*`.execute(executor);
  return rows.sort((a, b) => b.priority - a.priority || a.id - b.id);
}

/** Leases one item, in its row's lock; the caller has decided that it may. */
export async function leaseReviewItem(
  trx: Executor,
  item: StoredReviewItem,
  lease: NewLease,
): Promise<StoredReviewItem> {
  return trx
    .updateTable("review_items")
    .set({
      state: "leased",
      leased_to: lease.reviewer,
      lease_token: sql<string>`gen_random_uuid()::text`,
      leased_at: lease.now,
      lease_expires_at: lease.expiresAt,
      lease_blind: lease.blind,
      label: null,
      skip_reason: null,
      updated_at: lease.now,
    })
    .where("task_key", "=", item.task_key)
    .where("agent", "=", item.agent)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Extends a lease that is still held; undefined where it is not. */
export async function renewLease(
  executor: Executor,
  itemId: number,
  lease: { readonly reviewer: string; readonly token: string; readonly now: Date; readonly expiresAt: Date },
): Promise<StoredReviewItem | undefined> {
  return executor
    .updateTable("review_items")
    .set({ lease_expires_at: lease.expiresAt, updated_at: lease.now })
    .where("id", "=", itemId)
    .where("state", "=", "leased")
    .where("leased_to", "=", lease.reviewer)
    .where("lease_token", "=", lease.token)
    .where("lease_expires_at", ">", lease.now)
    .returningAll()
    .executeTakeFirst();
}

/** Notes that the holder of a lease has seen what the judges said: their answer is not blind. */
export async function markNotBlind(executor: Executor, itemId: number, reviewer: string): Promise<void> {
  await executor
    .updateTable("review_items")
    .set({ lease_blind: false })
    .where("id", "=", itemId)
    .where("state", "=", "leased")
    .where("leased_to", "=", reviewer)
    .execute();
}

/** Ends a lease: the item has `state` now. */
export async function settleReviewItem(
  trx: Executor,
  item: StoredReviewItem,
  outcome: {
    readonly state: Exclude<ReviewState, "leased">;
    readonly label: string | null;
    readonly skipReason?: SkipReason | null;
    readonly now: Date;
  },
): Promise<void> {
  await trx
    .updateTable("review_items")
    .set({
      state: outcome.state,
      label: outcome.label,
      skip_reason: outcome.skipReason ?? null,
      leased_to: null,
      lease_token: null,
      leased_at: null,
      lease_expires_at: null,
      lease_blind: true,
      updated_at: outcome.now,
    })
    .where("task_key", "=", item.task_key)
    .where("agent", "=", item.agent)
    .execute();
}

export async function findReviewItem(
  executor: Executor,
  itemId: number,
  options: { readonly lock?: boolean } = {},
): Promise<StoredReviewItem | undefined> {
  const query = executor.selectFrom("review_items").selectAll().where("id", "=", itemId);
  return (options.lock ? query.forUpdate() : query).executeTakeFirst();
}

/** Items newest first, below `before` where given. */
export async function listReviewItems(
  executor: Executor,
  filter: { readonly agent?: string | undefined; readonly state?: ReviewState | undefined },
  page: { readonly before?: number | undefined; readonly limit: number },
): Promise<StoredReviewItem[]> {
  let query = executor.selectFrom("review_items").selectAll().orderBy("id", "desc").limit(page.limit);
  if (filter.agent !== undefined) query = query.where("agent", "=", filter.agent);
  if (filter.state !== undefined) query = query.where("state", "=", filter.state);
  if (page.before !== undefined) query = query.where("id", "<", page.before);
  return query.execute();
}

/** Closes what nobody came to since `before`; returns how many. */
export async function expireReviewItems(
  executor: Executor,
  agent: string,
  before: Date,
  now: Date,
): Promise<number> {
  const result = await executor
    .updateTable("review_items")
    .set({
      state: "expired",
      leased_to: null,
      lease_token: null,
      leased_at: null,
      lease_expires_at: null,
      updated_at: now,
    })
    .where("agent", "=", agent)
    .where("created_at", "<", before)
    .where((where) =>
      where.or([
        where("state", "=", "pending"),
        where.and([where("state", "=", "leased"), where("lease_expires_at", "<=", now)]),
      ]),
    )
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

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

export interface QueueCounts {
  readonly waiting: number;
  readonly leased: number;
  readonly disputed: number;
  readonly labeled: number;
  readonly skipped: number;
  readonly expired: number;
}

/** Items by agent and state; a lease that has ended counts as waiting. */
export async function countReviewItems(
  executor: Executor,
  now: Date,
): Promise<Readonly<Record<string, QueueCounts>>> {
  const { rows } = await sql<QueueCounts & { agent: string }>`
    select agent,
           count(*) filter (where state = 'pending' or (state = 'leased' and lease_expires_at <= ${now})) as waiting,
           count(*) filter (where state = 'leased' and lease_expires_at > ${now}) as leased,
           count(*) filter (where state = 'disputed') as disputed,
           count(*) filter (where state = 'labeled') as labeled,
           count(*) filter (where state = 'skipped') as skipped,
           count(*) filter (where state = 'expired') as expired
      from review_items group by agent`.execute(executor);
  return Object.fromEntries(rows.map(({ agent, ...counts }) => [agent, counts]));
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

/** How many answers the person gave since `since`. */
export async function countAnswersSince(
  executor: Executor,
  agent: string,
  reviewer: string,
  since: Date,
): Promise<number> {
  const row = await executor
    .selectFrom("review_answers")
    .select((select) => select.fn.countAll<number>().as("answers"))
    .where("agent", "=", agent)
    .where("reviewer", "=", reviewer)
    .where("undone_at", "is", null)
    .where("created_at", ">=", since)
    .executeTakeFirstOrThrow();
  return Number(row.answers);
}
