import { z } from "zod";
import type { Document } from "./document.ts";
import {
  count,
  interval,
  nullableNumber,
  nullableShare,
  nullableTime,
  numbers,
  object,
  pageLimit,
  share,
  text,
  time,
} from "./fields.ts";
import { panelMethods } from "./values.ts";
export const judgeWeightsSchema = z
  .strictObject({
    agent: z.string(),
    weights: numbers.describe("Weight of each judge by the specification's rules"),
    defaults: z
      .boolean()
      .describe("True if the last 30 days have no labels to weigh judges by, or before the first update"),
    judges: z.record(
      z.string(),
      z.strictObject({
        predictions: count,
        agreement: nullableShare,
        calibration_error: nullableShare,
        weight: z.number(),
      }),
    ),
    updated_at: nullableTime.describe("Null before the first update"),
  })
  .meta({ id: "JudgeWeights" });
export type JudgeWeightReport = Document<typeof judgeWeightsSchema>;

export const judgeWeightUpdateSchema = z
  .strictObject({
    agent: z.string(),
    weights: numbers,
    defaults: z.boolean(),
    labels: count.describe(
      "Labeled evaluation results on all days kept; `days_counted` is the number of days counted again by this update",
    ),
    days_counted: count,
    model_bundle_id: text.describe(
      "Bundle whose model was weighed as an additional judge; null if there is none",
    ),
  })
  .meta({ id: "JudgeWeightUpdate" });
export type JudgeWeightUpdate = Document<typeof judgeWeightUpdateSchema>;

const rate = z.strictObject({ value: share, interval });

export const reliabilityCardSchema = z.strictObject({
  judge: z.string().describe("name@version#rubric"),
  name: z.string(),
  model_version: text,
  rubric_digest: text,
  positive: z.string().describe("Class that sensitivity and false-alarm rate refer to"),
  labels: count.describe("Labeled verdicts; `abstentions` counts labeled tasks without a verdict"),
  abstentions: count,
  order_inconsistency: nullableShare.describe(
    "Share of verdicts that changed with the order of the answers; null if this was not tested",
  ),
  effective_sample_size: z.number().describe("(Σw)² / Σw² of the decayed label weights"),
  enough_labels: z
    .boolean()
    .describe("False if there are too few labels; the figures then mostly reflect the prior"),
  agreement: rate,
  sensitivity: rate.describe("P(verdict positive | class positive), with its prior"),
  false_alarm_rate: rate.describe("P(verdict positive | class not positive), with its prior"),
  cohen_kappa: nullableNumber,
  base_rate: nullableShare.describe("Share of positives among the decayed labels; null without any"),
  brier: nullableNumber.describe(
    "Brier score of the stated confidence as the probability that the verdict is right; null without labels",
  ),
  log_loss: nullableNumber,
  calibration_error: nullableNumber,
  calibration_curve: z.array(
    z.strictObject({ confidence: share, agreement: share, band: interval, weight: z.number() }),
  ),
  confusion: z.record(z.string(), numbers).describe("Label to verdict to decayed count"),
  days: z
    .record(z.string(), z.tuple([count, count]))
    .describe("UTC day to number of labels and number of agreeing verdicts"),
  drift: z
    .strictObject({
      recent: share,
      before: share,
      recent_labels: count,
      before_labels: count,
      recent_days: count,
      message: z.string(),
    })
    .nullable(),
  last_evidence: text,
});
export type ReliabilityCard = Document<typeof reliabilityCardSchema>;

const panelFields = {
  judges: z.array(z.string()),
  classes: z.array(z.string()),
  labels: z.number().min(0).describe("Number of labels, each decayed by its age; not a whole number"),
};

const majorityPanel = z.strictObject({ method: z.literal("majority"), ...panelFields });

const specificationPanel = z.strictObject({
  method: z.literal("specification"),
  ...panelFields,
  weights: numbers,
});

