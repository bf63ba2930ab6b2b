import type { BundleDocument } from "@relearn/client";
import type { PanelModel, ReliabilityCard, TrainingSnapshot } from "@relearn/contract";
import { sql } from "kysely";
import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";
import type { JsonObject, JudgeScores } from "../db/tables.ts";
import type { DayEvidence } from "./day-evidence.ts";
import type { ModelJudgeDocument } from "./model-judge.ts";

export interface EvidenceMarks {
  readonly results_id: number;
  readonly examples_id: number;
  /** Time of the read. */
  readonly read_at: Date;
  readonly definition_digest: string;
  /** The bundle whose model was counted as a judge. */
  readonly model_bundle_id: string | null;
}

/**
 * Returns the highest ids of evaluation results and labeled examples. Call it in a transaction of its own: the share
 * lock waits for running writers, whose ids may be lower than ids that are already committed.
 */
export async function freezeHighestIds(trx: Executor): Promise<{ results_id: number; examples_id: number }> {
  await sql`lock table evaluation_results, labeled_examples in share mode`.execute(trx);
  const { rows } = await sql<{ results_id: number; examples_id: number }>`
    select coalesce((select max(id) from evaluation_results), 0) as results_id,
           coalesce((select max(id) from labeled_examples), 0) as examples_id`.execute(trx);
  return rows[0]!;
}

/** Returns the marks of the last update; undefined if there was none. */
export async function findEvidenceMarks(
  executor: Executor,
  agent: string,
): Promise<EvidenceMarks | undefined> {
  return executor
    .selectFrom("judge_evidence_marks")
    .select(["results_id", "examples_id", "read_at", "definition_digest", "model_bundle_id"])
    .where("agent", "=", agent)
    .executeTakeFirst();
}

/** Allowance for clocks that differ, and for transactions that commit after they read the time. */
const SUPERSEDED_OVERLAP_MS = 600_000;

/** Lists the UTC days since `since`, ascending, with verdicts whose evidence may have changed after `marks`. */
export async function listChangedDays(
  executor: Executor,
  agent: string,
  marks: EvidenceMarks | undefined,
  since: Date,
): Promise<string[]> {
  if (marks === undefined) {
    // Steps from day to day through the index, so that the cost does not grow with the results of a day.
    const { rows } = await sql<{ day: string }>`
      with recursive days as (
        (select utc_day(created_at) as day from evaluation_results
          where agent = ${agent} and created_at >= ${since} order by created_at limit 1)
        union all
        select (select utc_day(created_at) from evaluation_results
                 where agent = ${agent} and created_at >= (days.day + 1)::timestamp at time zone 'UTC'
                 order by created_at limit 1)
          from days where days.day is not null
      )
      select day::text as day from days where day is not null order by 1`.execute(executor);
    return rows.map((row) => row.day);
  }
  const supersededSince = new Date(marks.read_at.getTime() - SUPERSEDED_OVERLAP_MS);
  const { rows } = await sql<{ day: string }>`
    with changed_keys as (
      select key from labeled_examples where agent = ${agent} and id > ${marks.examples_id}
      union
      select key from labeled_examples where agent = ${agent} and superseded_at >= ${supersededSince}
    )
    select utc_day(created_at)::text as day from evaluation_results
      where agent = ${agent} and id > ${marks.results_id} and created_at >= ${since}
    union
    select utc_day(result.created_at)::text from changed_keys
      join evaluation_results result on result.task_key = changed_keys.key and result.agent = ${agent}
      where result.created_at >= ${since}
    order by 1`.execute(executor);
  return rows.map((row) => row.day);
}

export interface StoredLabeledResult {
  readonly id: number;
  readonly task_key: string;
  /** Null if it was not requested. */
  readonly payload: JsonObject | null;
  readonly judge_scores: JudgeScores;
  readonly created_at: Date;
  readonly label: string;
}

/**
 * Reads a page of the labeled results, by time and id, up to the frozen ids. If a task has labels from several
 * sources, a review takes precedence over gold and gold over an approval, then the newest label.
 */
