/** The sampler's documents. */
import type { JsonObject } from "../db/tables.ts";
import type { JudgeScores } from "../judges/judge-scores.ts";
import type { QueryStrategy } from "./query-strategy.ts";
import type { UncertaintyMethod } from "./specification-uncertainty.ts";

/** By what measure a candidate is uncertain, or why it is asked about without one. */
export type CandidateMethod = UncertaintyMethod | Exclude<QueryStrategy, "specification"> | "cold_start";

/** A task that a person should look at: the specification's fields first. */
export interface CandidateDocument {
  readonly task_key: string;
  readonly agent: string;
  /** 0-1, three places, by `method`; of `calibrated` the chance that the judges together are wrong. */
  readonly uncertainty: number;
  readonly method: CandidateMethod;
  readonly judge_scores: JudgeScores;
  readonly payload: JsonObject;
  readonly created_at: string;
  readonly result_id: string;
  /** P(error) times the cost of an error, less that of a review; null for the specification's strategy. */
  readonly value_of_review: number | null;
  readonly is_control: boolean;
  /** Of a control item drawn by this run: the chance that each new result had. */
  readonly inclusion_probability: number | null;
  /** Other tasks like this one that it stands for. */
  readonly twins: readonly string[];
  /** The line "why am I seeing this". */
  readonly why: string;
  /** True: it waited in the queue before this run. */
  readonly queued: boolean;
}

/** What one run did. */
export interface SampleReport {
  readonly agent: string;
  readonly strategy: QueryStrategy;
  /** True: too few labels to value anything by; the candidates are typical of their kinds. */
  readonly cold_start: boolean;
  readonly candidates: readonly CandidateDocument[];
  /** How many of them this run put into the queue. */
  readonly queued: number;
  /** Items that nobody came to in time, taken out of the queue. */
  readonly expired: number;
  readonly dry_run: boolean;
}

/** The specification's figures of what waits for a label. */
export interface ReviewQueueStats {
  readonly total_unlabeled: number;
  readonly by_agent: Readonly<Record<string, number>>;
}
