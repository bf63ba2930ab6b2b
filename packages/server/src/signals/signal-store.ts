/**
 * Storage of signals. A batch is written in one statement, in the order of its key, so that two concurrent imports of the
 * same records cannot deadlock. A changed record gets a new id, so that feeds, which read by ascending id, see the change.
 */

import type { Arm } from "@relearn/client";
import type { SignalKind } from "@relearn/contract";
import { type RawBuilder, sql } from "kysely";
import { type ColumnTypes, columnSet } from "../db/column-set.ts";
import type { Executor } from "../db/database.ts";
import type { RolloutSplit } from "./exposure-arm.ts";
import type { Signal, Signals } from "./signal.ts";

export interface WriteCounts {
  readonly stored: number;
  readonly updated: number;
}

/**
 * Writes records of one kind with distinct identities. Records that change nothing are not counted.
 * Cost: one statement.
 */
export async function writeSignals(
  executor: Executor,
  kind: SignalKind,
  signals: readonly Signal[],
  now: Date,
): Promise<WriteCounts> {
  if (signals.length === 0) return { stored: 0, updated: 0 };
  const { rows } = await sql<WriteCounts>`
    with written as (
      ${statements[kind](columnSet("s", columns[kind], signals), sql`${now}::timestamptz`)}
      returning (xmax = 0) as inserted)
    select count(*) filter (where inserted) as stored, count(*) filter (where not inserted) as updated
      from written`.execute(executor);
  return rows[0] ?? { stored: 0, updated: 0 };
}

/** Signals as they are stored: an outcome has its arm. */
type StoredSignals = Signals & { readonly outcomes: { readonly arm: Arm } };

/** Columns of each kind and their types. */
const columns: { readonly [Kind in SignalKind]: ColumnTypes<StoredSignals[Kind]> } = {
  approvals: {
    task_key: "text",
    agent: "text",
    request_id: "text",
    action: "text",
    status: "text",
    payload: "jsonb",
    decided_by: "text",
    notes: "text",
    requested_at: "timestamptz",
    decided_at: "timestamptz",
  },
  feedback: {
    event_id: "text",
    agent: "text",
    task_key: "text",
    thumb: "text",
    decision: "text",
    payload: "jsonb",
    person: "text",
    notes: "text",
    occurred_at: "timestamptz",
  },
  gold: {
    task_key: "text",
    agent: "text",
    payload: "jsonb",
    label: "text",
    notes: "text",
    created_at: "timestamptz",
  },
  evaluations: {
    task_key: "text",
    agent: "text",
    result_id: "text",
    payload: "jsonb",
    judge_scores: "jsonb",
    decision: "text",
    created_at: "timestamptz",
  },
  exposures: {
    unit_id: "text",
    rollout_id: "text",
    basis_points: "integer",
    agent: "text",
    arm: "text",
    generation: "bigint",
    bundle_id: "text",
    at: "timestamptz",
  },
  outcomes: {
    unit_id: "text",
    rollout_id: "text",
    outcome_id: "text",
    agent: "text",
    arm: "text",
    task_key: "text",
    quality: "double precision",
    latency_ms: "double precision",
    cost: "double precision",
    success: "boolean",
    judge: "text",
    decision: "text",
    at: "timestamptz",
  },
};

type Statement = (signals: RawBuilder<unknown>, now: RawBuilder<unknown>) => RawBuilder<unknown>;

