import { z } from "zod";
import type { Document } from "./document.ts";
import { count, numbers, object, pageLimit, reason, share, text, time } from "./fields.ts";
import { bundleStatuses, modelTypes } from "./values.ts";

const calibration = z
  .strictObject({ slope: z.array(z.number()), intercept: z.array(z.number()) })
  .nullable()
  .describe("Platt: sigmoid(slope * logit + intercept)");

export const modelSchema = z
  .discriminatedUnion("model_type", [
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
            counts: z.array(z.number()).describe("Training weight of each class that reached the node"),
          }),
        ),
      }),
      calibration,
    }),
  ])
  .meta({ id: "Model" });
export type ModelDocument = Document<typeof modelSchema>;

const feature = z.strictObject({
  name: z.string(),
  path: z.string().describe("Dotted path into the payload, e.g. `sender.domain_age_days`"),
  kind: z
    .enum(["number", "boolean", "length"])
    .describe(
      "`number`: a finite number or a numeric string; `boolean`: 0 or 1; `length`: the length of a list",
    ),
  default: z
    .union([z.number(), z.boolean()])
    .describe("Taken where the payload has no usable value at the path"),
  min: z.number().exactOptional().describe("Bounds in the feature's own unit; values beyond are clamped"),
  max: z.number().exactOptional(),
});

export const decisionFields = {
  features: z.array(feature),
  positive: z.string(),
  model: modelSchema,
  thresholds: numbers.describe("Name to value, in raw units"),
};

const bundleFields = {
  bundle_id: z.string().describe("`b_` and the first 12 hex digits of `digest`"),
  digest: z.string().describe("SHA-256 of the canonical JSON of the content"),
  created_at: time,
  agent: z.string(),
  version: z.literal("v1").describe("Version of this document's format"),
  ...decisionFields,
  training_count: count,
  accuracy: share.describe("On examples that the model has not seen"),
  training_accuracy: share,
  label_distribution: numbers,
  feature_importances: z
    .array(z.number())
    .describe("In the order of `features`; absolute, sum 1 (0 where the model uses nothing)"),
  model_type: z.enum(["LogisticRegression", "DecisionTree"]),
  sources_used: z.array(z.string()),
  classes: z.array(z.string()),
  label_map: z.record(z.string(), z.string()),
  threshold_formulas: z
    .record(z.string(), z.string())
    .describe("How each threshold came about, in one sentence, by threshold name"),
  threshold_sides: z
    .record(z.string(), z.enum(["at_or_above", "at_or_below", "above", "none"]))
    .describe("On which side of a `boundary_of` threshold the decision is the positive class"),
  evaluation: z.strictObject({
    folds: count,
    accuracy: share,
    accuracy_interval: z
      .tuple([z.number(), z.number()])
      .describe("95 % interval of the held-out accuracy (Wilson), lower and upper"),
    baseline_accuracy: share,
    log_loss: z.number(),
    brier: z.number(),
    calibration_error: z
      .number()
      .describe("Expected calibration error over 10 equal-width bins of P(positive)"),
    confusion_matrix: z
      .array(z.array(z.number()))
      .describe("Rows: the label; columns: the prediction; both in the order of the model's classes"),
    per_class: z.record(
      z.string(),
      z.strictObject({
        precision: z.number().nullable(),
        recall: z.number().nullable(),
        support: z.number(),
      }),
    ),
    permutation_importances: numbers.describe(
      "Drop of held-out accuracy when a feature's column is shuffled, by feature name",
    ),
  }),
  left_out: numbers.describe("Examples not used, by reason"),
  warnings: z.array(z.strictObject({ code: z.string(), message: z.string() })),
  definition_digest: z.string(),
  training_digest: z.string(),
  relearn_version: z.string(),
};

const bundleStatus = z.enum(bundleStatuses);

export const bundleDocumentSchema = z.strictObject(bundleFields).meta({ id: "BundleDocument" });
export type BundleDocument = Document<typeof bundleDocumentSchema>;

export const bundleSchema = z
  .strictObject({
    ...bundleFields,
    status: bundleStatus,
    created_by: z.string(),
    training: z
      .strictObject({
        through_id: count.describe("Highest id of a labeled example that took part"),
        at: time.describe("Which of them were current: those not superseded by then"),
        min_examples: count,
        model_type: z.enum(modelTypes),
        thresholds: numbers.exactOptional().describe("That a person set afterwards"),
      })
      .describe("What the same training can be made of again"),
  })
  .meta({ id: "Bundle" });
/** A bundle with where it stands. */
export type BundleWithStatus = Document<typeof bundleSchema>;
export type TrainingSnapshot = BundleWithStatus["training"];

export const createdBundleSchema = z
  .strictObject({
    ...bundleFields,
    status: bundleStatus,
    created: z.boolean().describe("False where the same training had made the same bundle before"),
  })
  .meta({ id: "CreatedBundle" });
export type CreatedBundle = Document<typeof createdBundleSchema>;

export const bundleDiffSchema = z
  .strictObject({
    old_bundle_id: text.describe("Null where the agent had no bundle before: then everything is an addition"),
    new_bundle_id: z.string(),
    changes: z.record(z.string(), z.strictObject({ old: z.unknown(), new: z.unknown() })),
    additions: object,
    removals: object,
    accuracy_delta: z.number().nullable().describe("New less old; null where there is no old"),
  })
  .meta({ id: "BundleDiff" });
