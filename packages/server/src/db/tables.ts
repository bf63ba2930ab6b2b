/**
 * Rows of the tables, as Kysely types them. Timestamps are read and written as Date.
 *
 * A table whose documents have types of one feature is declared there (`guard/guard-tables.ts`,
 * `judges/judge-tables.ts`, `notifications/notification-tables.ts`): `db/` knows no feature.
 */

import type { Arm, BundleDocument } from "@relearn/client";
import type {
  AgentDefinition,
  ApprovalBacktest,
  BundleDiff,
  BundleStatus,
  ExampleSource,
  PanelModel,
  Receipt,
  ReliabilityCard,
  ReviewState,
  Role,
  Rollout,
  RolloutPlan,
  RolloutState,
  SkipReason,
  TrainingSnapshot,
} from "@relearn/contract";
import type { ColumnType, Generated, GeneratedAlways, RawBuilder } from "kysely";

/** A jsonb column: read as the document, written through `jsonb()` so that both engines store the same. */
export type Json<Document> = ColumnType<Document, RawBuilder<Document>, RawBuilder<Document>>;
export type NullableJson<Document> = ColumnType<
  Document | null,
  RawBuilder<Document> | null,
  RawBuilder<Document> | null
>;
export type JsonObject = Readonly<Record<string, unknown>>;
/** Judge to verdict, as an evaluation result carries them. Confidence 0-100. */
export type JudgeScores = Readonly<
  Record<
    string,
    {
      readonly verdict: string | null;
      readonly confidence?: number | null;
      readonly [extra: string]: unknown;
    }
  >
>;

