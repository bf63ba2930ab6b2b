/**
 * Schemas of the documents that cross the wire, by the name that a route gives them (`documentSchema`). They
 * describe what the types say (each is checked against its type) to whoever writes a client; nothing is
 * parsed with them at run time but in the tests, which hold the running application's answers against them.
 */
import type { BundleDocument, ModelDocument, SwitchboardBundle, SwitchboardConfig } from "@relearn/client";
import { z } from "zod";
import type { Approval } from "../approvals/approval.ts";
import type { AuditEvent } from "../audit/audit-event.ts";
import type { BundleDiff } from "../bundles/bundle-diff.ts";
import type { BundleWithStatus } from "../bundles/bundle-routes.ts";
import type { BundleVerification, CreatedBundle, RestoredBundle } from "../bundles/bundle-service.ts";
import type { CanaryStatus, LookResult } from "../guard/guard-service.ts";
import type { StoredLook } from "../guard/guard-store.ts";
import type { Verdict } from "../guard/verdict.ts";
import {
  exampleSources,
  type LabelConflict,
  type LabeledExample,
  type LabelStats,
} from "../labeled-examples/labeled-example.ts";
import type { AddReport } from "../labeled-examples/labeled-example-service.ts";
import type { Rejection } from "../rejection.ts";
import type { Release } from "../releases/release.ts";
import {
  type AnswerResult,
  type DisputedItemDocument,
  type ReviewItemDocument,
  reviewStates,
} from "../review/review-item.ts";
import type { Rollout } from "../rollouts/rollout.ts";
import type { MoveResult } from "../rollouts/rollout-service.ts";
import type { IngestReport } from "../signals/signal-service.ts";
import type { ProblemDocument } from "./problem.ts";

const time = z.string().describe("ISO 8601, UTC");
const nullableTime = time.nullable();
const text = z.string().nullable();
const count = z.number().int().min(0);
const share = z.number().min(0).max(1);
const numbers = z.record(z.string(), z.number());
const object = z.record(z.string(), z.unknown());
const basisPoints = z.number().int().min(0).max(10_000);

const problem: z.ZodType<ProblemDocument> = z.strictObject({
  type: z.string().describe("Where the code is explained, relative to the service's address"),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().describe("What happened, the value, what is accepted and what to do; for people"),
  code: z.string().describe("Stable: programs branch on it"),
  details: object.exactOptional().describe("Facts that a handler needs: paths, counts, ids"),
  request_id: z.string().exactOptional().describe("Names the request in the log"),
});

const rejection: z.ZodType<Rejection> = z.strictObject({
  index: count.describe("Which record of the request, from 0"),
  reason: z.enum([
    "not_json",
    "invalid",
    "in_future",
    "unknown_agent",
    "unknown_rollout",
    "agent_mismatch",
    "not_started",
    "arm_mismatch",
  ]),
  path: z.string().describe("Where in the record; `(root)` for the whole"),
  value: z.string().describe("What stood there, shortened"),
  message: z.string(),
});

const ingestReport: z.ZodType<IngestReport> = z.strictObject({
  stored: count,
  updated: count.describe("Were there and came changed"),
  duplicates: count.describe("Were there as they came"),
  rejected: z.array(rejection),
});

const addReport: z.ZodType<AddReport> = z.strictObject({
  stored: count,
  duplicates: count,
  conflicts: count.describe("Came again with another label; the old one stands until a person settles it"),
  rejected: z.array(rejection),
});

const exampleSource = z.enum(exampleSources);
const exampleIdentity = { agent: z.string(), key: z.string(), source: exampleSource, source_id: z.string() };

const labeledExample: z.ZodType<LabeledExample> = z.strictObject({
  id: count,
  ...exampleIdentity,
  payload: object,
  label: z.string(),
  confidence: z.number().int().min(0).max(100),
  notes: text,
  labeled_by: text,
  created_at: time,
  loaded_at: time,
  superseded_at: nullableTime.describe("Set where another label took its place"),
});

