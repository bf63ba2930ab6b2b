import { sql } from "kysely";
import type { Executor } from "../db/database.ts";
import type { JsonObject, JudgeScores } from "../db/tables.ts";

/** The evaluation results of a run: those of the agent in a time span, up to a fixed id. */
export interface ResultSpan {
  readonly agent: string;
  /** Exclusive. */
  readonly since: Date;
  readonly now: Date;
  /** The highest id of the span. */
  readonly through: number;
}

/** The columns of a result that ranking needs; payloads are read for selected results. */
export interface RankedResult {
  readonly id: number;
  readonly task_key: string;
  readonly hash: number;
  readonly uncertainty_bound: number;
  readonly judge_scores: JudgeScores;
  /** Null if it was not requested. */
  readonly payload: JsonObject | null;
}

/** Position of the last row of a page. */
export interface RankedPosition {
  readonly bound: number;
  readonly hash: number;
  readonly id: number;
}

export interface RankedPage {
  readonly results: RankedResult[];
  /** Undefined after the last page. */
  readonly next: RankedPosition | undefined;
}

/**
 * Condition that a person may be asked about the result `page`: its task has no label, it is the newest result of its
 * task, and its review item is not closed or disputed. An item that waits in the queue counts as open.
 */
const isOpen = sql<boolean>`
  not exists (
    select from labeled_examples label
     where label.key = page.task_key and label.agent = page.agent and label.superseded_at is null)
  and not exists (
    select from review_items item
     where item.task_key = page.task_key and item.agent = page.agent
       and item.state in ('labeled', 'skipped', 'disputed'))
  and not exists (
    select from evaluation_results newer
     where newer.task_key = page.task_key and newer.agent = page.agent
       and (newer.created_at, newer.id) > (page.created_at, page.id))`;

/**
 * Reads a page of a day's open results by descending uncertainty bound, equals by the hash of their key. Uses two
 * index scans, because a descending and an ascending column do not form a range: the rest of the same bound, then
 * lower bounds.
 */
export async function readUncertainPage(
  executor: Executor,
  span: ResultSpan,
  day: string,
  after: RankedPosition | undefined,
  limit: number,
): Promise<RankedPage> {
  const isOnDay = sql`agent = ${span.agent} and utc_day(created_at) = ${day}::date`;
  const columns = sql`id, task_key, agent, created_at, uncertainty_bound, task_key_hash(task_key) as hash`;
  const scan =
    after === undefined
      ? sql`select ${columns} from evaluation_results where ${isOnDay}
             order by uncertainty_bound desc, task_key_hash(task_key), id limit ${limit}`
      : sql`(select ${columns} from evaluation_results
              where ${isOnDay} and uncertainty_bound = ${after.bound}
                and (task_key_hash(task_key), id) > (${after.hash}, ${after.id})
              order by task_key_hash(task_key), id limit ${limit})
            union all
            (select ${columns} from evaluation_results
              where ${isOnDay} and uncertainty_bound < ${after.bound}
              order by uncertainty_bound desc, task_key_hash(task_key), id limit ${limit})
            order by uncertainty_bound desc, hash, id limit ${limit}`;
  return readRankedPage(executor, span, scan, limit, { payloads: false });
}

/** Reads a page of a day's open results with one vote pattern, in the order of the hash of their key. */
export async function readPatternPage(
  executor: Executor,
  span: ResultSpan,
  pattern: { readonly day: string; readonly vote_pattern: string },
  after: RankedPosition | undefined,
  limit: number,
  options: { readonly payloads: boolean },
): Promise<RankedPage> {
  const scan = sql`
    select id, task_key, agent, created_at, uncertainty_bound, task_key_hash(task_key) as hash
      from evaluation_results
     where agent = ${span.agent} and utc_day(created_at) = ${pattern.day}::date
       and vote_pattern = ${pattern.vote_pattern}::uuid
       ${after === undefined ? sql`` : sql`and (task_key_hash(task_key), id) > (${after.hash}, ${after.id})`}
     order by task_key_hash(task_key), id limit ${limit}`;
  return readRankedPage(executor, span, scan, limit, options);
}

