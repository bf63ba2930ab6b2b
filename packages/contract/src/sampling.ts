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
/** Figures of the items that wait for a label, in the specification's form. */
export type ReviewQueueStats = Document<typeof reviewQueueStatsSchema>;

export const sampleReportSchema = z
  .strictObject({
    agent: z.string(),
    strategy: z.enum(queryStrategies),
    cold_start: z.boolean().describe("True if there are too few labels to estimate the value of a review"),
    candidates: z.array(
      z.strictObject({
        task_key: z.string(),
        agent: z.string(),
        uncertainty: share.describe(
          "0-1, three places, by `method`; for `calibrated` the probability that the panel is wrong",
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
          "P(error) times the cost of an error, minus the cost of a review; null for the strategy `specification`",
        ),
        is_control: z.boolean(),
        inclusion_probability: nullableShare.describe(
          "For a control item drawn by this run: the probability of being drawn",
        ),
        twins: z.array(z.string()).describe("Similar tasks that this item represents"),
        why: z.string().describe('Answer to "Why am I seeing this?"'),
        queued: z.boolean().describe("True if the item was in the queue before this run"),
      }),
    ),
    queued: count.describe("Items that this run added to the queue"),
    expired: count.describe("Items removed from the queue because no one answered in time"),
    dry_run: z.boolean(),
  })
  .meta({ id: "SampleReport" });
/** Report of one run. */
export type SampleReport = Document<typeof sampleReportSchema>;

const progressFields = {
  measured_at: time,
  labels: count,
  bundle_id: text,
  accuracy: nullableShare.describe("Held-out accuracy of the bundle, with its 95 % interval"),
  accuracy_interval: interval.nullable(),
  unlabeled: nullableNumber.describe(
    "Tasks of the last seven days without a label, and the expected number of wrong decisions among them (95 % interval)",
  ),
  expected_errors: nullableNumber,
  expected_errors_interval: interval.nullable(),
};

export const queueStatisticsSchema = z
  .strictObject({
    agent: z.string(),
    now: z
      .strictObject({ ...progressFields, control_labels: count })
      .describe("Current figures; the accuracy is that of the newest bundle"),
    points: z.array(z.strictObject(progressFields)).describe("Oldest first"),
    settlement: z
      .strictObject({ kappas: z.array(z.number()), settled_times: count, settled: z.boolean() })
      .nullable(),
    summary: z.string().describe("Summary in one sentence"),
  })
  .meta({ id: "QueueStatistics" });
export type QueueStatistics = Document<typeof queueStatisticsSchema>;

const populationFigure = z.strictObject({
  estimate: z.number(),
  interval,
  lambda: z.number().describe("Weight of the predictions: 0 to 1"),
  labels: count,
  method: z
    .enum(["prediction_powered", "labels_only"])
    .describe(
      "`labels_only` if the labels do not vary around the predictions, so that their variance is unknown; the interval is then Wilson's interval of the labels",
    ),
  labels_only: z.strictObject({ estimate: z.number(), interval }).describe("Estimate from the labels alone"),
});

export const populationFiguresSchema = z
  .strictObject({
    agent: z.string(),
    from: time,
    to: time,
    level: share.describe("Confidence level of the intervals"),
    population: count.describe("Evaluation results of the time span that could be drawn"),
    control: z.strictObject({ drawn: count, labeled: count }),
    positive: text.describe("Class that `positive_rate` refers to; null without a control label"),
    positive_rate: populationFigure.nullable(),
    decision_error: populationFigure
      .nullable()
      .describe(
        "Share of wrong decisions: the agent's own decision, or the judges' likeliest class if the agent reported none",
      ),
  })
  .meta({ id: "PopulationFigures" });
export type PopulationFigures = Document<typeof populationFiguresSchema>;
export type CandidateDocument = SampleReport["candidates"][number];
export type CandidateMethod = CandidateDocument["method"];
export type QueueStatisticsPoint = QueueStatistics["points"][number];
export type PopulationFigure = Document<typeof populationFigure>;
/** Agreement of the last bundles with each other. */
export type Settlement = NonNullable<QueueStatistics["settlement"]>;

export const sampleRequestSchema = z
  .strictObject({
    top_n: z.int().min(1).max(1000).optional(),
    strategy: z.enum(queryStrategies).optional(),
    min_uncertainty: share.optional(),
    dry_run: z.boolean().optional().describe("True: report the items without adding them to the queue"),
  })
  .meta({ id: "SampleRequest", examples: [{ top_n: 50, strategy: "calibrated" }] });

export const populationQuerySchema = z.strictObject({
  days: z.coerce.number().int().min(1).max(180).optional(),
});