const labelConflict: z.ZodType<LabelConflict> = z.strictObject({
  id: count,
  ...exampleIdentity,
  kept_label: z.string(),
  offered_label: z.string(),
  offered: z.strictObject({
    ...exampleIdentity,
    payload: object,
    label: z.string(),
    confidence: z.number(),
    notes: text,
    labeled_by: text,
    created_at: text,
  }),
  state: z.enum(["open", "kept_old", "took_new"]),
  created_at: time,
  settled_at: nullableTime,
  settled_by: text,
});

const labelStats: z.ZodType<LabelStats> = z.strictObject({
  total: count,
  by_source: numbers,
  by_agent: numbers,
  by_label: z.record(z.string(), numbers).describe("Agent to label to count"),
  recent_7d: count.describe("Labels given in the last seven days"),
});

const calibration = z
  .strictObject({ slope: z.array(z.number()), intercept: z.array(z.number()) })
  .nullable()
  .describe("Platt: sigmoid(slope * logit + intercept)");

const model: z.ZodType<ModelDocument> = z.discriminatedUnion("model_type", [
  z.strictObject({
    model_type: z.literal("LogisticRegression"),
    classes: z.array(z.string()),
    feature_names: z.array(z.string()),
    scaler: z.strictObject({ mean: z.array(z.number()), scale: z.array(z.number()) }),
    coef: z.array(z.array(z.number())).describe("In the standardised space; two classes: one row"),
    intercept: z.array(z.number()),
    calibration,
  }),
  z.strictObject({
    model_type: z.literal("DecisionTree"),
    classes: z.array(z.string()),
    feature_names: z.array(z.string()),
    tree: z.strictObject({
      nodes: z.array(
        z.strictObject({
          feature: z.number().int().describe("Index into feature_names; -1 in a leaf"),
          threshold: z.number().describe("At or below it goes left"),
          left: z.number().int(),
          right: z.number().int(),
          counts: z.array(z.number()),
        }),
      ),
    }),
    calibration,
  }),
]);

const feature = z.strictObject({
  name: z.string(),
  path: z.string(),
  kind: z.enum(["number", "boolean", "length"]),
  default: z.union([z.number(), z.boolean()]),
  min: z.number().exactOptional(),
  max: z.number().exactOptional(),
});

const decision = { features: z.array(feature), positive: z.string(), model, thresholds: numbers };

const bundleFields = {
  bundle_id: z.string(),
  digest: z.string().describe("SHA-256 of the canonical JSON of the content"),
  created_at: time,
  agent: z.string(),
  version: z.literal("v1"),
  ...decision,
  training_count: count,
  accuracy: share.describe("On examples that the model has not seen"),
  training_accuracy: share,
  label_distribution: numbers,
  feature_importances: z.array(z.number()),
  model_type: z.enum(["LogisticRegression", "DecisionTree"]),
  sources_used: z.array(z.string()),
  classes: z.array(z.string()),
  label_map: z.record(z.string(), z.string()),
  threshold_formulas: z.record(z.string(), z.string()),
  threshold_sides: z.record(z.string(), z.enum(["at_or_above", "at_or_below", "above", "none"])),
  evaluation: z.strictObject({
    folds: count,
    accuracy: share,
    accuracy_interval: z.tuple([z.number(), z.number()]),
    baseline_accuracy: share,
    log_loss: z.number(),
    brier: z.number(),
    calibration_error: z.number(),
    confusion_matrix: z.array(z.array(z.number())),
    per_class: z.record(
      z.string(),
      z.strictObject({
        precision: z.number().nullable(),
        recall: z.number().nullable(),
        support: z.number(),
      }),
    ),
    permutation_importances: numbers,
  }),
  left_out: numbers.describe("Examples not used, by reason"),
  warnings: z.array(z.strictObject({ code: z.string(), message: z.string() })),
  definition_digest: z.string(),
  training_digest: z.string(),
  relearn_version: z.string(),
};

const bundleStatus = z.enum([
  "pending",
  "proposed",
  "approved",
  "rejected",
  "canary",
  "active",
  "replaced",
  "rolled_back",
]);