/** Reads the rows of `scan` in index order and keeps the open ones; `next` is based on all of them. */
async function readRankedPage(
  executor: Executor,
  span: ResultSpan,
  scan: ReturnType<typeof sql>,
  limit: number,
  { payloads }: { readonly payloads: boolean },
): Promise<RankedPage> {
  const { rows } = await sql<RankedResult & { readonly open: boolean }>`
    with page as materialized (${scan})
    select page.id, page.task_key, page.hash, page.uncertainty_bound, result.judge_scores,
           ${payloads ? sql`result.payload` : sql`null::jsonb as payload`},
           page.created_at > ${span.since} and page.created_at <= ${span.now} and page.id <= ${span.through}
             and ${isOpen} as open
      from page join evaluation_results result
        on result.task_key = page.task_key and result.agent = page.agent and result.id = page.id
     order by page.uncertainty_bound desc, page.hash, page.id`.execute(executor);
  const last = rows.at(-1);
  return {
    results: rows.flatMap(({ open, ...result }) => (open ? [result] : [])),
    next:
      last === undefined || rows.length < limit
        ? undefined
        : { bound: last.uncertainty_bound, hash: last.hash, id: last.id },
  };
}

/** Random ids per wanted result: enough if one in 40 ids belongs to the span. */
const DRAWS_PER_RESULT = 40;

/**
 * Draws the ids of up to `count` results of the span above the id `after`, uniformly without replacement, in the order
 * of the draw. The same seed gives the same draw; later results are inserted without reordering the others.
 *
 * Random ids below the next power of two are looked up: for a million results about a thousand look-ups instead of a
 * million rows. If too few of them exist in the span, every row is read.
 */
export async function drawResultIds(
  executor: Executor,
  span: ResultSpan,
  options: {
    readonly count: number;
    readonly seed: number;
    readonly after?: number;
    readonly openOnly?: boolean;
  },
): Promise<number[]> {
  const { count, seed, after = 0 } = options;
  if (count === 0) return [];
  const inSpan = sql`page.agent = ${span.agent} and page.created_at > ${span.since}
    and page.created_at <= ${span.now} and page.id <= ${span.through} and page.id > ${after}
    ${options.openOnly ? sql`and ${isOpen}` : sql``}`;
  const mask = 2 ** Math.ceil(Math.log2(span.through + 1)) - 1;
  if (span.through - after > DRAWS_PER_RESULT * count) {
    const { rows } = await sql<{ id: number }>`
      with guesses as materialized (
        select hashint8extended(place, ${seed}) & ${mask}::bigint as id, min(place) as place
          from generate_series(1, ${DRAWS_PER_RESULT * count}::bigint) place group by 1
      )
      select page.id from guesses join evaluation_results page on page.id = guesses.id
       where ${inSpan} order by guesses.place limit ${count}`.execute(executor);
    if (rows.length === count) return rows.map((row) => row.id);
  }
  const { rows } = await sql<{ id: number }>`
    select page.id from evaluation_results page where ${inSpan}
     order by hashint8extended(page.id, ${seed}), page.id limit ${count}`.execute(executor);
  return rows.map((row) => row.id);
}

/** Counts the results of the span above the id `after`. */
export async function countResults(executor: Executor, span: ResultSpan, after: number): Promise<number> {
  const { rows } = await sql<{ results: number }>`
    select count(*)::float8 as results from evaluation_results
     where agent = ${span.agent} and created_at > ${span.since} and created_at <= ${span.now}
       and id <= ${span.through} and id > ${after}`.execute(executor);
  return rows[0]?.results ?? 0;
}

export interface CandidateRow {
  readonly id: number;
  readonly task_key: string;
  readonly result_id: string;
  readonly payload: JsonObject;
  readonly judge_scores: JudgeScores;
  readonly created_at: Date;
  /** Whether its task already waits in the queue. */
  readonly queued: boolean;
  /** Whether a person may be asked about it; only control draws include results that are not open. */
  readonly open: boolean;
}