export async function readLabeledResults(
  executor: Executor,
  agent: string,
  span: { readonly from: Date; readonly to: Date },
  upTo: { readonly results_id: number; readonly examples_id: number },
  after: { readonly created_at: Date; readonly id: number } | undefined,
  limit: number,
  options: { readonly payloads: boolean },
): Promise<StoredLabeledResult[]> {
  const start = after ?? { created_at: span.from, id: 0 };
  const { rows } = await sql<StoredLabeledResult>`
    select result.id, result.task_key, result.judge_scores, result.created_at, example.label,
           ${options.payloads ? sql`result.payload` : sql`null::jsonb as payload`}
      from evaluation_results result
      cross join lateral (
        select label from labeled_examples
         where key = result.task_key and agent = result.agent and superseded_at is null
           and source in ('review', 'gold', 'approvals') and id <= ${upTo.examples_id}
         order by case source when 'review' then 0 when 'gold' then 1 else 2 end, created_at desc, id desc
         limit 1
      ) example
     where result.agent = ${agent} and (result.created_at, result.id) > (${start.created_at}, ${start.id})
       and result.created_at < ${span.to} and result.id <= ${upTo.results_id}
     order by result.created_at, result.id
     limit ${limit}`.execute(executor);
  return rows;
}

/** Lists one evaluation result of every vote pattern of the day; steps from pattern to pattern through the index. */
export async function listPatternExamples(
  executor: Executor,
  agent: string,
  day: string,
): Promise<{ vote_pattern: string; judge_scores: JudgeScores }[]> {
  const { rows } = await sql<{ vote_pattern: string; judge_scores: JudgeScores }>`
    with recursive patterns as (
      (select vote_pattern from evaluation_results
        where agent = ${agent} and utc_day(created_at) = ${day}::date
        order by vote_pattern limit 1)
      union all
      select (select vote_pattern from evaluation_results
               where agent = ${agent} and utc_day(created_at) = ${day}::date
                 and vote_pattern > patterns.vote_pattern
               order by vote_pattern limit 1)
        from patterns where patterns.vote_pattern is not null
    )
    select patterns.vote_pattern, example.judge_scores
      from patterns cross join lateral (
        select judge_scores from evaluation_results
         where agent = ${agent} and utc_day(created_at) = ${day}::date
           and vote_pattern = patterns.vote_pattern limit 1
      ) example
     where patterns.vote_pattern is not null`.execute(executor);
  return rows;
}

/** Lists the stored evidence of the days from `since` on. */
export async function listDayEvidence(
  executor: Executor,
  agent: string,
  since: string,
): Promise<DayEvidence[]> {
  const rows = await executor
    .selectFrom("judge_evidence")
    .select("document")
    .where("agent", "=", agent)
    .where("day", ">=", since)
    .orderBy("day")
    .execute();
  return rows.map((row) => row.document);
}

/** Replaces the evidence of the given days (of all days with `all`), and sets the marks. */
export async function replaceDayEvidence(
  trx: Executor,
  agent: string,
  days: readonly DayEvidence[],
  marks: EvidenceMarks,
  options: { readonly all: boolean },
): Promise<void> {
  if (options.all) await trx.deleteFrom("judge_evidence").where("agent", "=", agent).execute();
  for (const day of days) {
    await trx
      .insertInto("judge_evidence")
      .values({ agent, day: day.day, document: jsonb(day), updated_at: marks.read_at })
      .onConflict((conflict) =>
        conflict.columns(["agent", "day"]).doUpdateSet({ document: jsonb(day), updated_at: marks.read_at }),
      )
      .execute();
  }
  await trx
    .insertInto("judge_evidence_marks")
    .values({ agent, ...marks })
    .onConflict((conflict) => conflict.column("agent").doUpdateSet({ ...marks }))
    .execute();
}

export interface StoredJudgeWeight {
  readonly judge: string;
  readonly weight: number;
  readonly predictions: number;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly updated_at: Date;
}

