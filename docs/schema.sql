-- The schema of a new database, written by `npm run schema`; a test compares the two.

CREATE OR REPLACE FUNCTION judge_uncertainty_bound(scores jsonb)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    with verdicts as (
      select judge.value ->> 'verdict' as verdict,
             least(1, greatest(0, case jsonb_typeof(judge.value -> 'confidence')
               when 'number' then (judge.value ->> 'confidence')::numeric / 100 else 0.5 end)) as confidence
        from jsonb_each(case when jsonb_typeof(scores) = 'object' then scores else '{}'::jsonb end) judge
       where coalesce(judge.value ->> 'verdict', '') <> ''
    ), counts as (
      select count(*)::double precision as votes, min(confidence) as low, max(confidence) as high
        from verdicts group by verdict
    ), total as (
      select count(*) as distinct_verdicts, sum(votes) as votes, min(low) as low, max(high) as high,
             sum(votes * ln(votes)) as votes_log_votes
        from counts
    )
    select case
      when votes is null then 1
      when distinct_verdicts > 1
        then round(((ln(votes) - votes_log_votes / votes) / ln(distinct_verdicts::double precision))::numeric, 3)
      else least(1, ceil(1000 * greatest(case when low < 0.6 then 1 - low else 0 end, (high - low) * (high - low))) / 1000)
    end::double precision
      from total
  $function$;

CREATE OR REPLACE FUNCTION judge_vote_pattern(scores jsonb)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    select md5(coalesce(jsonb_object_agg(judge.key, jsonb_build_array(
             coalesce(judge.value ->> 'verdict', ''), judge.value -> 'order_consistent' = 'false'::jsonb,
             judge.value -> 'model_version', judge.value -> 'rubric_digest'))::text, ''))::uuid
      from jsonb_each(case when jsonb_typeof(scores) = 'object' then scores else '{}'::jsonb end) judge
  $function$;

CREATE OR REPLACE FUNCTION task_key_hash(task_key text)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    select ('x' || left(md5(task_key), 8))::bit(32)::bigint
  $function$;

CREATE OR REPLACE FUNCTION utc_day(at timestamp with time zone)
 RETURNS date
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    select (at at time zone 'UTC')::date
  $function$;

create table action_approvals (
  task_key text collate "C" not null,
  request_id text not null,
  id bigint not null generated always as identity,
  agent text not null,
  action text not null,
  status text not null,
  payload jsonb not null,
  decided_by text,
  notes text,
  requested_at timestamp with time zone not null,
  decided_at timestamp with time zone,
  constraint action_approvals_pkey PRIMARY KEY (task_key, agent, request_id),
  constraint action_approvals_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'approved'::text, 'rejected'::text])))
);
CREATE INDEX action_approvals_by_id ON action_approvals USING btree (id);

create table agents (
  name text not null,
  definition jsonb not null,
  definition_digest text not null,
  built_in boolean not null default false,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint agents_pkey PRIMARY KEY (name)
);

create table api_keys (
  key_id text collate "C" not null,
  secret_hash text not null,
  name text not null,
  person text not null,
  role text not null,
  created_by text not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  revoked_by text,
  constraint api_keys_pkey PRIMARY KEY (key_id),
  constraint api_keys_secret_hash_key UNIQUE (secret_hash),
  constraint api_keys_check CHECK (((revoked_at IS NULL) = (revoked_by IS NULL))),
  constraint api_keys_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'agent'::text, 'reviewer'::text, 'approver'::text, 'operator'::text, 'admin'::text])))
);

create table audit_events (
  sequence bigint not null,
  at timestamp with time zone not null,
  actor text not null,
  actor_kind text not null,
  kind text not null,
  agent text,
  object text not null,
  detail jsonb not null,
  previous_hash text not null,
  hash text not null,
  constraint audit_events_pkey PRIMARY KEY (sequence),
  constraint audit_events_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['key'::text, 'asserted'::text, 'system'::text])))
);
CREATE INDEX audit_events_by_object ON audit_events USING btree (object, sequence);

