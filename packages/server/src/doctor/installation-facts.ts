import type { JobDocument } from "@relearn/contract";

/** Input of the checks: the current counts of the installation. Contains no payloads. */
export interface InstallationFacts {
  readonly now: Date;
  readonly database: "embedded" | "server";
  /** Name of the newest migration. */
  readonly schema: string;
  readonly four_eyes: boolean;
  readonly jobs: readonly JobDocument[];
  readonly agents: readonly AgentFacts[];
}

export interface AgentFacts {
  readonly agent: string;
  /** Number of tasks with a trainable label, by class. */
  readonly trainable: Readonly<Record<string, number>>;
  /** Number of tasks whose label is neither mapped nor a class, or whose payload has none of the agent's features. */
  readonly unusable: number;
  readonly labels_last_7_days: number;
  /** Number of approvals, feedback events and golden tasks received, loaded or not. */
  readonly signals: number;
  /** Number of evaluation results with judge scores: all, and those of the last 30 days. */
  readonly judged: number;
  readonly judged_last_30_days: number;
  /** Number of those of the last 30 days whose task has a label. */
  readonly judged_and_labeled: number;
  /** Number of evaluation results of the last 7 days whose task has no label; the sampler selects from them. */
  readonly unlabeled_last_7_days: number;
  readonly open_review_items: number;
  readonly judges: readonly { readonly judge: string; readonly predictions: number }[];
  readonly weights_updated_at: Date | null;
  readonly active_bundle_id: string | null;
  readonly backups: number;
  readonly rollout: RolloutFacts | null;
}

export interface RolloutFacts {
  readonly state: string;
  readonly percent: number;
  readonly first_stage: number;
  readonly stage_entered_at: Date | null;
  readonly reason: string | null;
}
