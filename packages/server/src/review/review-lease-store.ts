/** Leases of review items: one statement each, so that no item is ever leased to two people. */
import { sql } from "kysely";
import type { Executor } from "../db/database.ts";
import type { NewLease } from "./lease.ts";
import type { StoredReviewItem } from "./review-store.ts";

/**
 * Leases the first `count` waiting items to one person, in one statement. Rows locked by another claim are
 * skipped, a lease that has ended counts as none, and items that the person has answered are left out.
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

/** Extends up to `count` of a person's live leases and returns their items. */
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

/**
 * Leases one item and returns it as leased; undefined if its state or its lease has changed since `item` was read.
 * The caller decides whether the item may be leased.
 */
export async function leaseReviewItem(
  trx: Executor,
  item: StoredReviewItem,
  lease: NewLease,
): Promise<StoredReviewItem | undefined> {
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
    .where("state", "=", item.state)
    .where("lease_token", "is not distinct from", item.lease_token)
    .returningAll()
    .executeTakeFirst();
}

/** Extends a lease that is still held; undefined if it is not. */
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

/** Records that the holder of a lease has seen the judges' verdicts, so that the answer is not blind. */
export async function markNotBlind(executor: Executor, itemId: number, reviewer: string): Promise<void> {
  await executor
    .updateTable("review_items")
    .set({ lease_blind: false })
    .where("id", "=", itemId)
    .where("state", "=", "leased")
    .where("leased_to", "=", reviewer)
    .execute();
}
