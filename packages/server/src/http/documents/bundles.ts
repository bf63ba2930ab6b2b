import type {
  BundleDocument,
  ModelDocument,
  PayloadExplanation,
  SwitchboardBundle,
  SwitchboardConfig,
} from "@relearn/client";
import { z } from "zod";
import type { BundleDiff } from "../../bundles/bundle-diff.ts";
import type { BundleWithStatus } from "../../bundles/bundle-routes.ts";
import type {
  BundleVerification,
  CreatedBundle,
  ExplainedDecision,
  RestoredBundle,
} from "../../bundles/bundle-service.ts";
import type { FeatureSpread } from "../../bundles/feature-spread.ts";
import { basisPoints, count, numbers, object, share, text, time } from "./fields.ts";

const calibration = z
  .strictObject({ slope: z.array(z.number()), intercept: z.array(z.number()) })
  .nullable()
  .describe("Platt: sigmoid(slope * logit + intercept)");

export const model: z.ZodType<ModelDocument> = z.discriminatedUnion("model_type", [
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
          counts: z.array(z.number()),
        }),
      ),
    }),
    calibration,
  }),
]);

const feature = z.strictObject({
  name: z.string(),
  path: z.string(),
  kind: z.enum(["number", "boolean", "length"]),
  default: z.union([z.number(), z.boolean()]),
  min: z.number().exactOptional(),
  max: z.number().exactOptional(),
});

const decision = { features: z.array(feature), positive: z.string(), model, thresholds: numbers };

const bundleFields = {
  bundle_id: z.string(),
  digest: z.string().describe("SHA-256 of the canonical JSON of the content"),
  created_at: time,
  agent: z.string(),
  version: z.literal("v1"),
  ...decision,
  training_count: count,
  accuracy: share.describe("On examples that the model has not seen"),
  training_accuracy: share,
  label_distribution: numbers,
  feature_importances: z.array(z.number()),
  model_type: z.enum(["LogisticRegression", "DecisionTree"]),
  sources_used: z.array(z.string()),
  classes: z.array(z.string()),
  label_map: z.record(z.string(), z.string()),
  threshold_formulas: z.record(z.string(), z.string()),
  threshold_sides: z.record(z.string(), z.enum(["at_or_above", "at_or_below", "above", "none"])),
  evaluation: z.strictObject({
    folds: count,
    accuracy: share,
    accuracy_interval: z.tuple([z.number(), z.number()]),
    baseline_accuracy: share,
    log_loss: z.number(),
    brier: z.number(),
    calibration_error: z.number(),
    confusion_matrix: z.array(z.array(z.number())),
    per_class: z.record(
      z.string(),
      z.strictObject({
        precision: z.number().nullable(),
        recall: z.number().nullable(),
        support: z.number(),
      }),
    ),
    permutation_importances: numbers,
  }),
  left_out: numbers.describe("Examples not used, by reason"),
  warnings: z.array(z.strictObject({ code: z.string(), message: z.string() })),
  definition_digest: z.string(),
  training_digest: z.string(),
  relearn_version: z.string(),
};

const bundleStatus = z.enum([
  "pending",
  "proposed",
  "approved",
  "rejected",
  "canary",
  "active",
  "replaced",
  "rolled_back",
]);

export const bundleDocument: z.ZodType<BundleDocument> = z.strictObject(bundleFields);

export const bundle: z.ZodType<BundleWithStatus> = z.strictObject({
  ...bundleFields,
  status: bundleStatus,
  created_by: z.string(),
  training: z
    .strictObject({
      through_id: count.describe("Highest id of a labeled example that took part"),
      at: time.describe("Which of them were current: those not superseded by then"),
      min_examples: count,
      model_type: z.enum(["logistic", "tree", "auto"]),
      thresholds: numbers.exactOptional().describe("That a person set afterwards"),
    })
    .describe("What the same training can be made of again"),
});

export const createdBundle: z.ZodType<CreatedBundle> = z.strictObject({
  ...bundleFields,
  status: bundleStatus,
  created: z.boolean().describe("False where the same training had made the same bundle before"),
});

export const bundleDiff: z.ZodType<BundleDiff> = z.strictObject({
  old_bundle_id: text,
  new_bundle_id: z.string(),
  changes: z.record(z.string(), z.strictObject({ old: z.unknown(), new: z.unknown() })),
  additions: object,
  removals: object,
  accuracy_delta: z.number().nullable(),
});

export const bundleVerification: z.ZodType<BundleVerification> = z.strictObject({
  bundle_id: z.string(),
  reproduced: z.boolean(),
  expected_digest: z.string(),
  found_digest: z.string(),
  message: z.string(),
});

export const restoredBundle: z.ZodType<RestoredBundle> = z.strictObject({
  agent: z.string(),
  active_bundle_id: text,
  replaced_bundle_id: text,
});

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
      value: z.number(),
      threshold: z.number(),
      side: z.enum(["at_or_below", "above"]),
      share_before: share,
      share_after: share,
    }),
  ),
  contributions: z.array(z.strictObject(contribution)),
};

export const payloadExplanation: z.ZodType<PayloadExplanation> = z.discriminatedUnion("model_type", [
  z.strictObject(logisticFields),
  z.strictObject(treeFields),
]);

const explained = { agent: z.string(), bundle_id: z.string(), status: bundleStatus };
export const explainedDecision: z.ZodType<ExplainedDecision> = z.discriminatedUnion("model_type", [
  z.strictObject({ ...logisticFields, ...explained }),
  z.strictObject({ ...treeFields, ...explained }),
]);

export const featureSpread: z.ZodType<FeatureSpread> = z.strictObject({
  agent: z.string(),
  from: time,
  to: time,
  payloads: count,
  features: z.array(
    z.strictObject({
      name: z.string(),
      payloads: count.describe("Payloads that carry a usable value of it"),
      quantiles: z.array(z.number()).describe("At 0, 1, …, 100 %; empty without a value"),
    }),
  ),
});

const switchboardBundle: z.ZodType<SwitchboardBundle> = z.strictObject({
  bundle_id: z.string(),
  digest: z.string(),
  config: z.strictObject(decision),
});

export const switchboardConfig: z.ZodType<SwitchboardConfig> = z.strictObject({
  agent: z.string(),
  generation: count,
  salt: z.string(),
  canary_basis_points: basisPoints,
  holdback_basis_points: basisPoints,
  kill_switch: z.boolean(),
  rollout_id: text,
  active: switchboardBundle.nullable(),
  canary: switchboardBundle.nullable(),
  holdback: switchboardBundle.nullable().exactOptional(),
  defaults: z.strictObject({ thresholds: numbers, label: z.string().exactOptional() }),
  generated_at: time,
});