/** Replaces the agent's weights. Judges that are not in `weights` lose theirs. */
export async function replaceJudgeWeights(
  trx: Executor,
  agent: string,
  weights: readonly Omit<StoredJudgeWeight, "updated_at">[],
  now: Date,
): Promise<void> {
  await trx.deleteFrom("judge_weights").where("agent", "=", agent).execute();
  if (weights.length === 0) return;
  await trx
    .insertInto("judge_weights")
    .values(
      weights.map((one) => ({
        agent,
        judge: one.judge,
        weight: one.weight,
        predictions: one.predictions,
        detail: jsonb(one.detail),
        updated_at: now,
      })),
    )
    .execute();
}

export async function listJudgeWeights(executor: Executor, agent: string): Promise<StoredJudgeWeight[]> {
  return executor
    .selectFrom("judge_weights")
    .select(["judge", "weight", "predictions", "detail", "updated_at"])
    .where("agent", "=", agent)
    .orderBy("judge")
    .execute();
}

export async function replaceJudgeCards(
  trx: Executor,
  agent: string,
  cards: readonly ReliabilityCard[],
  now: Date,
): Promise<void> {
  await trx.deleteFrom("judge_cards").where("agent", "=", agent).execute();
  if (cards.length === 0) return;
  await trx
    .insertInto("judge_cards")
    .values(cards.map((card) => ({ agent, judge: card.judge, card: jsonb(card), updated_at: now })))
    .execute();
}

export async function listJudgeCards(
  executor: Executor,
  agent: string,
): Promise<{ card: ReliabilityCard; updated_at: Date }[]> {
  return executor
    .selectFrom("judge_cards")
    .select(["card", "updated_at"])
    .where("agent", "=", agent)
    .orderBy("judge")
    .execute();
}

export async function upsertJudgePanel(
  trx: Executor,
  agent: string,
  model: PanelModel,
  labels: number,
  now: Date,
): Promise<void> {
  await trx
    .insertInto("judge_panels")
    .values({ agent, model: jsonb(model), labels, updated_at: now })
    .onConflict((conflict) =>
      conflict.column("agent").doUpdateSet({ model: jsonb(model), labels, updated_at: now }),
    )
    .execute();
}

export async function findJudgePanel(
  executor: Executor,
  agent: string,
): Promise<{ model: PanelModel; labels: number; updated_at: Date } | undefined> {
  return executor
    .selectFrom("judge_panels")
    .select(["model", "labels", "updated_at"])
    .where("agent", "=", agent)
    .executeTakeFirst();
}

/** Returns the bundle whose model judges: the agent's active one, else its newest; undefined if it has none. */
export async function findJudgingBundle(
  executor: Executor,
  agent: string,
): Promise<{ document: BundleDocument; training: TrainingSnapshot } | undefined> {
  return executor
    .selectFrom("bundles")
    .leftJoin("releases", "releases.active_bundle_id", "bundles.bundle_id")
    .select(["bundles.document", "bundles.training"])
    .where("bundles.agent", "=", agent)
    .orderBy(sql`releases.active_bundle_id is null`)
    .orderBy("bundles.created_at", "desc")
    .orderBy("bundles.bundle_id")
    .limit(1)
    .executeTakeFirst();
}

export async function findModelJudge(
  executor: Executor,
  agent: string,
): Promise<ModelJudgeDocument | undefined> {
  const row = await executor
    .selectFrom("model_judges")
    .select("document")
    .where("agent", "=", agent)
    .executeTakeFirst();
  return row?.document;
}

/** Replaces the agent's model judge, or removes it if `document` is undefined. */
export async function replaceModelJudge(
  trx: Executor,
  agent: string,
  document: ModelJudgeDocument | undefined,
  now: Date,
): Promise<void> {
  if (document === undefined) {
    await trx.deleteFrom("model_judges").where("agent", "=", agent).execute();
    return;
  }
  const row = { document: jsonb(document), updated_at: now };
  await trx
    .insertInto("model_judges")
    .values({ agent, ...row })
    .onConflict((conflict) => conflict.column("agent").doUpdateSet(row))
    .execute();
}
