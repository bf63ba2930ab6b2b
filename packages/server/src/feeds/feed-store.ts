import type { WaitingDay } from "@relearn/contract";
import { type Selectable, sql } from "kysely";
import type { Database, Executor } from "../db/database.ts";
import { freezeHighestId } from "../db/freeze-highest-id.ts";
import { jsonb } from "../db/jsonb.ts";
import type { JsonObject, Tables } from "../db/tables.ts";
import type { DayOfThumbs, TaskThumb } from "./feedback-example.ts";

/** Position of a feed: it has read every signal up to the id, and `waiting` are the days that had not ended. */
export interface FeedPosition {
  readonly after_id: number;
  readonly waiting: readonly WaitingDay[];
}

const START: FeedPosition = { after_id: 0, waiting: [] };

/** Reads the position of a feed. */
export async function readFeedPosition(executor: Executor, cursor: string): Promise<FeedPosition> {
  const row = await executor
    .selectFrom("feed_cursors")
    .select("position")
    .where("feed", "=", cursor)
    .executeTakeFirst();
  return row === undefined ? START : (row.position as unknown as FeedPosition);
}

/** Reads and locks the position of a feed: another run of the feed waits for the end of the transaction. */
export async function lockFeedPosition(executor: Executor, cursor: string, now: Date): Promise<FeedPosition> {
  await executor
    .insertInto("feed_cursors")
    .values({ feed: cursor, position: jsonb(START as unknown as JsonObject), updated_at: now })
    .onConflict((conflict) => conflict.column("feed").doNothing())
    .execute();
  const row = await executor
    .selectFrom("feed_cursors")
    .select("position")
    .where("feed", "=", cursor)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return row.position as unknown as FeedPosition;
}

export async function saveFeedPosition(
  executor: Executor,
  cursor: string,
  position: FeedPosition,
  now: Date,
): Promise<void> {
  await executor
    .updateTable("feed_cursors")
    .set({ position: jsonb(position as unknown as JsonObject), updated_at: now })
    .where("feed", "=", cursor)
    .execute();
}

export const freezeHighestApprovalId = (database: Database) => freezeHighestId(database, "action_approvals");
export const freezeHighestFeedbackId = (database: Database) => freezeHighestId(database, "feedback_events");
export const freezeHighestGoldId = (database: Database, agent: string) =>
  freezeHighestId(database, "golden_tasks", agent);

export interface SignalPage {
  readonly afterId: number;
  readonly throughId: number;
  readonly limit: number;
}

export function readApprovals(
  executor: Executor,
  page: SignalPage,
): Promise<Selectable<Tables["action_approvals"]>[]> {
  return executor
    .selectFrom("action_approvals")
    .selectAll()
    .where("id", ">", page.afterId)
    .where("id", "<=", page.throughId)
    .orderBy("id")
    .limit(page.limit)
    .execute();
}

export function readGoldenTasks(
  executor: Executor,
  agent: string,
  page: SignalPage,
): Promise<Selectable<Tables["golden_tasks"]>[]> {
  return executor
    .selectFrom("golden_tasks")
    .selectAll()
    .where("agent", "=", agent)
    .where("id", ">", page.afterId)
    .where("id", "<=", page.throughId)
    .orderBy("id")
    .limit(page.limit)
    .execute();
}

/** Lists the agents that have golden tasks. Cost: one index look-up per agent, whatever the number of tasks. */
export async function listAgentsWithGold(executor: Executor): Promise<string[]> {
  const { rows } = await sql<{ agent: string }>`
    with recursive names as (
      (select agent from golden_tasks order by agent limit 1)
      union all
      select (select g.agent from golden_tasks g where g.agent > names.agent order by g.agent limit 1)
        from names where names.agent is not null)
    select agent from names where agent is not null`.execute(executor);
  return rows.map((row) => row.agent);
}

export interface FeedbackRow extends Omit<TaskThumb, "task_key"> {
  readonly id: number;
  readonly task_key: string | null;
  /** The UTC day, YYYY-MM-DD. */
  readonly day: string;
}

/** Reads feedback events, each with the newest evaluation result of its task. */
export async function readFeedback(executor: Executor, page: SignalPage): Promise<FeedbackRow[]> {
  const { rows } = await sql<FeedbackRow>`
    select f.id, f.event_id, f.agent, f.task_key, f.thumb, f.decision, f.payload, f.person, f.notes,
           f.occurred_at, to_char(f.occurred_at at time zone 'UTC', 'YYYY-MM-DD') as day,
           r.payload as result_payload, r.decision as result_decision
      from feedback_events f
      left join lateral (
        select e.payload, e.decision from evaluation_results e
         where e.task_key = f.task_key and e.agent = f.agent
         order by e.created_at desc, e.id desc limit 1) r on true
     where f.id > ${page.afterId} and f.id <= ${page.throughId}
     order by f.id limit ${page.limit}`.execute(executor);
  return rows;
}

/** Counts the thumbs of an agent on a UTC day. */
export async function countThumbs(executor: Executor, { agent, day }: WaitingDay): Promise<DayOfThumbs> {
  const { rows } = await sql<{ thumbs_up: number; feedback_count: number }>`
    select count(*) filter (where thumb = 'up') as thumbs_up, count(*) as feedback_count
      from feedback_events
     where agent = ${agent}
       and occurred_at >= ${`${day}T00:00:00Z`}::timestamptz
       and occurred_at < ${`${day}T00:00:00Z`}::timestamptz + interval '24 hours'`.execute(executor);
  return { agent, day, thumbs_up: rows[0]!.thumbs_up, feedback_count: rows[0]!.feedback_count };
}
