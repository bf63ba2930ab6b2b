/** The review queue's documents and states. */
import type { JudgeScores } from "../judges/judge-scores.ts";

export const reviewStates = ["pending", "leased", "labeled", "skipped", "disputed", "expired"] as const;
export type ReviewState = (typeof reviewStates)[number];

export const skipReasons = ["unclear", "missing_data", "not_my_field", "duplicate", "other"] as const;
export type SkipReason = (typeof skipReasons)[number];

/** An item for the person who is to label it. What judges or colleagues said is absent unless `revealed`. */
export interface ReviewItemDocument {
  readonly item_id: number;
  readonly agent: string;
  readonly task_key: string;
  readonly state: ReviewState;
  readonly payload: Readonly<Record<string, unknown>>;
  /** The labels to choose from, in the agent's order; null: any. */
  readonly classes: readonly string[] | null;
  /** Why am I seeing this: one sentence that gives no answer away. */
  readonly why: string;
  /** When the evaluation result came in. */
  readonly received_at: string;
  readonly reviews_needed: number;
  readonly reviews_done: number;
  readonly lease: ReviewLease | null;
  /** Present once the viewer has answered, or the item is closed, or they chose to see it before. */
  readonly revealed: Revelation | null;
}

export interface ReviewLease {
  /** What a submit must carry; null for anybody but its holder. */
  readonly token: string | null;
  readonly reviewer: string;
  readonly expires_at: string;
}

/** What is shown after the label is stored. */
export interface Revelation {
  readonly judge_scores: JudgeScores;
  /** Class to probability by the calibrated panel; null where there is none yet. */
  readonly panel: Readonly<Record<string, number>> | null;
  /** Judges whose verdict is the viewer's label, and judges that gave one; null without a label of theirs. */
  readonly judges_agreeing: { readonly agreeing: number; readonly verdicts: number } | null;
  /** What the other reviewers answered, in the order they did. */
  readonly others: readonly { readonly reviewer: string; readonly label: string | null }[];
}

/** What became of an answer. */
export interface AnswerResult {
  readonly item_id: number;
  readonly task_key: string;
  readonly agent: string;
  readonly answer_id: number;
  readonly state: ReviewState;
  readonly label: string | null;
  /** True: this answer was stored already by an earlier attempt with the same lease. */
  readonly repeated: boolean;
  readonly revealed: Revelation;
}

/** A disputed item for the person who settles it: labels without names until it is settled. */
export interface DisputedItemDocument extends Omit<ReviewItemDocument, "lease" | "revealed"> {
  readonly answers: readonly {
    readonly who: string;
    readonly label: string;
    readonly notes: string | null;
  }[];
}

export const LEASE_MS = 600_000;
/** An hour: a longer lease keeps an item from everybody after its holder has gone home. */
export const MAX_LEASE_SECONDS = 3600;