const confusionPanel = z.strictObject({
  method: z.enum(["best_judge", "two_coin"]),
  ...panelFields,
  class_probabilities: z.array(share),
  confusion: z
    .record(z.string(), z.array(z.array(z.number())))
    .describe("P(verdict | class) of each judge in use; rows: class, columns: verdict"),
  inverse_temperature: z.number().describe("Factor on the log-odds; below 1 if judges share errors"),
});

/** Log-odds that a judge's vote adds to the class that it names, against each other class. */
const linearComponent = z.strictObject({
  probability: share.describe("Share of this component in the mixture; the shares sum to 1"),
  tau: nullableNumber.describe("Prior spread of the judges' deviations; null if there is no such prior"),
  intercepts: z
    .array(z.number())
    .describe("Two classes: one number, for the second class; more: one a class"),
  vote_log_odds: z.array(z.number()).describe("In the order of `judges`"),
});

const linearPanel = z.strictObject({
  method: z.enum(["stacking", "chosen"]),
  ...panelFields,
  components: z.array(linearComponent),
  standard_errors: z
    .array(z.number())
    .nullable()
    .describe("Interval of each judge's log-odds, in the order of `judges`; null if the method has none"),
});

export const panelModelSchema = z.discriminatedUnion("method", [
  majorityPanel,
  specificationPanel,
  confusionPanel,
  linearPanel,
]);
export type MajorityPanelModel = Document<typeof majorityPanel>;
export type SpecificationPanelModel = Document<typeof specificationPanel>;
export type ConfusionPanelModel = Document<typeof confusionPanel>;
export type LinearComponent = Document<typeof linearComponent>;
export type LinearPanelModel = Document<typeof linearPanel>;
export type PanelModel = Document<typeof panelModelSchema>;

export const judgeReliabilitySchema = z
  .strictObject({
    agent: z.string(),
    cards: z.array(reliabilityCardSchema),
    panel: panelModelSchema.nullable().describe("Null before the first update"),
    updated_at: nullableTime,
  })
  .meta({ id: "JudgeReliability" });
export type JudgeReliability = Document<typeof judgeReliabilitySchema>;

export const judgedResultSchema = z.strictObject({
  task_key: z.string(),
  created_at: time,
  label: z.string().describe("Class by the person's label"),
  verdict: z.string().describe("Class by the judge's verdict"),
  confidence: z.number().min(0).max(100),
  payload: object,
});

/** A task with a judge's verdict and a person's label. */
export type JudgedResult = Document<typeof judgedResultSchema>;

export const methodComparisonSchema = z.strictObject({
  agent: z.string(),
  rows: z.number().int().describe("Number of labeled tasks used, the newest ones"),
  labels: z.number().int().describe("Number of them that each method was fitted to"),
  splits: z.number().int(),
  methods: z
    .array(
      z.strictObject({
        method: z.enum(panelMethods),
        in_use: z.boolean().describe("True for the method that decisions and the review queue use"),
        accuracy: share,
        log_loss: z.number(),
        standard_error: z.number().describe("Standard error of the log-loss over the splits"),
      }),
    )
    .describe("In ascending order of log-loss; empty with too few labels"),
});
export type MethodComparison = Document<typeof methodComparisonSchema>;
export type MethodScore = MethodComparison["methods"][number];

export const updateJudgesRequestSchema = z
  .strictObject({ agent: z.string().optional().describe("Default: all agents") })
  .meta({ id: "UpdateJudgesRequest", examples: [{ agent: "inbox_triage" }] });

export const judgedResultsQuerySchema = z.strictObject({
  judge: z.string().min(1),
  label: z.string().optional(),
  verdict: z.string().optional(),
  limit: pageLimit,
});

export const judgeWeightUpdateListSchema = z.object({ updates: z.array(judgeWeightUpdateSchema) });
export const judgedResultListSchema = z.object({ results: z.array(judgedResultSchema) });
