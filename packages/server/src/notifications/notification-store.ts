import type { NotificationEndpoint, StoredNotification } from "@relearn/contract";
import { sql } from "kysely";
import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";
import type { NotificationDocument } from "./notification.ts";

/** Message claimed for delivery. */
export interface ClaimedNotification {
  readonly endpoint: string;
  readonly message_id: string;
  /** Number of attempts, including the current one. */
  readonly attempts: number;
  readonly document: NotificationDocument;
  readonly agent: string | null;
  readonly url: string;
  readonly secret: string;
}

export interface NewEndpoint {
  readonly name: string;
  readonly url: string;
  readonly secret: string;
  readonly createdBy: string;
}

/** Adds an endpoint. Returns false if the name is already used. */
export async function insertEndpoint(executor: Executor, endpoint: NewEndpoint, now: Date): Promise<boolean> {
  const { createdBy, ...rest } = endpoint;
  const result = await executor
    .insertInto("notification_endpoints")
    .values({ ...rest, created_by: createdBy, created_at: now })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Deletes an endpoint and its messages. Returns false if there was none. */
export async function deleteEndpoint(executor: Executor, name: string): Promise<boolean> {
  const result = await executor
    .deleteFrom("notification_endpoints")
    .where("name", "=", name)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export async function countEndpoints(executor: Executor): Promise<number> {
  const { count } = await executor
    .selectFrom("notification_endpoints")
    .select((query) => query.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function listEndpoints(executor: Executor): Promise<NotificationEndpoint[]> {
  const { rows } = await sql<Omit<NotificationEndpoint, "created_at"> & { created_at: Date }>`
    select e.name, e.url, e.created_by, e.created_at,
           count(*) filter (where n.state = 'waiting')::int as waiting,
           count(*) filter (where n.state = 'delivered')::int as delivered,
           count(*) filter (where n.state = 'dead')::int as dead,
           (array_agg(n.last_error order by n.id desc) filter (where n.last_error is not null))[1] as last_error
      from notification_endpoints e left join notifications n on n.endpoint = e.name
     group by e.name, e.url, e.created_by, e.created_at order by e.name`.execute(executor);
  return rows.map((row) => ({ ...row, created_at: row.created_at.toISOString() }));
}

/**
 * Adds a message to the outbox for each endpoint, or for `endpoint` only, in the transaction of its change.
 * Does nothing for a message that is already there.
 */
export async function enqueueNotification(
  executor: Executor,
  message: { readonly id: string; readonly document: NotificationDocument; readonly endpoint?: string },
  now: Date,
): Promise<void> {
  const { id, document, endpoint } = message;
  await sql`
    insert into notifications (endpoint, message_id, event, agent, document, state, next_attempt_at, created_at)
    select name, ${id}, ${document.type}, ${document.data.agent}, ${jsonb(document)}, 'waiting', ${now}, ${now}
      from notification_endpoints where ${endpoint ?? null}::text is null or name = ${endpoint ?? null}
    on conflict (endpoint, message_id) do nothing`.execute(executor);
}

/**
 * Claims due messages, the longest waiting first, and sets their next attempt to `retryAt`, so that another
 * process retries them if this one dies. Two processes never claim the same message.
 */
export async function claimNotifications(
  executor: Executor,
  limit: number,
  now: Date,
  retryAt: Date,
): Promise<ClaimedNotification[]> {
  const { rows } = await sql<ClaimedNotification>`
    update notifications n set attempts = n.attempts + 1, next_attempt_at = ${retryAt}
      from notification_endpoints e
     where e.name = n.endpoint and (n.endpoint, n.message_id) in (
       select endpoint, message_id from notifications
        where state = 'waiting' and next_attempt_at <= ${now}
        order by next_attempt_at, id limit ${limit} for update skip locked)
    returning n.endpoint, n.message_id, n.attempts, n.document, n.agent, e.url, e.secret`.execute(executor);
  return rows;
}

/** Records the result of an attempt. Returns false, without a change, if another process has made a later attempt. */
export async function settleNotification(
  executor: Executor,
  claimed: Pick<ClaimedNotification, "endpoint" | "message_id" | "attempts">,
  result:
    | { readonly state: "delivered" }
    | { readonly state: "waiting"; readonly error: string; readonly nextAttemptAt: Date }
    | { readonly state: "dead"; readonly error: string },
  now: Date,
): Promise<boolean> {
  const updated = await executor
    .updateTable("notifications")
    .set({
      state: result.state,
      last_error: result.state === "delivered" ? null : result.error,
      ended_at: result.state === "waiting" ? null : now,
      ...(result.state === "waiting" ? { next_attempt_at: result.nextAttemptAt } : {}),
    })
    .where("endpoint", "=", claimed.endpoint)
    .where("message_id", "=", claimed.message_id)
    .where("attempts", "=", claimed.attempts)
    .where("state", "=", "waiting")
    .executeTakeFirst();
  return updated.numUpdatedRows === 1n;
}

/** Returns messages of one endpoint or all, newest first. */
export async function listNotifications(
  executor: Executor,
  filter: { readonly endpoint?: string | undefined; readonly message_id?: string | undefined },
  limit: number,
): Promise<StoredNotification[]> {
  let query = executor
    .selectFrom("notifications")
    .select([
      "id",
      "endpoint",
      "message_id",
      "event",
      "agent",
      "state",
      "attempts",
      "next_attempt_at",
      "last_error",
      "created_at",
      "ended_at",
    ])
    .orderBy("id", "desc")
    .limit(limit);
  if (filter.endpoint !== undefined) query = query.where("endpoint", "=", filter.endpoint);
  if (filter.message_id !== undefined) query = query.where("message_id", "=", filter.message_id);
  const rows = await query.execute();
  return rows.map((row) => ({
    ...row,
    next_attempt_at: row.next_attempt_at.toISOString(),
    created_at: row.created_at.toISOString(),
    ended_at: row.ended_at?.toISOString() ?? null,
  }));
}

/** Deletes messages that ended before `before` and returns their number. */
export async function pruneNotifications(executor: Executor, before: Date): Promise<number> {
  const result = await executor
    .deleteFrom("notifications")
    .where("state", "<>", "waiting")
    .where("ended_at", "<", before)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
