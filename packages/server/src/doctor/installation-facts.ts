import type { JobDocument } from "@relearn/contract";

/** What the checks look at, as it is now. Counts are of this installation; nothing here holds a payload. */
export interface InstallationFacts {
  readonly now: Date;
  readonly database: "embedded" | "server";
  /** The newest migration of the schema. */
  readonly schema: string;
  readonly four_eyes: boolean;
  readonly jobs: readonly JobDocument[];
  readonly agents: readonly AgentFacts[];
}

export interface AgentFacts {
  readonly agent: string;
  /** Tasks with a label that can train, by class. */
  readonly trainable: Readonly<Record<string, number>>;
  /** Labels that are neither mapped nor a class, and what carries none of the agent's features. */
  readonly unusable: number;
  readonly labels_last_7_days: number;
  /** Approvals, thumbs and golden tasks that came in, loaded or not. */
  readonly signals: number;
  /** Evaluation results with judges' scores, all there are and those of the last 30 days. */
  readonly judged: number;
  readonly judged_last_30_days: number;
  /** Those of the last 30 days whose task has a label. */
  readonly judged_and_labeled: number;
  /** Evaluation results of the last 7 days whose task has no label: what the sampler chooses from. */
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
