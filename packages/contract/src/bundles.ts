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
            threshold: z.number().describe("Values at or below it go left"),
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
  default: z.union([z.number(), z.boolean()]).describe("Used if the payload has no usable value at the path"),
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
  accuracy: share.describe("Accuracy on held-out examples"),
  training_accuracy: share,
  label_distribution: numbers,
  feature_importances: z
    .array(z.number())
    .describe("In the order of `features`; absolute, sum 1 (all 0 if the model uses no feature)"),
  model_type: z.enum(["LogisticRegression", "DecisionTree"]),
  sources_used: z.array(z.string()),
  classes: z.array(z.string()),
  label_map: z.record(z.string(), z.string()),
  threshold_formulas: z
    .record(z.string(), z.string())
    .describe("One sentence per threshold that explains its value"),
  threshold_sides: z
    .record(z.string(), z.enum(["at_or_above", "at_or_below", "above", "none"]))
    .describe("Side of each `boundary_of` threshold on which the decision is the positive class"),
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
        through_id: count.describe("Highest id of a labeled example in the training"),
        at: time.describe("Examples that were not superseded at this time were used"),
        min_examples: count,
        model_type: z.enum(modelTypes),
        thresholds: numbers.exactOptional().describe("Thresholds that a person set after training"),
      })
      .describe("Inputs from which the training can be repeated"),
  })
  .meta({ id: "Bundle" });
/** A bundle and its status. */
export type BundleWithStatus = Document<typeof bundleSchema>;
export type TrainingSnapshot = BundleWithStatus["training"];

export const createdBundleSchema = z
  .strictObject({
    ...bundleFields,
    status: bundleStatus,
    created: z.boolean().describe("False if the same training had already created this bundle"),
  })
  .meta({ id: "CreatedBundle" });
export type CreatedBundle = Document<typeof createdBundleSchema>;

export const bundleDiffSchema = z
  .strictObject({
    old_bundle_id: text.describe("Null if the agent had no bundle before; everything is then an addition"),
    new_bundle_id: z.string(),
    changes: z.record(z.string(), z.strictObject({ old: z.unknown(), new: z.unknown() })),
    additions: object,
    removals: object,
    accuracy_delta: z.number().nullable().describe("New minus old; null if there is no old bundle"),
  })
  .meta({ id: "BundleDiff" });
/**
 * Difference between two bundles in the specification's form: changed, added and removed members by dotted path, and
 * the difference of the held-out accuracies.
 */
export type BundleDiff = Document<typeof bundleDiffSchema>;
export type ValueChange = BundleDiff["changes"][string];

export const bundleVerificationSchema = z
  .strictObject({
    bundle_id: z.string().describe("`b_` and the first 12 hex digits of `digest`"),
    reproduced: z.boolean(),
    expected_digest: z.string(),
    found_digest: z.string(),
    message: z.string().describe("Names the first part that differs, if any"),
  })
  .meta({ id: "BundleVerification" });
export type BundleVerification = Document<typeof bundleVerificationSchema>;

export const restoredBundleSchema = z
  .strictObject({
    agent: z.string(),
    active_bundle_id: text.describe("Bundle that is active now; null: the agent's defaults"),
    replaced_bundle_id: text,
  })
  .meta({ id: "RestoredBundle" });
export type RestoredBundle = Document<typeof restoredBundleSchema>;

const contribution = { feature: z.string(), value: z.number(), contribution: z.number() };
const names = z.array(z.string());
const explanationFields = {
  label: z.string(),
  class: z.string().describe("Class that the figures refer to"),
  probability: share.describe("Probability of `class`, calibrated if the model is"),
  uncalibrated_probability: share,
  absent: names.describe("Features that are missing in the payload"),
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
  log_odds: z
    .number()
    .describe("Log-odds of `class` against `against`: sum of the intercept and the contributions"),
};
const treeFields = {
  model_type: z.literal("DecisionTree"),
  ...explanationFields,
  base_share: share,
  path: z.array(
    z.strictObject({
      feature: z.string(),
      value: z.number().describe("Raw value of the feature"),
      threshold: z.number().describe("In the feature's raw unit"),
      side: z.enum(["at_or_below", "above"]),
      share_before: share.describe("Share of `class` in the training weight before and after this split"),
      share_after: share,
    }),
  ),
  contributions: z
    .array(z.strictObject(contribution))
    .describe("One per feature of the model; 0 if the path does not split on it"),
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
/** Decision of a bundle on one payload, with its explanation. */
export type ExplainedDecision = Document<typeof explainedDecisionSchema>;

export const featureDistributionSchema = z
  .strictObject({
    agent: z.string(),
    from: time,
    to: time,
    payloads: count.describe("Number of payloads analyzed, one per task; the newest ones if there are more"),
    features: z.array(
      z.strictObject({
        name: z.string(),
        payloads: count.describe("Payloads with a usable value of the feature"),
        quantiles: z.array(z.number()).describe("Quantiles at 0, 1, …, 100 %; empty without a value"),
      }),
    ),
  })
  .meta({ id: "FeatureDistribution" });
export type FeatureDistribution = Document<typeof featureDistributionSchema>;
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
    bundle_id: z.string().optional().describe("Default: the active bundle, else the newest"),
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
