import type { ReviewState, SkipReason } from "@relearn/contract";
import { type Selectable, sql } from "kysely";
import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";
import type { JudgeScores, Tables } from "../db/tables.ts";
import { RelearnError } from "../errors.ts";

export type StoredReviewItem = Selectable<Tables["review_items"]>;

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

/**
 * Adds items to the queue and returns how many. A task that is or was in the queue is left as it is, unless its
 * item expired.
 */
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

/** Returns the newest evaluation result of a task as a requested item; undefined if the task has none. */
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
    // The highest priority: someone waits for the answer.
    priority: 1,
    value_of_review: null,
    is_control: false,
    inclusion_probability: null,
    result_created_at: created_at,
  };
}

export interface ReviewOutcome {
  readonly state: Exclude<ReviewState, "leased">;
  readonly label: string | null;
  readonly skipReason?: SkipReason | null;
  readonly now: Date;
}

/**
 * Ends the item's lease and moves it to `outcome.state`. Returns the number of rows: 0 if the state or the lease
 * has changed since `item` was read.
 */
export async function settleReviewItem(
  trx: Executor,
  item: StoredReviewItem,
  outcome: ReviewOutcome,
): Promise<number> {
  const result = await trx
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
    .where("state", "=", item.state)
    .where("lease_token", "is not distinct from", item.lease_token)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

async function findReviewItem(
  executor: Executor,
  itemId: number,
  options: { readonly lock?: boolean } = {},
): Promise<StoredReviewItem | undefined> {
  const query = executor.selectFrom("review_items").selectAll().where("id", "=", itemId);
  return (options.lock ? query.forUpdate() : query).executeTakeFirst();
}

/** Returns a review item. Throws `not_found` if there is none. */
export async function requireReviewItem(
  executor: Executor,
  itemId: number,
  options: { readonly lock?: boolean } = {},
): Promise<StoredReviewItem> {
  const item = await findReviewItem(executor, itemId, options);
  if (item !== undefined) return item;
  throw new RelearnError("not_found", `There is no review item ${itemId}.`, {
    details: { item_id: itemId },
  });
}

/** Lists items newest first, with ids below `before` if it is given. */
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

/** Expires the waiting items created before `before` and returns how many. */
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

export interface QueueCounts {
  readonly waiting: number;
  readonly leased: number;
  readonly disputed: number;
  readonly labeled: number;
  readonly skipped: number;
  readonly expired: number;
}

/** Counts items by agent and state; an item whose lease has ended counts as waiting. */
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