const bundleDocument: z.ZodType<BundleDocument> = z.strictObject(bundleFields);
const bundle: z.ZodType<BundleWithStatus> = z.object({
  ...bundleFields,
  status: bundleStatus,
  created_by: z.string(),
});
const createdBundle: z.ZodType<CreatedBundle> = z.strictObject({
  ...bundleFields,
  status: bundleStatus,
  created: z.boolean().describe("False where the same training had made the same bundle before"),
});

const bundleDiff: z.ZodType<BundleDiff> = z.strictObject({
  old_bundle_id: text,
  new_bundle_id: z.string(),
  changes: z.record(z.string(), z.strictObject({ old: z.unknown(), new: z.unknown() })),
  additions: object,
  removals: object,
  accuracy_delta: z.number().nullable(),
});

const bundleVerification: z.ZodType<BundleVerification> = z.strictObject({
  bundle_id: z.string(),
  reproduced: z.boolean(),
  expected_digest: z.string(),
  found_digest: z.string(),
  message: z.string(),
});

const restoredBundle: z.ZodType<RestoredBundle> = z.strictObject({
  agent: z.string(),
  active_bundle_id: text,
  replaced_bundle_id: text,
});

const rolloutApproval = z.strictObject({
  by: z.string(),
  at: time,
  rationale: z.string(),
  bundle_digest: z.string(),
  break_glass: z.boolean(),
});

const approval: z.ZodType<Approval> = z.strictObject({
  id: z.string(),
  rollout_id: z.string(),
  agent: z.string(),
  bundle_id: z.string(),
  bundle_digest: z.string(),
  base_bundle_id: text.describe("What was active when the request was made"),
  status: z.enum(["pending", "approved", "applied", "rejected", "expired", "superseded"]),
  proposer: z.string(),
  edited_by: z.array(z.string()).describe("Who put another bundle into it since"),
  approver: text,
  rationale: text,
  approvals: z.array(rolloutApproval),
  created_at: time,
  expires_at: time,
  diff: bundleDiff,
  plan: z
    .custom<Approval["plan"]>()
    .describe("When a verdict could be expected at the traffic of the request's time; or null"),
  backtest: z
    .custom<Approval["backtest"]>()
    .describe("What would have been decided differently in the week before; null where nothing was active"),
});

const margins = z.strictObject({ quality: z.number(), latency: z.number() });
const guardrails = z.strictObject({
  quality: z.number(),
  latency: z.number(),
  cost: z.number(),
  success: z.number(),
});

const rollout: z.ZodType<Rollout> = z.object({
  rollout_id: z.string(),
  agent: z.string(),
  state: z.enum([
    "proposed",
    "approved",
    "canary",
    "full",
    "hold",
    "ask",
    "rolling_back",
    "completed",
    "rolled_back",
    "rejected",
    "expired",
    "superseded",
  ]),
  generation: count,
  bundle_id: z.string(),
  bundle_digest: z.string(),
  active_bundle_id: text,
  active_digest: text,
  salt: z.string(),
  policy: z.object({
    policy: z.enum(["evidence", "specification"]),
    stages: z.array(z.number()),
    check_interval_hours: z.number(),
    min_units_per_arm: z.number(),
    alpha: z.number(),
    not_worse: z.array(margins),
    not_worse_floor: z.number(),
    material: guardrails,
    gain: margins,
    page_latency_ratio: z.number(),
    guardrail_weights: guardrails,
    integrity_threshold: z.number(),
    missing_margin: z.number(),
    undecided_hours: z.number(),
    maturity_hours: z.number(),
    holdback_percent: z.number(),
    holdback_hours: z.number(),
    automatic_rollback: z.boolean(),
    quality_source: z.enum(["reported", "label"]),
    four_eyes: z.boolean(),
    quorum: z.number(),
    approval_hours: z.number(),
    specification_min_units: z.number(),
  }),
  stage: z.number().int().nullable(),
  stage_entered_at: nullableTime,
  percent: z.number(),
  attempt: count,
  proposed_by: z.string(),
  proposed_at: time,
  edited_by: z.array(z.string()),
  approvals: z.array(rolloutApproval),
  expires_at: time,
  started_at: nullableTime,
  ended_at: nullableTime,
  reason: z.strictObject({ code: z.string(), text: z.string(), by: z.string(), at: time }).nullable(),
  acknowledged: z.array(z.string()),
  acknowledged_at: nullableTime,
  result: z.enum(["better", "not_worse", "overridden", "unguarded"]).nullable(),
});

