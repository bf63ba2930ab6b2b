import { judgeScoreFunctions } from "./judge-score-functions.ts";

/**
 * The tables of the loop.
 *
 * Tables that grow with traffic (labeled examples, evaluation results, exposures, outcomes, review items)
 * begin every primary and unique key with the task key or the unit, so that they can be distributed by it.
 * Keys sort by code point (collate "C"), the same on every engine and as JavaScript compares them.
 * Their `id` comes from an identity: increasing, so that large sets are read by pages up to a frozen highest
 * id, but no key of its own.
 */
export const foundation: readonly string[] = [
  `create table agents (
    name text primary key,
    definition jsonb not null,
    definition_digest text not null,
    built_in boolean not null default false,
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,

  // Signals: what comes in, kept as it came. A record that changes gets a new id, so that anyone who reads by
  // ascending id sees it again.
  `create table action_approvals (
    task_key text collate "C" not null,
    request_id text not null,
    id bigint generated always as identity,
    agent text not null,
    action text not null,
    status text not null check (status in ('pending', 'approved', 'rejected')),
    payload jsonb not null,
    decided_by text,
    notes text,
    requested_at timestamptz not null,
    decided_at timestamptz,
    primary key (task_key, agent, request_id)
  )`,
  `create index action_approvals_by_id on action_approvals (id)`,
  `create table feedback_events (
    event_id text not null,
    id bigint generated always as identity,
    agent text not null,
    task_key text,
    thumb text not null check (thumb in ('up', 'down')),
    decision text,
    payload jsonb,
    person text,
    notes text,
    occurred_at timestamptz not null,
    primary key (event_id, agent)
  )`,
  `create index feedback_events_by_id on feedback_events (id)`,
  `create index feedback_events_by_task on feedback_events (task_key)`,
  `create index feedback_events_by_day on feedback_events (agent, occurred_at)`,
  `create table golden_tasks (
    task_key text collate "C" not null,
    agent text not null,
    id bigint generated always as identity,
    payload jsonb not null,
    label text not null,
    notes text,
    created_at timestamptz not null,
    primary key (task_key, agent)
  )`,
  `create index golden_tasks_by_agent on golden_tasks (agent, id)`,
  ...judgeScoreFunctions,
  `create table evaluation_results (
    task_key text collate "C" not null,
    agent text not null,
    result_id text not null,
    id bigint generated always as identity,
    payload jsonb not null,
    judge_scores jsonb not null,
    decision text,
    created_at timestamptz not null,
    vote_pattern uuid not null generated always as (judge_vote_pattern(judge_scores)) stored,
    uncertainty_bound double precision not null generated always as (judge_uncertainty_bound(judge_scores)) stored,
    primary key (task_key, agent, result_id)
  )`,
  `create index evaluation_results_by_id on evaluation_results (id)`,
  `create index evaluation_results_recent on evaluation_results (agent, created_at, id)`,
  // The sampler reads each day's most uncertain results, and each day's results of one vote pattern, in the
  // order in which it breaks ties: top N of a million without reading the million.
  `create index evaluation_results_uncertain on evaluation_results
    (agent, utc_day(created_at), uncertainty_bound desc, task_key_hash(task_key))`,
  `create index evaluation_results_by_pattern on evaluation_results
    (agent, utc_day(created_at), vote_pattern, task_key_hash(task_key))`,

  // Labeled examples.
  `create table labeled_examples (
    key text collate "C" not null,
    id bigint generated always as identity,
    agent text not null,
    payload jsonb not null,
    label text not null,
    source text not null check (source in ('approvals', 'feedback', 'gold', 'synthetic', 'review')),
    source_id text not null,
    confidence integer not null check (confidence between 0 and 100),
    notes text,
    labeled_by text,
    created_at timestamptz not null,
    loaded_at timestamptz not null,
    superseded_at timestamptz,
    primary key (key, id)
  )`,
  `create unique index labeled_examples_current on labeled_examples (key, agent, source, source_id)
    where superseded_at is null`,
  `create index labeled_examples_agent_source on labeled_examples (agent, source)`,
  `create index labeled_examples_agent_label on labeled_examples (agent, label)`,
  `create index labeled_examples_created_at on labeled_examples (created_at desc)`,
  `create index labeled_examples_agent_id on labeled_examples (agent, id)`,
  // Training reads an agent's examples in the order of their keys.
  `create index labeled_examples_training on labeled_examples (agent, key, id)`,
  `create index labeled_examples_superseded on labeled_examples (agent, superseded_at)
    where superseded_at is not null`,
  `create index labeled_examples_by_id on labeled_examples (id)`,
  `create table label_conflicts (
    key text collate "C" not null,
    id bigint generated always as identity,
    agent text not null,
    source text not null,
    source_id text not null,
    kept_label text not null,
    offered_label text not null,
    offered jsonb not null,
    state text not null default 'open' check (state in ('open', 'kept_old', 'took_new')),
    created_at timestamptz not null,
    settled_at timestamptz,
    settled_by text,
    primary key (key, id)
  )`,
  `create unique index label_conflicts_open on label_conflicts (key, agent, source, source_id, offered_label)
    where state = 'open'`,
  `create index label_conflicts_by_id on label_conflicts (id)`,
  `create table feed_cursors (
    feed text primary key,
    position jsonb not null,
    updated_at timestamptz not null
  )`,

  // Judges and the review queue.
  `create table judge_weights (
    agent text not null,
    judge text not null,
    weight double precision not null,
    predictions integer not null,
    detail jsonb not null,
    updated_at timestamptz not null,
    primary key (agent, judge)
  )`,
  // What labels say about judges, a row a day of the verdicts; recomputed where that day's labels changed.
  `create table judge_evidence (
    agent text not null,
    day text not null,
    document jsonb not null,
    updated_at timestamptz not null,
    primary key (agent, day)
  )`,
  `create table judge_evidence_marks (
    agent text primary key,
    results_id bigint not null,
    examples_id bigint not null,
    read_at timestamptz not null,
    definition_digest text not null
  )`,
  `create table judge_cards (
    agent text not null,
    judge text not null,
    card jsonb not null,
    updated_at timestamptz not null,
    primary key (agent, judge)
  )`,
  `create table judge_panels (
    agent text primary key,
    model jsonb not null,
    labels double precision not null,
    updated_at timestamptz not null
  )`,
  // What the labels bought: a row each time it was measured.
  `create table learning_progress (
    agent text not null,
    id bigint generated always as identity,
    labels integer not null,
    unlabeled integer not null,
    bundle_id text,
    accuracy double precision,
    accuracy_low double precision,
    accuracy_high double precision,
    expected_errors double precision,
    expected_errors_low double precision,
    expected_errors_high double precision,
    measured_at timestamptz not null,
    primary key (agent, id)
  )`,
  `create table review_items (
    task_key text collate "C" not null,
    agent text not null,
    id bigint generated always as identity,
    result_id text not null,
    state text not null check (state in ('pending', 'leased', 'labeled', 'skipped', 'disputed', 'expired')),
    payload jsonb not null,
    judge_scores jsonb not null,
    uncertainty double precision not null,
    method text not null,
    priority double precision not null,
    value_of_review double precision,
    is_control boolean not null default false,
    inclusion_probability double precision,
    batch_id text not null,
    reviews_needed integer not null default 1,
    leased_to text,
    lease_token text,
    leased_at timestamptz,
    lease_expires_at timestamptz,
    lease_blind boolean not null default true,
    label text,
    skip_reason text,
    result_created_at timestamptz not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (task_key, agent),
    check ((state = 'leased') = (lease_token is not null))
  )`,
  `create index review_items_by_id on review_items (id)`,
  `create index review_items_claimable on review_items (agent, priority desc, id)
    where state in ('pending', 'leased')`,
  `create index review_items_by_state on review_items (agent, state, id)`,
  `create index review_items_leases on review_items (leased_to) where state = 'leased'`,
  // What a person answered: a label, or why there is none. An adjudication settles a dispute.
  `create table review_answers (
    task_key text collate "C" not null,
    agent text not null,
    reviewer text not null,
    id bigint generated always as identity,
    kind text not null check (kind in ('label', 'skip', 'adjudication', 'correction')),
    label text,
    skip_reason text,
    notes text,
    blind boolean not null,
    lease_token text not null,
    seconds double precision,
    created_at timestamptz not null,
    undone_at timestamptz,
    primary key (task_key, id),
    check ((label is null) = (kind = 'skip')),
    check ((skip_reason is not null) = (kind = 'skip'))
  )`,
  `create unique index review_answers_current on review_answers (task_key, agent, reviewer) where undone_at is null`,
  `create unique index review_answers_once on review_answers (task_key, agent, lease_token)`,
  `create index review_answers_by_reviewer on review_answers (agent, reviewer, id) where undone_at is null`,
  `create index review_answers_by_time on review_answers (agent, created_at)`,

  // Bundles, approvals, releases.
  `create table bundles (
    bundle_id text primary key,
    agent text not null,
    digest text not null unique,
    document jsonb not null,
    status text not null check (status in
      ('pending', 'proposed', 'approved', 'rejected', 'canary', 'active', 'replaced', 'rolled_back')),
    training jsonb not null,
    created_by text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,
  `create index bundles_by_agent on bundles (agent, created_at desc)`,
  `create table releases (
    agent text primary key,
    active_bundle_id text references bundles (bundle_id),
    canary_bundle_id text references bundles (bundle_id),
    holdback_bundle_id text references bundles (bundle_id),
    rollout_id text,
    salt text not null default '',
    canary_basis_points integer not null default 0,
    holdback_basis_points integer not null default 0,
    last_known_good_bundle_id text references bundles (bundle_id),
    kill_switch boolean not null default false,
    kill_switch_by text,
    kill_switch_reason text,
    generation bigint not null default 0,
    updated_at timestamptz not null
  )`,
  `create table bundle_backups (
    agent text not null,
    id bigint generated always as identity,
    bundle_id text not null references bundles (bundle_id),
    reason text not null,
    replaced_at timestamptz not null,
    primary key (agent, id)
  )`,
  `create table rollouts (
    rollout_id text primary key,
    approval_id text not null unique,
    agent text not null,
    bundle_id text not null references bundles (bundle_id),
    state text not null,
    generation bigint not null,
    document jsonb not null,
    diff jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,
  `create index rollouts_by_agent on rollouts (agent, created_at desc)`,
  `create unique index rollouts_one_running on rollouts (agent)
    where state in ('canary', 'full', 'hold', 'ask', 'rolling_back')`,
  `create unique index rollouts_one_proposal on rollouts (bundle_id) where state in ('proposed', 'approved')`,
  `create table rollout_events (
    rollout_id text not null references rollouts (rollout_id),
    sequence bigint not null,
    idempotency_key text not null,
    kind text not null,
    detail jsonb not null,
    at timestamptz not null,
    primary key (rollout_id, sequence),
    unique (rollout_id, idempotency_key)
  )`,
  `create table rollout_receipts (
    rollout_id text not null references rollouts (rollout_id),
    sequence bigint not null,
    document jsonb not null,
    previous_hash text not null,
    hash text not null,
    at timestamptz not null,
    primary key (rollout_id, sequence)
  )`,
  // A unit's first decision in each stage of a rollout: basis_points is the canary's share at that time.
  `create table exposures (
    unit_id text collate "C" not null,
    rollout_id text not null,
    basis_points integer not null,
    id bigint generated always as identity,
    agent text not null,
    arm text not null check (arm in ('active', 'canary', 'holdback')),
    generation bigint not null,
    bundle_id text,
    first_at timestamptz not null,
    last_at timestamptz not null,
    received_at timestamptz not null,
    primary key (unit_id, rollout_id, basis_points)
  )`,
  `create index exposures_by_rollout on exposures (rollout_id, first_at)`,
  `create index exposures_by_receipt on exposures (rollout_id, received_at)`,
  `create index exposures_by_id on exposures (id)`,
  // What the guard has gathered of a running rollout. An epoch begins where what was gathered counts no more.
  `create table rollout_evidence (
    rollout_id text primary key references rollouts (rollout_id),
    epoch integer not null,
    since timestamptz not null,
    looks integer not null default 0,
    document jsonb,
    updated_at timestamptz not null
  )`,
  // Each unit as it was scored, once, by the look that first found its window closed: the evidence can be
  // grown again from these rows alone.
  `create table scored_units (
    unit_id text collate "C" not null,
    rollout_id text not null,
    epoch integer not null,
    stage integer not null,
    look integer not null,
    arm text not null check (arm in ('active', 'canary')),
    probability double precision not null check (probability > 0 and probability < 1),
    exposed_at timestamptz not null,
    reported boolean not null,
    quality double precision,
    latency_ms double precision,
    cost double precision,
    success double precision,
    primary key (unit_id, rollout_id, epoch, stage)
  )`,
  `create index scored_units_by_look on scored_units (look, rollout_id, epoch, exposed_at)`,
  `create table rollout_looks (
    rollout_id text not null references rollouts (rollout_id),
    epoch integer not null,
    look integer not null,
    stage integer not null,
    at timestamptz not null,
    units integer not null,
    assignments jsonb not null,
    verdict jsonb not null,
    primary key (rollout_id, epoch, look)
  )`,
  // rollout_id '' is traffic of the active bundle while no rollout ran.
  `create table outcomes (
    unit_id text collate "C" not null,
    rollout_id text not null,
    outcome_id text not null,
    id bigint generated always as identity,
    agent text not null,
    arm text not null check (arm in ('active', 'canary', 'holdback')),
    task_key text,
    quality double precision check (quality between 0 and 1),
    latency_ms double precision check (latency_ms >= 0),
    cost double precision,
    success boolean,
    occurred_at timestamptz not null,
    received_at timestamptz not null,
    primary key (unit_id, rollout_id, outcome_id, agent)
  )`,
  `create index outcomes_by_rollout on outcomes (rollout_id, occurred_at)`,
  `create index outcomes_by_agent on outcomes (agent, occurred_at)`,
  `create index outcomes_by_id on outcomes (id)`,

  // Running the installation.
  `create table job_runs (
    job text not null,
    scheduled_for timestamptz not null,
    id bigint generated always as identity,
    trigger text not null check (trigger in ('schedule', 'manual', 'makeup')),
    state text not null check (state in ('running', 'succeeded', 'failed', 'skipped')),
    started_at timestamptz not null,
    finished_at timestamptz,
    heartbeat_at timestamptz not null,
    attempt integer not null default 1,
    owner text not null,
    progress text,
    result jsonb,
    error text,
    primary key (job, scheduled_for)
  )`,
  // Never two runs of one job at once, in the whole installation.
  `create unique index job_runs_one_running on job_runs (job) where state = 'running'`,
  `create index job_runs_by_id on job_runs (id)`,
  `create table job_pauses (
    job text primary key,
    reason text not null,
    paused_by text not null,
    paused_at timestamptz not null
  )`,
  `create table settings (
    key text primary key,
    value jsonb not null,
    updated_by text not null,
    updated_at timestamptz not null
  )`,
  `create table audit_events (
    sequence bigint primary key,
    at timestamptz not null,
    actor text not null,
    actor_kind text not null check (actor_kind in ('key', 'asserted', 'system')),
    kind text not null,
    agent text,
    object text not null,
    detail jsonb not null,
    previous_hash text not null,
    hash text not null
  )`,
  `create index audit_events_by_object on audit_events (object, sequence)`,

  // The specification's keys, for readers of these; the state lives in the tables above.
  `create view runtime_settings as
    select 'bundle.' || b.agent || '.' || b.bundle_id as key,
           b.document || jsonb_build_object('status', b.status) as value, b.updated_at
      from bundles b
    union all
    select 'bundle.' || r.agent || '.active', b.document, r.updated_at
      from releases r join bundles b on b.bundle_id = r.active_bundle_id
    union all
    select 'bundle.' || r.agent || '.canary', b.document, r.updated_at
      from releases r join bundles b on b.bundle_id = r.canary_bundle_id
    union all
    select 'bundle.' || newest.agent || '.backup', b.document, newest.replaced_at
      from (select distinct on (agent) agent, bundle_id, replaced_at from bundle_backups order by agent, id desc) newest
      join bundles b on b.bundle_id = newest.bundle_id
    union all
    select 'judge_weights.' || w.agent, jsonb_object_agg(w.judge, w.weight), max(w.updated_at)
      from judge_weights w group by w.agent
    union all
    select s.key, s.value, s.updated_at from settings s`,
];