create table bundle_backups (
  agent text not null,
  id bigint not null generated always as identity,
  bundle_id text not null,
  reason text not null,
  replaced_at timestamp with time zone not null,
  constraint bundle_backups_pkey PRIMARY KEY (agent, id),
  constraint bundle_backups_bundle_id_fkey FOREIGN KEY (bundle_id) REFERENCES bundles(bundle_id)
);

create table bundles (
  bundle_id text not null,
  agent text not null,
  digest text not null,
  document jsonb not null,
  status text not null,
  training jsonb not null,
  created_by text not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint bundles_pkey PRIMARY KEY (bundle_id),
  constraint bundles_digest_key UNIQUE (digest),
  constraint bundles_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'proposed'::text, 'approved'::text, 'rejected'::text, 'canary'::text, 'active'::text, 'replaced'::text, 'rolled_back'::text])))
);
CREATE INDEX bundles_by_agent ON bundles USING btree (agent, created_at DESC);

create table control_share (
  task_key text collate "C" not null,
  agent text not null,
  result_id text not null,
  inclusion_probability double precision not null,
  result_created_at timestamp with time zone not null,
  drawn_at timestamp with time zone not null,
  constraint control_share_pkey PRIMARY KEY (task_key, agent, result_id),
  constraint control_share_inclusion_probability_check CHECK (((inclusion_probability > (0)::double precision) AND (inclusion_probability <= (1)::double precision)))
);
CREATE INDEX control_share_by_time ON control_share USING btree (agent, result_created_at);

create table evaluation_results (
  task_key text collate "C" not null,
  agent text not null,
  result_id text not null,
  id bigint not null generated always as identity,
  payload jsonb not null,
  judge_scores jsonb not null,
  decision text,
  created_at timestamp with time zone not null,
  vote_pattern uuid not null generated always as (judge_vote_pattern(judge_scores)) stored,
  uncertainty_bound double precision not null generated always as (judge_uncertainty_bound(judge_scores)) stored,
  constraint evaluation_results_pkey PRIMARY KEY (task_key, agent, result_id)
);
CREATE INDEX evaluation_results_by_id ON evaluation_results USING btree (id);
CREATE INDEX evaluation_results_by_pattern ON evaluation_results USING btree (agent, utc_day(created_at), vote_pattern, task_key_hash(task_key));
CREATE INDEX evaluation_results_recent ON evaluation_results USING btree (agent, created_at, id);
CREATE INDEX evaluation_results_uncertain ON evaluation_results USING btree (agent, utc_day(created_at), uncertainty_bound DESC, task_key_hash(task_key));

create table exposures (
  unit_id text collate "C" not null,
  rollout_id text not null,
  basis_points integer not null,
  id bigint not null generated always as identity,
  agent text not null,
  arm text not null,
  generation bigint not null,
  bundle_id text,
  first_at timestamp with time zone not null,
  last_at timestamp with time zone not null,
  received_at timestamp with time zone not null,
  constraint exposures_pkey PRIMARY KEY (unit_id, rollout_id, basis_points),
  constraint exposures_arm_check CHECK ((arm = ANY (ARRAY['active'::text, 'canary'::text, 'holdback'::text])))
);
CREATE INDEX exposures_by_id ON exposures USING btree (id);
CREATE INDEX exposures_by_receipt ON exposures USING btree (rollout_id, received_at);
CREATE INDEX exposures_by_rollout ON exposures USING btree (rollout_id, first_at);

create table feed_cursors (
  feed text not null,
  "position" jsonb not null,
  updated_at timestamp with time zone not null,
  constraint feed_cursors_pkey PRIMARY KEY (feed)
);

create table feedback_events (
  event_id text not null,
  id bigint not null generated always as identity,
  agent text not null,
  task_key text,
  thumb text not null,
  decision text,
  payload jsonb,
  person text,
  notes text,
  occurred_at timestamp with time zone not null,
  constraint feedback_events_pkey PRIMARY KEY (event_id, agent),
  constraint feedback_events_thumb_check CHECK ((thumb = ANY (ARRAY['up'::text, 'down'::text])))
);
CREATE INDEX feedback_events_by_day ON feedback_events USING btree (agent, occurred_at);
CREATE INDEX feedback_events_by_id ON feedback_events USING btree (id);
CREATE INDEX feedback_events_by_task ON feedback_events USING btree (task_key);

