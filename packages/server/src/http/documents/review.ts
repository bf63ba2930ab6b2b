import { z } from "zod";
import type { AgreementReport } from "../../review/agreement-report.ts";
import {
  type AnswerResult,
  type DisputedItemDocument,
  type ReviewItemDocument,
  reviewStates,
} from "../../review/review-item.ts";
import type { ReviewQueueDocument } from "../../review/review-item-service.ts";
import type { UndoneAnswer } from "../../review/review-service.ts";
import type { ReviewQueueStats, SampleReport } from "../../sampling/candidate.ts";
import type { LearningProgress, PopulationFigures } from "../../sampling/learning-progress.ts";
import { queryStrategies } from "../../sampling/query-strategy.ts";
import {
  count,
  interval,
  nullableNumber,
  nullableShare,
  numbers,
  object,
  share,
  text,
  time,
} from "./fields.ts";

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

export const reviewItem: z.ZodType<ReviewItemDocument> = z.strictObject({
  ...reviewFields,
  lease: z.strictObject({ token: text, reviewer: z.string(), expires_at: time }).nullable(),
  revealed: revelation
    .nullable()
    .describe("What judges and others said; absent while the answer is to be blind"),
});

export const disputedItem: z.ZodType<DisputedItemDocument> = z.strictObject({
  ...reviewFields,
  answers: z.array(z.strictObject({ who: z.string(), label: z.string(), notes: text })),
});

export const reviewAnswer: z.ZodType<AnswerResult> = z.strictObject({
  item_id: count,
  task_key: z.string(),
  agent: z.string(),
  answer_id: count,
  state: z.enum(reviewStates),
  label: text,
  repeated: z.boolean().describe("Stored already by an earlier attempt under the same lease"),
  revealed: revelation,
});

export const undoneAnswer: z.ZodType<UndoneAnswer> = z.strictObject({
  undone: z.strictObject({ answer_id: count, kind: z.string(), label: text }),
  item: reviewItem.describe("Leased again to the person where it could be"),
});

export const reviewQueue: z.ZodType<ReviewQueueDocument> = z.strictObject({
  agent: z.string(),
  waiting: count,
  leased: count,
  disputed: count,
  labeled: count,
  skipped: count,
  expired: count,
});

export const reviewAgreement: z.ZodType<AgreementReport> = z.strictObject({
  agent: z.string(),
  labels: count,
  shared_items: count.describe("Items with labels of two people or more"),
  krippendorff_alpha: nullableNumber,
  pairs: z.array(
    z.strictObject({
      reviewers: z.tuple([z.string(), z.string()]),
      items: count,
      agreement: share,
      kappa: nullableNumber,
    }),
  ),
  reviewers: z.record(
    z.string(),
    z.strictObject({
      labels: count,
      skips: count,
      shared: count,
      agreeing: count,
      kappa: nullableNumber,
      estimated_accuracy: nullableShare,
      median_seconds: nullableNumber,
    }),
  ),
});

export const reviewQueueStats: z.ZodType<ReviewQueueStats> = z.strictObject({
  total_unlabeled: count,
  by_agent: numbers,
});

export const sampleReport: z.ZodType<SampleReport> = z.strictObject({
  agent: z.string(),
  strategy: z.enum(queryStrategies),
  cold_start: z.boolean().describe("Too few labels to value anything by"),
  candidates: z.array(
    z.strictObject({
      task_key: z.string(),
      agent: z.string(),
      uncertainty: share,
      method: z.enum([
        "no_judges",
        "no_verdicts",
        "disagreement",
        "low_confidence",
        "weighted_variance",
        "calibrated",
        "margin",
        "entropy",
        "random",
        "cold_start",
      ]),
      judge_scores: judgeScores,
      payload: object,
      created_at: time,
      result_id: z.string(),
      value_of_review: nullableNumber,
      is_control: z.boolean(),
      inclusion_probability: nullableShare,
      twins: z.array(z.string()),
      why: z.string(),
      queued: z.boolean().describe("It waited in the queue before this run"),
    }),
  ),
  queued: count,
  expired: count,
  dry_run: z.boolean(),
});

const progressFields = {
  measured_at: time,
  labels: count,
  bundle_id: text,
  accuracy: nullableShare,
  accuracy_interval: interval.nullable(),
  unlabeled: nullableNumber,
  expected_errors: nullableNumber,
  expected_errors_interval: interval.nullable(),
};

export const learningProgress: z.ZodType<LearningProgress> = z.strictObject({
  agent: z.string(),
  now: z.strictObject({ ...progressFields, control_labels: count }),
  points: z.array(z.strictObject(progressFields)).describe("Oldest first"),
  settlement: z
    .strictObject({ kappas: z.array(z.number()), settled_times: count, settled: z.boolean() })
    .nullable(),
  summary: z.string(),
});

const populationFigure = z.strictObject({
  estimate: z.number(),
  interval,
  lambda: z.number(),
  labels: count,
  method: z.enum(["prediction_powered", "labels_only"]),
  labels_only: z.strictObject({ estimate: z.number(), interval }),
});

export const populationFigures: z.ZodType<PopulationFigures> = z.strictObject({
  agent: z.string(),
  from: time,
  to: time,
  level: share.describe("Of the intervals"),
  population: count,
  control: z.strictObject({ drawn: count, labeled: count }),
  positive: text,
  positive_rate: populationFigure.nullable(),
  decision_error: populationFigure.nullable(),
});