/** Times that a record omits keep their stored value, so that a repeated record changes nothing. */
const statements: Readonly<Record<SignalKind, Statement>> = {
  // A decision never goes back to pending; otherwise a late import of an older export would undo it.
  approvals: (signals, now) => sql`
    insert into action_approvals as t
      (task_key, agent, request_id, action, status, payload, decided_by, notes, requested_at, decided_at)
    select s.task_key, s.agent, s.request_id, s.action, s.status, s.payload, s.decided_by, s.notes,
           coalesce(s.requested_at, old.requested_at, s.decided_at, ${now}),
           case when s.status <> 'pending' then coalesce(
             s.decided_at,
             case when old.status = s.status then old.decided_at end,
             case when old.status is null then s.requested_at end,
             ${now}) end
      from ${signals}
      left join action_approvals old using (task_key, agent, request_id)
     order by s.task_key collate "C", s.agent collate "C", s.request_id collate "C"
    on conflict (task_key, agent, request_id) do update set
      id = default, action = excluded.action, status = excluded.status, payload = excluded.payload,
      decided_by = excluded.decided_by, notes = excluded.notes, requested_at = excluded.requested_at,
      decided_at = excluded.decided_at
     where not (excluded.status = 'pending' and t.status <> 'pending')
       and (t.action, t.status, t.payload, t.decided_by, t.notes, t.requested_at, t.decided_at)
           is distinct from
           (excluded.action, excluded.status, excluded.payload, excluded.decided_by, excluded.notes,
            excluded.requested_at, excluded.decided_at)`,
  feedback: (signals) => sql`
    insert into feedback_events as t
      (event_id, agent, task_key, thumb, decision, payload, person, notes, occurred_at)
    select s.event_id, s.agent, s.task_key, s.thumb, s.decision, s.payload, s.person, s.notes, s.occurred_at
      from ${signals}
     order by s.event_id collate "C", s.agent collate "C"
    on conflict (event_id, agent) do update set
      id = default, task_key = excluded.task_key, thumb = excluded.thumb, decision = excluded.decision,
      payload = excluded.payload, person = excluded.person, notes = excluded.notes,
      occurred_at = excluded.occurred_at
     where (t.task_key, t.thumb, t.decision, t.payload, t.person, t.notes, t.occurred_at)
           is distinct from
           (excluded.task_key, excluded.thumb, excluded.decision, excluded.payload, excluded.person,
            excluded.notes, excluded.occurred_at)`,
  gold: (signals, now) => sql`
    insert into golden_tasks as t (task_key, agent, payload, label, notes, created_at)
    select s.task_key, s.agent, s.payload, s.label, s.notes, coalesce(s.created_at, old.created_at, ${now})
      from ${signals}
      left join golden_tasks old using (task_key, agent)
     order by s.task_key collate "C", s.agent collate "C"
    on conflict (task_key, agent) do update set
      id = default, payload = excluded.payload, label = excluded.label, notes = excluded.notes,
      created_at = excluded.created_at
     where (t.payload, t.label, t.notes, t.created_at)
           is distinct from (excluded.payload, excluded.label, excluded.notes, excluded.created_at)`,
  evaluations: (signals, now) => sql`
    insert into evaluation_results as t
      (task_key, agent, result_id, payload, judge_scores, decision, created_at)
    select s.task_key, s.agent, s.result_id, s.payload, s.judge_scores, s.decision,
           coalesce(s.created_at, old.created_at, ${now})
      from ${signals}
      left join evaluation_results old using (task_key, agent, result_id)
     order by s.task_key collate "C", s.agent collate "C", s.result_id collate "C"
    on conflict (task_key, agent, result_id) do update set
      id = default, payload = excluded.payload, judge_scores = excluded.judge_scores,
      decision = excluded.decision, created_at = excluded.created_at
     where (t.payload, t.judge_scores, t.decision, t.created_at)
           is distinct from
           (excluded.payload, excluded.judge_scores, excluded.decision, excluded.created_at)`,
  // The first decision is kept; a later one of the same stage only updates `last_at`.
  exposures: (signals, now) => sql`
    insert into exposures as t (unit_id, rollout_id, basis_points, agent, arm, generation, bundle_id,
             first_at, last_at, received_at)
    select s.unit_id, s.rollout_id, s.basis_points, s.agent, s.arm, s.generation, s.bundle_id, s.at, s.at,
           ${now}
      from ${signals}
     order by s.unit_id collate "C", s.rollout_id collate "C", s.basis_points
    on conflict (unit_id, rollout_id, basis_points) do update set last_at = excluded.last_at
     where excluded.last_at > t.last_at`,
  // The first report of an outcome is kept: data that the guard has read must not change.
  outcomes: (signals, now) => sql`
    insert into outcomes as t (unit_id, rollout_id, outcome_id, agent, arm, task_key, quality, latency_ms,
             cost, success, judge, decision, occurred_at, received_at)
    select s.unit_id, s.rollout_id, s.outcome_id, s.agent, coalesce(seen.arm, s.arm), s.task_key, s.quality,
           s.latency_ms, s.cost, s.success, s.judge, s.decision, s.at, ${now}
      from ${signals}
      left join lateral (
        select e.arm from exposures e
         where s.rollout_id <> '' and e.unit_id = s.unit_id and e.rollout_id = s.rollout_id
         order by (e.first_at <= s.at) desc, abs(extract(epoch from s.at - e.first_at)) limit 1) seen on true
     order by s.unit_id collate "C", s.rollout_id collate "C", s.outcome_id collate "C", s.agent collate "C"
    on conflict (unit_id, rollout_id, outcome_id, agent) do nothing`,
};

/** Reads the splits of the rollouts that exist, by rollout id. */
export async function findRolloutSplits(
  executor: Executor,
  rolloutIds: readonly string[],
): Promise<Map<string, RolloutSplit>> {
  if (rolloutIds.length === 0) return new Map();
  const rows = await executor
    .selectFrom("rollouts")
    .select(["rollout_id", "document"])
    .where("rollout_id", "in", [...rolloutIds])
    .execute();
  return new Map(rows.map((row) => [row.rollout_id, row.document]));
}