create table golden_tasks (
  task_key text collate "C" not null,
  agent text not null,
  id bigint not null generated always as identity,
  payload jsonb not null,
  label text not null,
  notes text,
  created_at timestamp with time zone not null,
  constraint golden_tasks_pkey PRIMARY KEY (task_key, agent)
);
CREATE INDEX golden_tasks_by_agent ON golden_tasks USING btree (agent, id);

create table idempotency_keys (
  key text collate "C" not null,
  principal text collate "C" not null,
  digest text,
  holder text not null,
  held_until timestamp with time zone not null,
  created_at timestamp with time zone not null,
  done_at timestamp with time zone,
  status integer,
  content_type text,
  answer text,
  constraint idempotency_keys_pkey PRIMARY KEY (key, principal),
  constraint idempotency_keys_check CHECK (((done_at IS NULL) = (answer IS NULL)))
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys USING btree (created_at);

create table job_pauses (
  job text not null,
  reason text not null,
  paused_by text not null,
  paused_at timestamp with time zone not null,
  constraint job_pauses_pkey PRIMARY KEY (job)
);

create table job_runs (
  job text not null,
  scheduled_for timestamp with time zone not null,
  id bigint not null generated always as identity,
  trigger text not null,
  state text not null,
  started_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  heartbeat_at timestamp with time zone not null,
  attempt integer not null default 1,
  owner text not null,
  progress text,
  result jsonb,
  error text,
  lane text not null,
  constraint job_runs_pkey PRIMARY KEY (job, scheduled_for),
  constraint job_runs_lane_check CHECK ((lane = ANY (ARRAY['learning'::text, 'guard'::text]))),
  constraint job_runs_state_check CHECK ((state = ANY (ARRAY['running'::text, 'succeeded'::text, 'failed'::text, 'skipped'::text]))),
  constraint job_runs_trigger_check CHECK ((trigger = ANY (ARRAY['schedule'::text, 'manual'::text, 'catch_up'::text])))
);
CREATE INDEX job_runs_by_id ON job_runs USING btree (id);
CREATE UNIQUE INDEX job_runs_one_running ON job_runs USING btree (job) WHERE (state = 'running'::text);
CREATE UNIQUE INDEX job_runs_one_scheduled_per_lane ON job_runs USING btree (lane) WHERE ((state = 'running'::text) AND (trigger <> 'manual'::text));

create table judge_cards (
  agent text not null,
  judge text not null,
  card jsonb not null,
  updated_at timestamp with time zone not null,
  constraint judge_cards_pkey PRIMARY KEY (agent, judge)
);

create table judge_evidence (
  agent text not null,
  day text not null,
  document jsonb not null,
  updated_at timestamp with time zone not null,
  constraint judge_evidence_pkey PRIMARY KEY (agent, day)
);

create table judge_evidence_marks (
  agent text not null,
  results_id bigint not null,
  examples_id bigint not null,
  read_at timestamp with time zone not null,
  definition_digest text not null,
  model_bundle_id text,
  constraint judge_evidence_marks_pkey PRIMARY KEY (agent)
);

create table judge_panels (
  agent text not null,
  model jsonb not null,
  labels double precision not null,
  updated_at timestamp with time zone not null,
  constraint judge_panels_pkey PRIMARY KEY (agent)
);

create table judge_weights (
  agent text not null,
  judge text not null,
  weight double precision not null,
  predictions integer not null,
  detail jsonb not null,
  updated_at timestamp with time zone not null,
  constraint judge_weights_pkey PRIMARY KEY (agent, judge)
);

create table label_conflicts (
  key text collate "C" not null,
  id bigint not null generated always as identity,
  agent text not null,
  source text not null,
  source_id text not null,
  kept_label text not null,
  offered_label text not null,
  offered jsonb not null,
  state text not null default 'open'::text,
  created_at timestamp with time zone not null,
  settled_at timestamp with time zone,
  settled_by text,
  constraint label_conflicts_pkey PRIMARY KEY (key, id),
  constraint label_conflicts_state_check CHECK ((state = ANY (ARRAY['open'::text, 'kept_old'::text, 'took_new'::text])))
);
CREATE INDEX label_conflicts_by_id ON label_conflicts USING btree (id);
CREATE UNIQUE INDEX label_conflicts_open ON label_conflicts USING btree (key, agent, source, source_id, offered_label) WHERE (state = 'open'::text);

create table labeled_examples (
  key text collate "C" not null,
  id bigint not null generated always as identity,
  agent text not null,
  payload jsonb not null,
  label text not null,
  source text not null,
  source_id text not null,
  confidence integer not null,
  notes text,
  labeled_by text,
  created_at timestamp with time zone not null,
  loaded_at timestamp with time zone not null,
  superseded_at timestamp with time zone,
  constraint labeled_examples_pkey PRIMARY KEY (key, id),
  constraint labeled_examples_confidence_check CHECK (((confidence >= 0) AND (confidence <= 100))),
  constraint labeled_examples_source_check CHECK ((source = ANY (ARRAY['approvals'::text, 'feedback'::text, 'gold'::text, 'synthetic'::text, 'review'::text])))
);
CREATE INDEX labeled_examples_agent_id ON labeled_examples USING btree (agent, id);
CREATE INDEX labeled_examples_agent_label ON labeled_examples USING btree (agent, label);
CREATE INDEX labeled_examples_agent_source ON labeled_examples USING btree (agent, source);
CREATE INDEX labeled_examples_by_id ON labeled_examples USING btree (id);
CREATE INDEX labeled_examples_created_at ON labeled_examples USING btree (created_at DESC);
CREATE UNIQUE INDEX labeled_examples_current ON labeled_examples USING btree (key, agent, source, source_id) WHERE (superseded_at IS NULL);
CREATE INDEX labeled_examples_superseded ON labeled_examples USING btree (agent, superseded_at) WHERE (superseded_at IS NOT NULL);
CREATE INDEX labeled_examples_training ON labeled_examples USING btree (agent, key, id);

create table model_judges (
  agent text not null,
  document jsonb not null,
  updated_at timestamp with time zone not null,
  constraint model_judges_pkey PRIMARY KEY (agent)
);

create table notification_endpoints (
  name text not null,
  url text not null,
  secret text not null,
  created_by text not null,
  created_at timestamp with time zone not null,
  constraint notification_endpoints_pkey PRIMARY KEY (name)
);

create table notifications (
  endpoint text not null,
  message_id text not null,
  id bigint not null generated always as identity,
  event text not null,
  agent text,
  document jsonb not null,
  state text not null,
  attempts integer not null default 0,
  next_attempt_at timestamp with time zone not null,
  last_error text,
  created_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint notifications_pkey PRIMARY KEY (endpoint, message_id),
  constraint notifications_endpoint_fkey FOREIGN KEY (endpoint) REFERENCES notification_endpoints(name) ON DELETE CASCADE,
  constraint notifications_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'delivered'::text, 'dead'::text])))
);
CREATE INDEX notifications_by_id ON notifications USING btree (id);
CREATE INDEX notifications_due ON notifications USING btree (next_attempt_at) WHERE (state = 'waiting'::text);