/**
 * What differs between two bundles, as the specification has it: by dotted path what changed, what came and
 * what went, and the difference of the held-out accuracies.
 */
export type BundleDiff = Document<typeof bundleDiffSchema>;
export type ValueChange = BundleDiff["changes"][string];

export const bundleVerificationSchema = z
  .strictObject({
    bundle_id: z.string().describe("`b_` and the first 12 hex digits of `digest`"),
    reproduced: z.boolean(),
    expected_digest: z.string(),
    found_digest: z.string(),
    message: z.string().describe("Says which part differs first, where one does"),
  })
  .meta({ id: "BundleVerification" });
export type BundleVerification = Document<typeof bundleVerificationSchema>;

export const restoredBundleSchema = z
  .strictObject({
    agent: z.string(),
    active_bundle_id: text.describe("What is active now; null: the agent's defaults"),
    replaced_bundle_id: text,
  })
  .meta({ id: "RestoredBundle" });
export type RestoredBundle = Document<typeof restoredBundleSchema>;

const contribution = { feature: z.string(), value: z.number(), contribution: z.number() };
const names = z.array(z.string());
const explanationFields = {
  label: z.string(),
  class: z.string().describe("Which class the numbers speak for"),
  probability: share.describe("Of `class`, calibrated where the model is"),
  uncalibrated_probability: share,
  absent: names.describe("Features that the payload did not give"),
  invalid: names,
  clamped: names,
};
const logisticFields = {
  model_type: z.literal("LogisticRegression"),
  ...explanationFields,
  against: z.string(),
  intercept: z.number(),
  contributions: z.array(
    z.strictObject({ ...contribution, coefficient: z.number(), standardised: z.number() }),
  ),
  log_odds: z.number().describe("Of `class` against `against`: the intercept and the contributions"),
};
const treeFields = {
  model_type: z.literal("DecisionTree"),
  ...explanationFields,
  base_share: share,
  path: z.array(
    z.strictObject({
      feature: z.string(),
      value: z.number().describe("The raw value the model saw"),
      threshold: z.number().describe("In the feature's raw unit"),
      side: z.enum(["at_or_below", "above"]),
      share_before: share.describe(
        "Share of `class` among the training weight, before and after the question",
      ),
      share_after: share,
    }),
  ),
  contributions: z
    .array(z.strictObject(contribution))
    .describe("One for each feature of the model, 0 where the path does not ask about it"),
};

export const payloadExplanationSchema = z.discriminatedUnion("model_type", [
  z.strictObject(logisticFields),
  z.strictObject(treeFields),
]);
export type PayloadExplanation = Document<typeof payloadExplanationSchema>;

const explained = { agent: z.string(), bundle_id: z.string(), status: bundleStatus };
export const explainedDecisionSchema = z
  .discriminatedUnion("model_type", [
    z.strictObject({ ...logisticFields, ...explained }),
    z.strictObject({ ...treeFields, ...explained }),
  ])
  .meta({ id: "ExplainedDecision" });
/** What a bundle decides on one payload, and why. */
export type ExplainedDecision = Document<typeof explainedDecisionSchema>;

export const featureSpreadSchema = z
  .strictObject({
    agent: z.string(),
    from: time,
    to: time,
    payloads: count.describe("Payloads looked at, one a task; the newest where there are more"),
    features: z.array(
      z.strictObject({
        name: z.string(),
        payloads: count.describe("Payloads that carry a usable value of it"),
        quantiles: z.array(z.number()).describe("At 0, 1, …, 100 %; empty without a value"),
      }),
    ),
  })
  .meta({ id: "FeatureDistribution" });
export type FeatureDistribution = Document<typeof featureSpreadSchema>;
export type FeatureValues = FeatureDistribution["features"][number];

export const createBundleRequestSchema = z
  .strictObject({
    min_examples: z.int().min(2).max(1_000_000).optional(),
    model_type: z.enum(modelTypes).optional(),
  })
  .meta({ id: "CreateBundleRequest", examples: [{ min_examples: 50, model_type: "logistic" }] });

export const adjustBundleRequestSchema = z
  .strictObject({ thresholds: numbers.describe("Name to value, in raw units") })
  .meta({ id: "AdjustBundleRequest", examples: [{ thresholds: { risk_score_threshold: 72 } }] });

export const explainRequestSchema = z
  .strictObject({
    payload: object,
    bundle_id: z.string().optional().describe("Left out: the active one, else the newest"),
  })
  .meta({
    id: "ExplainRequest",
    examples: [{ payload: { risk_score: 82, sender: { domain_age_days: 3 } } }],
  });

export const rollBackBundleRequestSchema = z
  .strictObject({ reason: reason.optional() })
  .meta({ id: "RollBackBundleRequest", examples: [{ reason: "Complaints about mail from suppliers." }] });

export const bundlesQuerySchema = z.strictObject({
  agent: z.string().optional(),
  status: z.enum(bundleStatuses).optional(),
  limit: pageLimit,
});
export const bundleDiffQuerySchema = z.strictObject({ from: z.string().optional() });

export const bundleListSchema = z.object({ bundles: z.array(bundleSchema) });
export const proposedBundleSchema = z.object({ approval_id: z.string() });
