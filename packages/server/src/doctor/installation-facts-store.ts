import type { AgentDefinition } from "@relearn/contract";
import { sql } from "kysely";
import { DAY_MS } from "../clock.ts";
import type { Executor } from "../db/database.ts";
import { createLabelMapper } from "../training/training-rows.ts";
import type { AgentFacts } from "./installation-facts.ts";

/** Facts of an agent that the store reads; those of the rollout and the release come from their services. */
export type StoredAgentFacts = Omit<AgentFacts, "active_bundle_id" | "backups" | "rollout">;

/** Reads the facts of an agent with a few aggregate statements, without loading payloads. */
export async function readAgentFacts(
  executor: Executor,
  definition: AgentDefinition,
  now: Date,
): Promise<StoredAgentFacts> {
  const agent = definition.name;
  const daysAgo = (days: number): Date => new Date(now.getTime() - days * DAY_MS);
  const toClass = createLabelMapper(definition);
  const paths = [...new Set(definition.features.map((feature) => feature.path.split(".")[0] ?? ""))];

  // A task counts once, with the label that training would use: by order of sources, then the newest.
  const labels = await sql<{ label: string; has_features: boolean; tasks: number }>`
    select label, has_features, count(*)::float8 as tasks
    from (
      select distinct on (key) label,
        jsonb_exists_any(payload, array(select jsonb_array_elements_text(${JSON.stringify(paths)}::jsonb))) as has_features
      from labeled_examples
      where agent = ${agent} and superseded_at is null
      order by key,
        array_position(array['review', 'gold', 'approvals', 'feedback', 'synthetic'], source),
        created_at desc
    ) as best
    group by label, has_features`.execute(executor);
  const trainable: Record<string, number> = {};
  let unusable = 0;
  for (const { label, has_features, tasks } of labels.rows) {
    const name = has_features ? toClass(label) : undefined;
    if (name === undefined) unusable += tasks;
    else trainable[name] = (trainable[name] ?? 0) + tasks;
  }

  const counts = await sql<Record<CountName, number>>`
    select
      (select count(*) from labeled_examples where agent = ${agent} and superseded_at is null
        and created_at > ${daysAgo(7)} and created_at <= ${now})::float8 as labels_last_7_days,
      ((select count(*) from action_approvals where agent = ${agent} and status <> 'pending')
        + (select count(*) from feedback_events where agent = ${agent})
        + (select count(*) from golden_tasks where agent = ${agent}))::float8 as signals,
      (select count(*) from evaluation_results where agent = ${agent}
        and judge_scores <> '{}'::jsonb)::float8 as judged,
      (select count(*) from evaluation_results where agent = ${agent}
        and judge_scores <> '{}'::jsonb and created_at > ${daysAgo(30)})::float8 as judged_last_30_days,
      (select count(*) from evaluation_results r where r.agent = ${agent}
        and r.judge_scores <> '{}'::jsonb and r.created_at > ${daysAgo(30)}
        and exists (select from labeled_examples e where e.key = r.task_key and e.agent = r.agent
          and e.superseded_at is null))::float8 as judged_and_labeled,
      (select count(*) from evaluation_results r where r.agent = ${agent}
        and r.created_at > ${daysAgo(7)}
        and not exists (select from labeled_examples e where e.key = r.task_key and e.agent = r.agent
          and e.superseded_at is null))::float8 as unlabeled_last_7_days,
      (select count(*) from review_items where agent = ${agent}
        and state in ('pending', 'leased', 'disputed'))::float8 as open_review_items`.execute(executor);
  const [row] = counts.rows;

  const judges = await executor
    .selectFrom("judge_weights")
    .select(["judge", "predictions", "updated_at"])
    .where("agent", "=", agent)
    .orderBy("judge")
    .execute();
  const updates = judges.map((judge) => judge.updated_at.getTime());
  return {
    agent,
    trainable,
    unusable,
    labels_last_7_days: row?.labels_last_7_days ?? 0,
    signals: row?.signals ?? 0,
    judged: row?.judged ?? 0,
    judged_last_30_days: row?.judged_last_30_days ?? 0,
    judged_and_labeled: row?.judged_and_labeled ?? 0,
    unlabeled_last_7_days: row?.unlabeled_last_7_days ?? 0,
    open_review_items: row?.open_review_items ?? 0,
    judges: judges.map(({ judge, predictions }) => ({ judge, predictions })),
    weights_updated_at: updates.length === 0 ? null : new Date(Math.max(...updates)),
  };
}

type CountName =
  | "labels_last_7_days"
  | "signals"
  | "judged"
  | "judged_last_30_days"
  | "judged_and_labeled"
  | "unlabeled_last_7_days"
  | "open_review_items";

/** Returns the name of the newest migration. */
export async function readSchemaVersion(executor: Executor): Promise<string> {
  const { rows } = await sql<{ name: string }>`
    select name from schema_migrations order by name desc limit 1`.execute(executor);
  return rows[0]?.name ?? "empty";
}