create table outcomes (
  unit_id text collate "C" not null,
  rollout_id text not null,
  outcome_id text not null,
  id bigint not null generated always as identity,
  agent text not null,
  arm text not null,
  task_key text,
  quality double precision,
  latency_ms double precision,
  cost double precision,
  success boolean,
  occurred_at timestamp with time zone not null,
  received_at timestamp with time zone not null,
  judge text,
  decision text,
  constraint outcomes_pkey PRIMARY KEY (unit_id, rollout_id, outcome_id, agent),
  constraint outcomes_arm_check CHECK ((arm = ANY (ARRAY['active'::text, 'canary'::text, 'holdback'::text]))),
  constraint outcomes_latency_ms_check CHECK ((latency_ms >= (0)::double precision)),
  constraint outcomes_quality_check CHECK (((quality >= (0)::double precision) AND (quality <= (1)::double precision)))
);
CREATE INDEX outcomes_by_agent ON outcomes USING btree (agent, occurred_at);
CREATE INDEX outcomes_by_id ON outcomes USING btree (id);
CREATE INDEX outcomes_by_rollout ON outcomes USING btree (rollout_id, occurred_at);

create table queue_statistics (
  agent text not null,
  id bigint not null generated always as identity,
  labels integer not null,
  unlabeled integer not null,
  bundle_id text,
  accuracy double precision,
  accuracy_low double precision,
  accuracy_high double precision,
  expected_errors double precision,
  expected_errors_low double precision,
  expected_errors_high double precision,
  measured_at timestamp with time zone not null,
  constraint queue_statistics_pkey PRIMARY KEY (agent, id)
);