const moveResult: z.ZodType<MoveResult> = z.strictObject({
  rollout,
  changed: z.boolean().describe("False where there was nothing to do"),
  reason: z.string(),
});

const release: z.ZodType<Release> = z.strictObject({
  agent: z.string(),
  active_bundle_id: text,
  canary_bundle_id: text,
  holdback_bundle_id: text,
  rollout_id: text,
  salt: z.string(),
  canary_basis_points: basisPoints,
  holdback_basis_points: basisPoints,
  last_known_good_bundle_id: text,
  kill_switch: z.boolean(),
  kill_switch_by: text,
  kill_switch_reason: text,
  generation: count,
});

const perGuardrail = <Schema extends z.ZodType>(schema: Schema) =>
  z.strictObject({
    quality: schema.exactOptional(),
    latency: schema.exactOptional(),
    cost: schema.exactOptional(),
    success: schema.exactOptional(),
  });

const verdict: z.ZodType<Verdict> = z.strictObject({
  has_regression: z.boolean(),
  quality_delta: z.number().nullable().describe("Canary relative to active, e.g. -0.05"),
  latency_delta: z.number().nullable(),
  recommendation: z.enum(["promote", "rollback", "monitor", "hold", "ask"]),
  reason: z.string(),
  policy: z.enum(["evidence", "specification"]),
  code: z.enum([
    "sample_ratio_mismatch",
    "missing_outcomes",
    "canary_outcomes_missing",
    "active_changed",
    "judge_changed",
    "arm_stale",
    "latency_doubled",
    "harm_proven",
    "harm_small",
    "not_worse_proven",
    "better_proven",
    "watch_passed",
    "undecided",
    "gates_waiting",
    "no_data",
    "quality_dropped",
    "latency_rose",
    "quality_rose",
    "latency_fell",
    "neutral",
    "too_few_units",
  ]),
  page: z.boolean(),
  result: z.enum(["better", "not_worse"]).nullable(),
  gates: z.array(
    z.strictObject({
      name: z.string(),
      status: z.enum(["met", "waiting", "failed"]),
      text: z.string(),
      expected_at: nullableTime,
    }),
  ),
  intervals: perGuardrail(
    z.strictObject({ lower: z.number().nullable(), upper: z.number().nullable() }).nullable(),
  ).describe("Valid at every look at once"),
  deltas: perGuardrail(z.strictObject({ rollout: z.number().nullable(), stage: z.number().nullable() })),
  e_values: numbers,
  thresholds: numbers,
  units: z.strictObject({ canary: count, active: count, stage_canary: count, stage_active: count }),
});

const look: z.ZodType<Omit<StoredLook, "inputs">> = z.object({
  epoch: count,
  look: count,
  stage: count,
  at: time,
  units: count,
  assignments: z.array(z.strictObject({ probability: z.number(), canary: count, active: count })),
  verdict,
  inputs: object.nullable().describe("What the look was shown beside its units"),
});

const lookResult: z.ZodType<LookResult> = z.strictObject({
  agent: z.string(),
  verdict,
  rollout,
  changed: z.boolean(),
});

const canaryStatus: z.ZodType<Omit<CanaryStatus, "newest_look">> = z.strictObject({
  agent: z.string(),
  release,
  rollout: rollout.nullable(),
  approval_id: text,
  newest_look: look.nullable(),
});

