/**
 * Erasure of all personal data that belongs to a task's key or a unit's id. The audit log, receipts and bundles hold only
 * digests and counts and are not changed.
 */
import { type RawBuilder, sql } from "kysely";
import type { Executor } from "../db/database.ts";

/** Tables that hold payloads, notes or persons, each with the statement that removes them. */
const statements: Readonly<Record<string, (key: string) => RawBuilder<unknown>>> = {
  action_approvals: (key) => sql`
    update action_approvals set payload = '{}', notes = null
     where task_key = ${key} and (payload <> '{}' or notes is not null)`,
  feedback_events: (key) => sql`
    update feedback_events
       set payload = case when task_key = ${key} then null else payload end,
           notes = case when task_key = ${key} then null else notes end,
           person = null
     where (task_key = ${key} and (payload is not null or notes is not null or person is not null))
        or person = ${key}`,
  golden_tasks: (key) => sql`
    update golden_tasks set payload = '{}', notes = null
     where task_key = ${key} and (payload <> '{}' or notes is not null)`,
  evaluation_results: (key) => sql`
    update evaluation_results set payload = '{}', judge_scores = ${withoutRationales}
     where task_key = ${key} and (payload <> '{}' or judge_scores <> ${withoutRationales})`,
  labeled_examples: (key) => sql`
    update labeled_examples set payload = '{}', notes = null
     where key = ${key} and (payload <> '{}' or notes is not null)`,
  label_conflicts: (key) => sql`
    update label_conflicts set offered = offered || '{"payload": {}, "notes": null}'
     where key = ${key} and (offered->'payload' <> '{}' or offered->'notes' <> 'null')`,
  review_items: (key) => sql`
    update review_items set payload = '{}', judge_scores = ${withoutRationales}
     where task_key = ${key} and (payload <> '{}' or judge_scores <> ${withoutRationales})`,
  review_answers: (key) => sql`
    update review_answers set notes = null where task_key = ${key} and notes is not null`,
  // The guard's evidence needs a unit, an arm and numbers; the task that an outcome names is removed.
  outcomes: (key) => sql`
    update outcomes set task_key = null
     where task_key is not null and (unit_id = ${key} or task_key = ${key})`,
  // The examples of a backtest name their task and explain the decision by values of the payload.
  rollouts: (key) => sql`
    update rollouts set backtest = jsonb_set(backtest, '{examples}', coalesce(
      (select jsonb_agg(example) from jsonb_array_elements(backtest->'examples') as of(example)
        where example->>'task_key' <> ${key}), '[]'))
     where backtest @> jsonb_build_object('examples', jsonb_build_array(jsonb_build_object('task_key', ${key}::text)))`,
};

/** The judges' verdicts and confidences without their rationales. */
const withoutRationales = sql`coalesce(
  (select jsonb_object_agg(judge, score - 'rationale') from jsonb_each(judge_scores) as scores(judge, score)),
  '{}')`;

export const erasedTables: readonly string[] = Object.keys(statements);

/** Removes the key's payloads, notes and persons. Returns the number of changed rows by table. */
export async function eraseKey(executor: Executor, key: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [table, statement] of Object.entries(statements)) {
    const { numAffectedRows } = await sql`${statement(key)}`.execute(executor);
    counts[table] = Number(numAffectedRows ?? 0n);
  }
  return counts;
}