create table releases (
  agent text not null,
  active_bundle_id text,
  canary_bundle_id text,
  holdback_bundle_id text,
  rollout_id text,
  salt text not null default ''::text,
  canary_basis_points integer not null default 0,
  holdback_basis_points integer not null default 0,
  last_known_good_bundle_id text,
  kill_switch boolean not null default false,
  kill_switch_by text,
  kill_switch_reason text,
  generation bigint not null default 0,
  updated_at timestamp with time zone not null,
  constraint releases_pkey PRIMARY KEY (agent),
  constraint releases_active_bundle_id_fkey FOREIGN KEY (active_bundle_id) REFERENCES bundles(bundle_id),
  constraint releases_canary_bundle_id_fkey FOREIGN KEY (canary_bundle_id) REFERENCES bundles(bundle_id),
  constraint releases_holdback_bundle_id_fkey FOREIGN KEY (holdback_bundle_id) REFERENCES bundles(bundle_id),
  constraint releases_last_known_good_bundle_id_fkey FOREIGN KEY (last_known_good_bundle_id) REFERENCES bundles(bundle_id)
);

create table review_answers (
  task_key text collate "C" not null,
  agent text not null,
  reviewer text not null,
  id bigint not null generated always as identity,
  kind text not null,
  label text,
  skip_reason text,
  notes text,
  blind boolean not null,
  lease_token text not null,
  seconds double precision,
  created_at timestamp with time zone not null,
  undone_at timestamp with time zone,
  constraint review_answers_pkey PRIMARY KEY (task_key, id),
  constraint review_answers_check CHECK (((label IS NULL) = (kind = 'skip'::text))),
  constraint review_answers_check1 CHECK (((skip_reason IS NOT NULL) = (kind = 'skip'::text))),
  constraint review_answers_kind_check CHECK ((kind = ANY (ARRAY['label'::text, 'skip'::text, 'adjudication'::text, 'correction'::text])))
);
CREATE INDEX review_answers_by_reviewer ON review_answers USING btree (agent, reviewer, id) WHERE (undone_at IS NULL);
CREATE INDEX review_answers_by_time ON review_answers USING btree (agent, created_at);
CREATE UNIQUE INDEX review_answers_current ON review_answers USING btree (task_key, agent, reviewer) WHERE (undone_at IS NULL);
CREATE UNIQUE INDEX review_answers_once ON review_answers USING btree (task_key, agent, lease_token);

create table review_items (
  task_key text collate "C" not null,
  agent text not null,
  id bigint not null generated always as identity,
  result_id text not null,
  state text not null,
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
  leased_at timestamp with time zone,
  lease_expires_at timestamp with time zone,
  lease_blind boolean not null default true,
  label text,
  skip_reason text,
  result_created_at timestamp with time zone not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint review_items_pkey PRIMARY KEY (task_key, agent),
  constraint review_items_check CHECK (((state = 'leased'::text) = (lease_token IS NOT NULL))),
  constraint review_items_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'leased'::text, 'labeled'::text, 'skipped'::text, 'disputed'::text, 'expired'::text])))
);
CREATE INDEX review_items_by_id ON review_items USING btree (id);
CREATE INDEX review_items_by_state ON review_items USING btree (agent, state, id);
CREATE INDEX review_items_claimable ON review_items USING btree (agent, priority DESC, id) WHERE (state = ANY (ARRAY['pending'::text, 'leased'::text]));
CREATE INDEX review_items_leases ON review_items USING btree (leased_to) WHERE (state = 'leased'::text);