export interface Tables {
  agents: {
    name: string;
    definition: Json<AgentDefinition>;
    definition_digest: string;
    built_in: ColumnType<boolean, boolean | undefined, boolean>;
    created_at: Date;
    updated_at: Date;
  };
  action_approvals: {
    task_key: string;
    request_id: string;
    id: GeneratedAlways<number>;
    agent: string;
    action: string;
    status: "pending" | "approved" | "rejected";
    payload: Json<JsonObject>;
    decided_by: string | null;
    notes: string | null;
    requested_at: Date;
    decided_at: Date | null;
  };
  feedback_events: {
    event_id: string;
    id: GeneratedAlways<number>;
    agent: string;
    task_key: string | null;
    thumb: "up" | "down";
    decision: string | null;
    payload: NullableJson<JsonObject>;
    person: string | null;
    notes: string | null;
    occurred_at: Date;
  };
  golden_tasks: {
    task_key: string;
    agent: string;
    id: GeneratedAlways<number>;
    payload: Json<JsonObject>;
    label: string;
    notes: string | null;
    created_at: Date;
  };
  evaluation_results: {
    task_key: string;
    agent: string;
    result_id: string;
    id: GeneratedAlways<number>;
    payload: Json<JsonObject>;
    judge_scores: Json<JudgeScores>;
    decision: string | null;
    created_at: Date;
    vote_pattern: GeneratedAlways<string>;
    uncertainty_bound: GeneratedAlways<number>;
  };
  labeled_examples: {
    key: string;
    id: GeneratedAlways<number>;
    agent: string;
    payload: Json<JsonObject>;
    label: string;
    source: ExampleSource;
    source_id: string;
    confidence: number;
    notes: string | null;
    labeled_by: string | null;
    created_at: Date;
    loaded_at: Date;
    superseded_at: Date | null;
  };
  label_conflicts: {
    key: string;
    id: GeneratedAlways<number>;
    agent: string;
    source: ExampleSource;
    source_id: string;
    kept_label: string;
    offered_label: string;
    offered: Json<JsonObject>;
    state: Generated<"open" | "kept_old" | "took_new">;
    created_at: Date;
    settled_at: Date | null;
    settled_by: string | null;
  };
  feed_cursors: { feed: string; position: Json<JsonObject>; updated_at: Date };
  judge_weights: {
    agent: string;
    judge: string;
    weight: number;
    predictions: number;
    detail: Json<JsonObject>;
    updated_at: Date;
  };
  judge_evidence_marks: {
    agent: string;
    results_id: number;
    examples_id: number;
    read_at: Date;
    definition_digest: string;
    model_bundle_id: string | null;
  };
  judge_cards: { agent: string; judge: string; card: Json<ReliabilityCard>; updated_at: Date };
  judge_panels: { agent: string; model: Json<PanelModel>; labels: number; updated_at: Date };
  queue_statistics: {
    agent: string;
    id: GeneratedAlways<number>;
    labels: number;
    unlabeled: number;
    bundle_id: string | null;
    accuracy: number | null;
    accuracy_low: number | null;
    accuracy_high: number | null;
    expected_errors: number | null;
    expected_errors_low: number | null;
    expected_errors_high: number | null;
    measured_at: Date;
  };
  review_items: {
    task_key: string;
    agent: string;
    id: GeneratedAlways<number>;
    result_id: string;
    state: ReviewState;
    payload: Json<JsonObject>;
    judge_scores: Json<JudgeScores>;
    uncertainty: number;
    method: string;
    priority: number;
    value_of_review: number | null;
    is_control: Generated<boolean>;
    inclusion_probability: number | null;
    batch_id: string;
    reviews_needed: Generated<number>;
    leased_to: string | null;
    lease_token: string | null;
    leased_at: Date | null;
    lease_expires_at: Date | null;
    lease_blind: Generated<boolean>;
    label: string | null;
    skip_reason: SkipReason | null;
    result_created_at: Date;
    created_at: Date;
    updated_at: Date;
  };
  review_answers: {
    task_key: string;
    agent: string;
    reviewer: string;
    id: GeneratedAlways<number>;
    kind: "label" | "skip" | "adjudication" | "correction";
    label: string | null;
    skip_reason: SkipReason | null;
    notes: string | null;
    blind: boolean;
    lease_token: string;
    seconds: number | null;
    created_at: Date;
    undone_at: Date | null;
  };
  control_share: {
    task_key: string;
    agent: string;
    result_id: string;
    inclusion_probability: number;
    result_created_at: Date;
    drawn_at: Date;
  };
  sampler_marks: { agent: string; results_id: number; updated_at: Date };
  bundles: {
    bundle_id: string;
    agent: string;
    digest: string;
    document: Json<BundleDocument>;
    status: BundleStatus;
    training: Json<TrainingSnapshot>;
    created_by: string;
    created_at: Date;
    updated_at: Date;
  };
  releases: {
    agent: string;
    active_bundle_id: string | null;
    canary_bundle_id: string | null;
    holdback_bundle_id: string | null;
    salt: Generated<string>;
    canary_basis_points: Generated<number>;
    holdback_basis_points: Generated<number>;
    rollout_id: string | null;
    last_known_good_bundle_id: string | null;
    kill_switch: Generated<boolean>;
    kill_switch_by: string | null;
    kill_switch_reason: string | null;
    generation: Generated<number>;
    updated_at: Date;
  };
  bundle_backups: {
    agent: string;
    id: GeneratedAlways<number>;
    bundle_id: string;
    reason: string;
    replaced_at: Date;
  };
  rollouts: {
    rollout_id: string;
    approval_id: string;
    agent: string;
    bundle_id: string;
    state: RolloutState;
    generation: number;
    document: Json<Rollout>;
    diff: Json<BundleDiff>;
    plan: NullableJson<RolloutPlan>;
    backtest: NullableJson<ApprovalBacktest>;
    created_at: Date;
    updated_at: Date;
  };
  rollout_overrides: {
    rollout_id: string;
    generation: number;
    agent: string;
    about: "break_glass" | "override";
    actor: string;
    reason: string;
    at: Date;
    reviewed_by: string | null;
    reviewed_at: Date | null;
    finding: "upheld" | "objected" | null;
    notes: string | null;
  };
  notification_endpoints: {
    name: string;
    url: string;
    secret: string;
    created_by: string;
    created_at: Date;
  };
  rollout_events: {
    rollout_id: string;
    sequence: number;
    idempotency_key: string;
    kind: string;
    detail: Json<JsonObject>;
    at: Date;
  };
  rollout_receipts: {
    rollout_id: string;
    sequence: number;
    document: Json<Receipt>;
    previous_hash: string;
    hash: string;
    at: Date;
  };
  scored_units: {
    unit_id: string;
    rollout_id: string;
    epoch: number;
    stage: number;
    analysis: number;
    arm: "active" | "canary";
    probability: number;
    exposed_at: Date;
    reported: boolean;
    quality: number | null;
    latency_ms: number | null;
    cost: number | null;
    success: number | null;
  };
  exposures: {
    unit_id: string;
    rollout_id: string;
    id: GeneratedAlways<number>;
    agent: string;
    arm: Arm;
    basis_points: number;
    generation: number;
    bundle_id: string | null;
    first_at: Date;
    last_at: Date;
    received_at: Date;
  };
  outcomes: {
    unit_id: string;
    rollout_id: string;
    outcome_id: string;
    id: GeneratedAlways<number>;
    agent: string;
    arm: Arm;
    task_key: string | null;
    quality: number | null;
    latency_ms: number | null;
    cost: number | null;
    success: boolean | null;
    judge: string | null;
    decision: string | null;
    occurred_at: Date;
    received_at: Date;
  };
  job_runs: {
    job: string;
    scheduled_for: Date;
    id: GeneratedAlways<number>;
    lane: "learning" | "guard";
    trigger: "schedule" | "manual" | "catch_up";
    state: "running" | "succeeded" | "failed" | "skipped";
    started_at: Date;
    finished_at: Date | null;
    heartbeat_at: Date;
    attempt: Generated<number>;
    owner: string;
    progress: string | null;
    result: NullableJson<JsonObject>;
    error: string | null;
  };
  job_pauses: { job: string; reason: string; paused_by: string; paused_at: Date };
  settings: { key: string; value: Json<unknown>; updated_by: string; updated_at: Date };
  audit_events: {
    sequence: number;
    at: Date;
    actor: string;
    actor_kind: "key" | "asserted" | "system";
    kind: string;
    agent: string | null;
    object: string;
    detail: Json<JsonObject>;
    previous_hash: string;
    hash: string;
  };
  idempotency_keys: {
    key: string;
    principal: string;
    digest: string | null;
    holder: string;
    held_until: Date;
    created_at: Date;
    done_at: Date | null;
    status: number | null;
    content_type: string | null;
    answer: string | null;
  };
  api_keys: {
    key_id: string;
    secret_hash: string;
    name: string;
    person: string;
    role: Role;
    created_by: string;
    created_at: Date;
    expires_at: Date | null;
    last_used_at: Date | null;
    revoked_at: Date | null;
    revoked_by: string | null;
  };
  sessions: {
    session_id: string;
    token_hash: string;
    key_id: string;
    user_agent: string;
    started_at: Date;
    last_seen_at: Date;
    expires_at: Date;
    ended_at: Date | null;
  };
  runtime_settings: { key: string; value: Json<unknown>; updated_at: Date };
}
