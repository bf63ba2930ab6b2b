import type { BundleDocument } from "@relearn/client";
import { sql } from "kysely";
import type { Executor } from "../db/database.ts";
import type { JsonObject, JudgeScores } from "../db/tables.ts";

export interface ControlResult {
  readonly inclusion_probability: number;
  readonly judge_scores: JudgeScores;
  readonly decision: string | null;
  readonly created_at: Date;
  /** The label with the highest precedence; null if there is none. */
  readonly label: string | null;
}

/** Lists the control share's results of the span, each with its task's label. */
export async function listControlResults(
  executor: Executor,
  agent: string,
  from: Date,
  to: Date,
): Promise<ControlResult[]> {
  const { rows } = await sql<ControlResult>`
    select share.inclusion_probability, result.judge_scores, result.decision, result.created_at, example.label
      from control_share share
      join evaluation_results result
        on result.task_key = share.task_key and result.agent = share.agent and result.result_id = share.result_id
      left join lateral (
        select label from labeled_examples
         where key = share.task_key and agent = share.agent and superseded_at is null
           and source in ('review', 'gold', 'approvals')
         order by case source when 'review' then 0 when 'gold' then 1 else 2 end, created_at desc, id desc
         limit 1
      ) example on true
     where share.agent = ${agent} and share.result_created_at > ${from} and share.result_created_at <= ${to}
     order by result.id`.execute(executor);
  return rows;
}

export interface PopulationGroup {
  readonly judge_scores: JudgeScores;
  readonly decision: string | null;
  readonly results: number;
}

/** Counts the results of the span up to the id `through` by vote pattern and decision. */
export async function countPopulation(
  executor: Executor,
  agent: string,
  from: Date,
  to: Date,
  through: number,
): Promise<PopulationGroup[]> {
  const { rows } = await sql<PopulationGroup>`
    with groups as (
      select vote_pattern, decision, count(*)::float8 as results, min(id) as example_id
        from evaluation_results
       where agent = ${agent} and created_at > ${from} and created_at <= ${to} and id <= ${through}
       group by vote_pattern, decision
    )
    select example.judge_scores, groups.decision, groups.results
      from groups join evaluation_results example on example.id = groups.example_id`.execute(executor);
  return rows;
}

/** Lists the agent's bundles, newest first. */
export async function listTrainedBundles(
  executor: Executor,
  agent: string,
  limit: number,
): Promise<{ document: BundleDocument; created_at: Date }[]> {
  return executor
    .selectFrom("bundles")
    .select(["document", "created_at"])
    .where("agent", "=", agent)
    .orderBy("created_at", "desc")
    .orderBy("bundle_id")
    .limit(limit)
    .execute();
}

/** Returns the payloads of these results. */
export async function readPayloads(executor: Executor, ids: readonly number[]): Promise<JsonObject[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<{ payload: JsonObject }>`
    select payload from evaluation_results
     where id in (select value::bigint from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))
     order by id`.execute(executor);
  return rows.map((row) => row.payload);
}

export interface StoredQueueStatistics {
  readonly labels: number;
  readonly unlabeled: number;
  readonly bundle_id: string | null;
  readonly accuracy: number | null;
  readonly accuracy_low: number | null;
  readonly accuracy_high: number | null;
  readonly expected_errors: number | null;
  readonly expected_errors_low: number | null;
  readonly expected_errors_high: number | null;
  readonly measured_at: Date;
}

/** Stores statistics. */
export async function insertQueueStatistics(
  executor: Executor,
  agent: string,
  row: StoredQueueStatistics,
): Promise<void> {
  await executor
    .insertInto("queue_statistics")
    .values({ agent, ...row })
    .execute();
}

/** Lists the stored statistics, newest first. */
export async function listQueueStatistics(
  executor: Executor,
  agent: string,
  limit: number,
): Promise<StoredQueueStatistics[]> {
  return executor
    .selectFrom("queue_statistics")
    .select([
      "labels",
      "unlabeled",
      "bundle_id",
      "accuracy",
      "accuracy_low",
      "accuracy_high",
      "expected_errors",
      "expected_errors_low",
      "expected_errors_high",
      "measured_at",
    ])
    .where("agent", "=", agent)
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
}