create table rollout_analyses (
  rollout_id text not null,
  epoch integer not null,
  analysis integer not null,
  stage integer not null,
  at timestamp with time zone not null,
  units integer not null,
  assignments jsonb not null,
  verdict jsonb not null,
  inputs jsonb,
  constraint rollout_analyses_pkey PRIMARY KEY (rollout_id, epoch, analysis),
  constraint rollout_looks_rollout_id_fkey FOREIGN KEY (rollout_id) REFERENCES rollouts(rollout_id)
);

create table rollout_epochs (
  rollout_id text not null,
  epoch integer not null,
  began_at timestamp with time zone not null,
  baseline jsonb not null,
  judge_identity text,
  with_interval boolean not null,
  constraint rollout_epochs_pkey PRIMARY KEY (rollout_id, epoch),
  constraint rollout_epochs_rollout_id_fkey FOREIGN KEY (rollout_id) REFERENCES rollouts(rollout_id)
);

create table rollout_events (
  rollout_id text not null,
  sequence bigint not null,
  idempotency_key text not null,
  kind text not null,
  detail jsonb not null,
  at timestamp with time zone not null,
  constraint rollout_events_pkey PRIMARY KEY (rollout_id, sequence),
  constraint rollout_events_rollout_id_idempotency_key_key UNIQUE (rollout_id, idempotency_key),
  constraint rollout_events_rollout_id_fkey FOREIGN KEY (rollout_id) REFERENCES rollouts(rollout_id)
);

create table rollout_evidence (
  rollout_id text not null,
  epoch integer not null,
  since timestamp with time zone not null,
  analyses integer not null default 0,
  document jsonb,
  updated_at timestamp with time zone not null,
  constraint rollout_evidence_pkey PRIMARY KEY (rollout_id),
  constraint rollout_evidence_rollout_id_fkey FOREIGN KEY (rollout_id) REFERENCES rollouts(rollout_id)
);

create table rollout_overrides (
  rollout_id text not null,
  generation bigint not null,
  agent text not null,
  about text not null,
  actor text not null,
  reason text not null,
  at timestamp with time zone not null,
  reviewed_by text,
  reviewed_at timestamp with time zone,
  finding text,
  notes text,
  constraint rollout_overrides_pkey PRIMARY KEY (rollout_id, generation),
  constraint rollout_overrides_rollout_id_fkey FOREIGN KEY (rollout_id) REFERENCES rollouts(rollout_id),
  constraint rollout_overrides_about_check CHECK ((about = ANY (ARRAY['break_glass'::text, 'override'::text]))),
  constraint rollout_overrides_check CHECK ((((reviewed_by IS NULL) = (finding IS NULL)) AND ((reviewed_by IS NULL) = (reviewed_at IS NULL)))),
  constraint rollout_overrides_finding_check CHECK ((finding = ANY (ARRAY['upheld'::text, 'objected'::text])))
);
CREATE INDEX rollout_overrides_open ON rollout_overrides USING btree (at) WHERE (finding IS NULL);

create table rollout_receipts (
  rollout_id text not null,
  sequence bigint not null,
  document jsonb not null,
  previous_hash text not null,
  hash text not null,
  at timestamp with time zone not null,
  constraint rollout_receipts_pkey PRIMARY KEY (rollout_id, sequence),
  constraint rollout_receipts_rollout_id_fkey FOREIGN KEY (rollout_id) REFERENCES rollouts(rollout_id)
);

create table rollouts (
  rollout_id text not null,
  approval_id text not null,
  agent text not null,
  bundle_id text not null,
  state text not null,
  generation bigint not null,
  document jsonb not null,
  diff jsonb not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  plan jsonb,
  backtest jsonb,
  constraint rollouts_pkey PRIMARY KEY (rollout_id),
  constraint rollouts_approval_id_key UNIQUE (approval_id),
  constraint rollouts_bundle_id_fkey FOREIGN KEY (bundle_id) REFERENCES bundles(bundle_id)
);
CREATE INDEX rollouts_by_agent ON rollouts USING btree (agent, created_at DESC);
CREATE UNIQUE INDEX rollouts_one_proposal ON rollouts USING btree (bundle_id) WHERE (state = ANY (ARRAY['proposed'::text, 'approved'::text]));
CREATE UNIQUE INDEX rollouts_one_running ON rollouts USING btree (agent) WHERE (state = ANY (ARRAY['canary'::text, 'full'::text, 'hold'::text, 'ask'::text, 'rolling_back'::text]));

