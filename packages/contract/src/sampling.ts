import { z } from "zod";
import type { Document } from "./document.ts";
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
import { judgeScores } from "./review.ts";
import { queryStrategies } from "./values.ts";
export const reviewQueueStatsSchema = z
  .strictObject({
    total_unlabeled: count,
    by_agent: numbers,
  })
  .meta({ id: "ReviewQueueStats" });
/** The specification's figures of what waits for a label. */
export type ReviewQueueStats = Document<typeof reviewQueueStatsSchema>;

export const sampleReportSchema = z
  .strictObject({
    agent: z.string(),
    strategy: z.enum(queryStrategies),
    cold_start: z.boolean().describe("Too few labels to value anything by"),
    candidates: z.array(
      z.strictObject({
        task_key: z.string(),
        agent: z.string(),
        uncertainty: share.describe(
          "0-1, three places, by `method`; of `calibrated` the chance that the judges together are wrong",
        ),
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
        value_of_review: nullableNumber.describe(
          "P(error) times the cost of an error, less that of a review; null for the specification's strategy",
        ),
        is_control: z.boolean(),
        inclusion_probability: nullableShare.describe(
          "Of a control item drawn by this run: the chance that each new result had",
        ),
        twins: z.array(z.string()).describe("Other tasks like this one that it stands for"),
        why: z.string().describe('The line "why am I seeing this"'),
        queued: z.boolean().describe("It waited in the queue before this run"),
      }),
    ),
    queued: count.describe("How many of them this run put into the queue"),
    expired: count.describe("Items that nobody came to in time, taken out of the queue"),
    dry_run: z.boolean(),
  })
  .meta({ id: "SampleReport" });
/** What one run did. */
export type SampleReport = Document<typeof sampleReportSchema>;

const progressFields = {
  measured_at: time,
  labels: count,
  bundle_id: text,
  accuracy: nullableShare.describe("Held-out accuracy of that bundle, with its 95 % interval"),
  accuracy_interval: interval.nullable(),
  unlabeled: nullableNumber.describe(
    "Tasks of seven days without a label, and how many of their decisions are expected to be wrong (95 %)",
  ),
  expected_errors: nullableNumber,
  expected_errors_interval: interval.nullable(),
};

export const learningProgressSchema = z
  .strictObject({
    agent: z.string(),
    now: z
      .strictObject({ ...progressFields, control_labels: count })
      .describe("The state of things now; its accuracy is the newest bundle's"),
    points: z.array(z.strictObject(progressFields)).describe("Oldest first"),
    settlement: z
      .strictObject({ kappas: z.array(z.number()), settled_times: count, settled: z.boolean() })
      .nullable(),
    summary: z.string().describe("The sentence for people"),
  })
  .meta({ id: "QueueStatistics" });
export type QueueStatistics = Document<typeof learningProgressSchema>;

const populationFigure = z.strictObject({
  estimate: z.number(),
  interval,
  lambda: z.number().describe("How far the predictions were used: 0 not at all, 1 in full"),
  labels: count,
  method: z
    .enum(["prediction_powered", "labels_only"])
    .describe(
      "`labels_only` where the labels do not vary around the predictions, so that their spread is unknown: Wilson's interval of the labels is given then, since an interval without width would be wrong",
    ),
  labels_only: z
    .strictObject({ estimate: z.number(), interval })
    .describe("What the labels say without any prediction"),
});

export const populationFiguresSchema = z
  .strictObject({
    agent: z.string(),
    from: time,
    to: time,
    level: share.describe("Of the intervals"),
    population: count.describe("Evaluation results of the span that had their chance to be drawn"),
    control: z.strictObject({ drawn: count, labeled: count }),
    positive: text.describe("Share whose true class is `positive`; null without a control label"),
    positive_rate: populationFigure.nullable(),
    decision_error: populationFigure
      .nullable()
      .describe(
        "Share whose decision is wrong: the agent's own, or the judges' likeliest class where it told none",
      ),
  })
  .meta({ id: "PopulationFigures" });
export type PopulationFigures = Document<typeof populationFiguresSchema>;
export type CandidateDocument = SampleReport["candidates"][number];
export type CandidateMethod = CandidateDocument["method"];
export type QueueStatisticsPoint = QueueStatistics["points"][number];
export type PopulationFigure = Document<typeof populationFigure>;
/** Whether the last bundles answer alike. */
export type Settlement = NonNullable<QueueStatistics["settlement"]>;

export const sampleRequestSchema = z
  .strictObject({
    top_n: z.int().min(1).max(1000).optional(),
    strategy: z.enum(queryStrategies).optional(),
    min_uncertainty: share.optional(),
    dry_run: z.boolean().optional().describe("True: nothing is put into the queue"),
  })
  .meta({ id: "SampleRequest", examples: [{ top_n: 50, strategy: "calibrated" }] });

export const populationQuerySchema = z.strictObject({
  days: z.coerce.number().int().min(1).max(180).optional(),
});