/** Returns the results of these ids with their payloads. */
export async function readCandidates(
  executor: Executor,
  agent: string,
  ids: readonly number[],
): Promise<CandidateRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<CandidateRow>`
    select page.id, page.task_key, page.result_id, page.payload, page.judge_scores, page.created_at,
           exists (select from review_items item
                    where item.task_key = page.task_key and item.agent = page.agent
                      and item.state in ('pending', 'leased')) as queued,
           ${isOpen} as open
      from evaluation_results page
     where page.id in (select value::bigint from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))
       and page.agent = ${agent}
     order by page.id`.execute(executor);
  return rows;
}

/** Counts the current labels of the agent by raw label. */
export async function countLabels(
  executor: Executor,
  agent: string,
): Promise<Readonly<Record<string, number>>> {
  const { rows } = await sql<{ label: string; labels: number }>`
    select label, count(*)::float8 as labels from labeled_examples
     where agent = ${agent} and superseded_at is null group by label`.execute(executor);
  return Object.fromEntries(rows.map(({ label, labels }) => [label, labels]));
}

/** Counts the unlabeled tasks with results since `since`, by agent; agents without any are left out. */
export async function countUnlabeled(
  executor: Executor,
  since: Date,
  now: Date,
  agent?: string,
): Promise<Readonly<Record<string, number>>> {
  const { rows } = await sql<{ agent: string; tasks: number }>`
    select result.agent, count(distinct result.task_key)::float8 as tasks
      from evaluation_results result
     where result.created_at > ${since} and result.created_at <= ${now}
       ${agent === undefined ? sql`` : sql`and result.agent = ${agent}`}
       and not exists (
         select from labeled_examples label
          where label.key = result.task_key and label.agent = result.agent and label.superseded_at is null)
     group by result.agent order by result.agent`.execute(executor);
  return Object.fromEntries(rows.map(({ agent, tasks }) => [agent, tasks]));
}

/** Returns the id up to which the control share has been drawn; undefined before the first draw. */
export async function findSamplerMark(executor: Executor, agent: string): Promise<number | undefined> {
  const row = await executor
    .selectFrom("sampler_marks")
    .select("results_id")
    .where("agent", "=", agent)
    .executeTakeFirst();
  return row?.results_id;
}

/** Moves the mark; false if another run has moved it since `from` was read. */
export async function moveSamplerMark(
  trx: Executor,
  agent: string,
  from: number | undefined,
  to: number,
  now: Date,
): Promise<boolean> {
  const fresh = { results_id: to, updated_at: now };
  const result =
    from === undefined
      ? await trx
          .insertInto("sampler_marks")
          .values({ agent, ...fresh })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst()
      : await trx
          .updateTable("sampler_marks")
          .set(fresh)
          .where("agent", "=", agent)
          .where("results_id", "=", from)
          .executeTakeFirst();
  return (
    ("numInsertedOrUpdatedRows" in result ? result.numInsertedOrUpdatedRows : result.numUpdatedRows) === 1n
  );
}

export interface ControlDraw {
  readonly task_key: string;
  readonly result_id: string;
  readonly created_at: Date;
}

/** Stores drawn results, and marks the items that are already in the queue as control items. */
export async function insertControlShare(
  trx: Executor,
  agent: string,
  draws: readonly ControlDraw[],
  inclusionProbability: number,
  now: Date,
): Promise<void> {
  for (const { task_key, result_id, created_at } of draws) {
    await trx
      .insertInto("control_share")
      .values({
        task_key,
        agent,
        result_id,
        inclusion_probability: inclusionProbability,
        result_created_at: created_at,
        drawn_at: now,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await trx
      .updateTable("review_items")
      .set({ is_control: true, inclusion_probability: inclusionProbability })
      .where("task_key", "=", task_key)
      .where("agent", "=", agent)
      .where("result_id", "=", result_id)
      .execute();
  }
}

/** Lists the results of the control share that wait in the queue, newest first. */
export async function listWaitingControl(executor: Executor, span: ResultSpan): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select result.id
      from review_items item
      join evaluation_results result
        on result.task_key = item.task_key and result.agent = item.agent and result.result_id = item.result_id
     where item.agent = ${span.agent} and item.state in ('pending', 'leased') and item.is_control
       and result.created_at > ${span.since}
     order by item.id desc limit 1000`.execute(executor);
  return rows.map((row) => row.id);
}