create table sampler_marks (
  agent text not null,
  results_id bigint not null,
  updated_at timestamp with time zone not null,
  constraint sampler_marks_pkey PRIMARY KEY (agent)
);

create table schema_migrations (
  name character varying(255) not null,
  "timestamp" character varying(255) not null,
  constraint schema_migrations_pkey PRIMARY KEY (name)
);

create table schema_migrations_lock (
  id character varying(255) not null,
  is_locked integer not null default 0,
  constraint schema_migrations_lock_pkey PRIMARY KEY (id)
);

create table scored_units (
  unit_id text collate "C" not null,
  rollout_id text not null,
  epoch integer not null,
  stage integer not null,
  analysis integer not null,
  arm text not null,
  probability double precision not null,
  exposed_at timestamp with time zone not null,
  reported boolean not null,
  quality double precision,
  latency_ms double precision,
  cost double precision,
  success double precision,
  constraint scored_units_pkey PRIMARY KEY (unit_id, rollout_id, epoch, stage),
  constraint scored_units_arm_check CHECK ((arm = ANY (ARRAY['active'::text, 'canary'::text]))),
  constraint scored_units_probability_check CHECK (((probability > (0)::double precision) AND (probability < (1)::double precision)))
);
CREATE INDEX scored_units_by_analysis ON scored_units USING btree (analysis, rollout_id, epoch, exposed_at);

create table sessions (
  session_id text collate "C" not null,
  token_hash text not null,
  key_id text collate "C" not null,
  user_agent text not null,
  started_at timestamp with time zone not null,
  last_seen_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint sessions_pkey PRIMARY KEY (session_id),
  constraint sessions_token_hash_key UNIQUE (token_hash),
  constraint sessions_key_id_fkey FOREIGN KEY (key_id) REFERENCES api_keys(key_id)
);
CREATE INDEX sessions_by_expiry ON sessions USING btree (expires_at);
CREATE INDEX sessions_by_key ON sessions USING btree (key_id) WHERE (ended_at IS NULL);

create table settings (
  key text not null,
  value jsonb not null,
  updated_by text not null,
  updated_at timestamp with time zone not null,
  constraint settings_pkey PRIMARY KEY (key)
);

create view runtime_settings as
 SELECT ((('bundle.'::text || b.agent) || '.'::text) || b.bundle_id) AS key,
    (b.document || jsonb_build_object('status', b.status)) AS value,
    b.updated_at
   FROM bundles b
UNION ALL
 SELECT (('bundle.'::text || r.agent) || '.active'::text) AS key,
    b.document AS value,
    r.updated_at
   FROM (releases r
     JOIN bundles b ON ((b.bundle_id = r.active_bundle_id)))
UNION ALL
 SELECT (('bundle.'::text || r.agent) || '.canary'::text) AS key,
    b.document AS value,
    r.updated_at
   FROM (releases r
     JOIN bundles b ON ((b.bundle_id = r.canary_bundle_id)))
UNION ALL
 SELECT (('bundle.'::text || newest.agent) || '.backup'::text) AS key,
    b.document AS value,
    newest.replaced_at AS updated_at
   FROM (( SELECT DISTINCT ON (bundle_backups.agent) bundle_backups.agent,
            bundle_backups.bundle_id,
            bundle_backups.replaced_at
           FROM bundle_backups
          ORDER BY bundle_backups.agent, bundle_backups.id DESC) newest
     JOIN bundles b ON ((b.bundle_id = newest.bundle_id)))
UNION ALL
 SELECT ('judge_weights.'::text || w.agent) AS key,
    jsonb_object_agg(w.judge, w.weight) AS value,
    max(w.updated_at) AS updated_at
   FROM judge_weights w
  GROUP BY w.agent
UNION ALL
 SELECT s.key,
    s.value,
    s.updated_at
   FROM settings s;