const switchboardBundle: z.ZodType<SwitchboardBundle> = z.strictObject({
  bundle_id: z.string(),
  digest: z.string(),
  config: z.strictObject(decision),
});

const switchboardConfig: z.ZodType<SwitchboardConfig> = z.strictObject({
  agent: z.string(),
  generation: count,
  salt: z.string(),
  canary_basis_points: basisPoints,
  holdback_basis_points: basisPoints,
  kill_switch: z.boolean(),
  rollout_id: text,
  active: switchboardBundle.nullable(),
  canary: switchboardBundle.nullable(),
  holdback: switchboardBundle.nullable().exactOptional(),
  defaults: z.strictObject({ thresholds: numbers, label: z.string().exactOptional() }),
  generated_at: time,
});

const judgeScores = z.record(
  z.string(),
  z.looseObject({ verdict: text, confidence: z.number().min(0).max(100).nullable().exactOptional() }),
);

const revelation = z.strictObject({
  judge_scores: judgeScores,
  panel: numbers.nullable(),
  judges_agreeing: z.strictObject({ agreeing: count, verdicts: count }).nullable(),
  others: z.array(z.strictObject({ reviewer: z.string(), label: text })),
});

const reviewFields = {
  item_id: count,
  agent: z.string(),
  task_key: z.string(),
  state: z.enum(reviewStates),
  payload: object,
  classes: z.array(z.string()).nullable().describe("The labels to choose from; null: any"),
  why: z.string().describe("Why this item, in one sentence that gives no answer away"),
  received_at: time,
  reviews_needed: count,
  reviews_done: count,
};

const reviewItem: z.ZodType<ReviewItemDocument> = z.strictObject({
  ...reviewFields,
  lease: z.strictObject({ token: text, reviewer: z.string(), expires_at: time }).nullable(),
  revealed: revelation
    .nullable()
    .describe("What judges and others said; absent while the answer is to be blind"),
});

const disputedItem: z.ZodType<DisputedItemDocument> = z.strictObject({
  ...reviewFields,
  answers: z.array(z.strictObject({ who: z.string(), label: z.string(), notes: text })),
});

const reviewAnswer: z.ZodType<AnswerResult> = z.strictObject({
  item_id: count,
  task_key: z.string(),
  agent: z.string(),
  answer_id: count,
  state: z.enum(reviewStates),
  label: text,
  repeated: z.boolean().describe("Stored already by an earlier attempt under the same lease"),
  revealed: revelation,
});

const auditEvent: z.ZodType<AuditEvent> = z.strictObject({
  sequence: count,
  at: time,
  actor: z.string(),
  actor_kind: z.enum(["key", "asserted", "system"]),
  kind: z.string(),
  agent: text,
  object: z.string(),
  detail: object,
  previous_hash: z.string(),
  hash: z.string().describe("SHA-256 of the canonical JSON of the rest"),
});

/** Name in the OpenAPI document to schema. */
export const documentSchemas: Readonly<Record<string, z.ZodType>> = {
  Problem: problem,
  Rejection: rejection,
  IngestReport: ingestReport,
  AddReport: addReport,
  LabeledExample: labeledExample,
  LabelConflict: labelConflict,
  LabelStats: labelStats,
  Model: model,
  BundleDocument: bundleDocument,
  Bundle: bundle,
  CreatedBundle: createdBundle,
  BundleDiff: bundleDiff,
  BundleVerification: bundleVerification,
  RestoredBundle: restoredBundle,
  Approval: approval,
  RolloutDocument: rollout,
  Rollout: z.strictObject({ approval_id: z.string(), rollout }),
  AppliedApproval: z.strictObject({ rollout, reason: z.string() }),
  MoveResult: moveResult,
  Release: release,
  Verdict: verdict,
  Look: look,
  LookResult: lookResult,
  CanaryStatus: canaryStatus,
  SwitchboardConfig: switchboardConfig,
  ReviewItem: reviewItem,
  DisputedItem: disputedItem,
  ReviewAnswer: reviewAnswer,
  AuditEvent: auditEvent,
};
