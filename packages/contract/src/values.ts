/**
 * Accepted values of enumerated fields, the default policy and the version of the API. This file imports nothing at run time, so
 * that a process that needs a list of values does not load the schemas.
 */
import type { RolloutPolicy } from "./rollout-policy.ts";

/** Major version of the HTTP API: the first part of every path. Within it changes are additive. */
export const API_VERSION = "v1";

export const roles = ["viewer", "agent", "reviewer", "approver", "operator", "admin"] as const;
export type Role = (typeof roles)[number];

/** Rights; each route states the one that it requires. */
export const rights = [
  /** See everything but secrets. */
  "read",
  /** Send signals, exposures and outcomes; fetch the switchboard's config. */
  "signal",
  /** Label review items, settle conflicts. */
  "label",
  /** Train, propose. */
  "propose",
  /** Approve or reject what someone else proposed; answer if a rollout waits for a person. */
  "approve",
  /** Start an approved release; promote it if the guard recommends it. */
  "release",
  /** Pause or abort a canary, roll back, use the kill switch. Must be quick, so more roles have it. */
  "roll_back",
  /** Promote against a waiting gate, deploy in full, break glass. */
  "override",
  /** Run jobs and feeds, pause, import, erase. */
  "operate",
  /** Agents and settings. */
  "administer",
  /** Make and revoke keys, end other people's sessions. */
  "manage_keys",
] as const;
export type Right = (typeof rights)[number];

export const signalKinds = ["approvals", "feedback", "gold", "evaluations", "exposures", "outcomes"] as const;
export type SignalKind = (typeof signalKinds)[number];

/** Sources of labeled examples. */
export const exampleSources = ["approvals", "feedback", "gold", "synthetic", "review"] as const;
export type ExampleSource = (typeof exampleSources)[number];

/** Sources that are loaded from signals. */
export const feedNames = ["approvals", "feedback", "gold"] as const;
export type FeedName = (typeof feedNames)[number];

export const exportFormats = ["jsonl", "csv", "spreadsheet"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const modelTypes = ["logistic", "tree", "auto"] as const;
export type ModelType = (typeof modelTypes)[number];

export const bundleStatuses = [
  "pending",
  "proposed",
  "approved",
  "rejected",
  "canary",
  "active",
  "replaced",
  "rolled_back",
] as const;
export type BundleStatus = (typeof bundleStatuses)[number];

export const approvalStatuses = [
  "pending",
  "approved",
  "applied",
  "rejected",
  "expired",
  "superseded",
] as const;
export type ApprovalStatus = (typeof approvalStatuses)[number];

/** The measures that a guard watches. */
export const guardrailNames = ["quality", "latency", "cost", "success"] as const;
export type Guardrail = (typeof guardrailNames)[number];

export const reviewStates = ["pending", "leased", "labeled", "skipped", "disputed", "expired"] as const;
export type ReviewState = (typeof reviewStates)[number];

export const skipReasons = ["unclear", "missing_data", "not_my_field", "duplicate", "other"] as const;
export type SkipReason = (typeof skipReasons)[number];

export const queryStrategies = ["calibrated", "specification", "margin", "entropy", "random"] as const;
export type QueryStrategy = (typeof queryStrategies)[number];

export const panelMethods = [
  "majority",
  "specification",
  "best_judge",
  "two_coin",
  "stacking",
  "chosen",
] as const;
export type PanelMethod = (typeof panelMethods)[number];

export const jobNames = [
  "load_labeled_data",
  "update_judge_weights",
  "sample_review_queue",
  "check_canaries",
  "guard",
] as const;
export type JobName = (typeof jobNames)[number];

export const defaultRolloutPolicy: RolloutPolicy = {
  policy: "evidence",
  stages: [10, 50, 100],
  check_interval_hours: 24,
  min_units_per_arm: 50,
  alpha: 0.05,
  not_worse: [
    { quality: 0.2, latency: 0.2 },
    { quality: 0.05, latency: 0.1 },
  ],
  not_worse_floor: 0.02,
  material: { quality: 0.05, latency: 0.1, cost: 0.1, success: 0.05 },
  gain: { quality: 0.02, latency: 0.1 },
  page_latency_ratio: 2,
  guardrail_weights: { quality: 0.5, latency: 0.3, cost: 0.1, success: 0.1 },
  integrity_threshold: 1000,
  missing_margin: 0.05,
  undecided_hours: 168,
  maturity_hours: 1,
  holdback_percent: 5,
  holdback_hours: 24,
  automatic_rollback: true,
  quality_source: "reported",
  four_eyes: true,
  quorum: 1,
  approval_hours: 72,
  specification_min_units: 30,
};
