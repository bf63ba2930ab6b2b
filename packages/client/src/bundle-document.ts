/**
 * Documents that a decision is made from, as stored and sent.
 *
 * They are defined in the client, which has no dependencies, because trainer, service, console and the agent's process all
 * read them. Field names are those of the specification.
 */

/** Declaration of a feature: a number that is read from a payload. */
export interface FeatureDeclaration {
  readonly name: string;
  /** Dotted path into the payload, e.g. `sender.domain_age_days`. */
  readonly path: string;
  /** `number`: a finite number or a numeric string; `boolean`: 0 or 1; `length`: the length of a list. */
  readonly kind: "number" | "boolean" | "length";
  /** Used if the payload has no usable value at the path. */
  readonly default: number | boolean;
  /** Bounds in the feature's own unit; values beyond are clamped. */
  readonly min?: number;
  readonly max?: number;
}

/** One named threshold of an agent's config, and the source of its value. */
export type ThresholdDeclaration =
  /** The raw value of the feature at which P(positive) = 0.5 with the others at their training mean. */
  | { readonly name: string; readonly boundary_of: string; readonly fallback: number }
  /** |sum of the named features' coefficients| in the standardised space, two places. */
  | { readonly name: string; readonly weight_of: readonly string[]; readonly fallback: number }
  | { readonly name: string; readonly constant: number };

/** Mean and population standard deviation of each feature in training; a constant feature has scale 1. */
export interface ScalerDocument {
  readonly mean: readonly number[];
  readonly scale: readonly number[];
}

/**
 * Platt's calibration: for each class (two classes: for the second alone) the calibrated score is
 * sigmoid(slope * logit + intercept), renormalised over the classes if there are more than two.
 */
export interface CalibrationDocument {
  readonly slope: readonly number[];
  readonly intercept: readonly number[];
}

export interface LogisticModelDocument {
  readonly model_type: "LogisticRegression";
  readonly classes: readonly string[];
  readonly feature_names: readonly string[];
  readonly scaler: ScalerDocument;
  /** In the standardised space. Two classes: one row, for `classes[1]`; more: one row a class (softmax). */
  readonly coef: readonly (readonly number[])[];
  readonly intercept: readonly number[];
  readonly calibration: CalibrationDocument | null;
}

/** A node of a tree; a leaf has `feature` -1 and no children (-1). Node 0 is the root. */
export interface TreeNodeDocument {
  /** Index into `feature_names`, -1 in a leaf. */
  readonly feature: number;
  /** In the feature's raw unit: values at or below go left. 0 in a leaf. */
  readonly threshold: number;
  readonly left: number;
  readonly right: number;
  /** Training weight of each class that reached the node. */
  readonly counts: readonly number[];
}

export interface TreeModelDocument {
  readonly model_type: "DecisionTree";
  readonly classes: readonly string[];
  readonly feature_names: readonly string[];
  readonly tree: { readonly nodes: readonly TreeNodeDocument[] };
  readonly calibration: CalibrationDocument | null;
}

export type ModelDocument = LogisticModelDocument | TreeModelDocument;

/** Inputs of a decision: declarations of the features, a model over them, and named thresholds. */
export interface DecisionConfig {
  readonly features: readonly FeatureDeclaration[];
  readonly positive: string;
  readonly model: ModelDocument;
  readonly thresholds: Readonly<Record<string, number>>;
}

/** Evaluation of a model on held-out data, by grouped stratified 5-fold cross-validation. */
export interface EvaluationDocument {
  readonly folds: number;
  readonly accuracy: number;
  /** 95 % interval of the held-out accuracy (Wilson), lower and upper. */
  readonly accuracy_interval: readonly [number, number];
  readonly baseline_accuracy: number;
  readonly log_loss: number;
  readonly brier: number;
  /** Expected calibration error over 10 equal-width bins of P(positive). */
  readonly calibration_error: number;
  /** Rows: the label; columns: the prediction; both in the order of the model's classes. */
  readonly confusion_matrix: readonly (readonly number[])[];
  readonly per_class: Readonly<
    Record<
      string,
      { readonly precision: number | null; readonly recall: number | null; readonly support: number }
    >
  >;
  /** Loss of held-out accuracy when a feature's column is shuffled, by feature name. */
  readonly permutation_importances: Readonly<Record<string, number>>;
}

export interface BundleWarning {
  /** Stable code for programs: `below_baseline`, `unbalanced`, `rare_class`, `constant_feature`, `separable`, … */
  readonly code: string;
  /** One sentence with the figures. */
  readonly message: string;
}

/** Content of a bundle: everything that its digest covers. */
export interface BundleContent extends DecisionConfig {
  readonly agent: string;
  /** Version of this document's format. */
  readonly version: "v1";
  readonly training_count: number;
  /** Held-out accuracy. */
  readonly accuracy: number;
  readonly training_accuracy: number;
  readonly label_distribution: Readonly<Record<string, number>>;
  /** In the order of `features`; absolute, sum 1 (all 0 if the model uses no feature). */
  readonly feature_importances: readonly number[];
  readonly model_type: ModelDocument["model_type"];
  readonly sources_used: readonly string[];
  readonly classes: readonly string[];
  readonly label_map: Readonly<Record<string, string>>;
  /** One sentence per threshold that explains its value, by threshold name. */
  readonly threshold_formulas: Readonly<Record<string, string>>;
  /** Side of each `boundary_of` threshold on which the decision is the positive class. */
  readonly threshold_sides: Readonly<Record<string, "at_or_above" | "at_or_below" | "above" | "none">>;
  readonly evaluation: EvaluationDocument;
  /** Examples not used, by reason: `unmapped_label`, `no_features`, `shadowed`, … */
  readonly left_out: Readonly<Record<string, number>>;
  readonly warnings: readonly BundleWarning[];
  readonly definition_digest: string;
  readonly training_digest: string;
  readonly relearn_version: string;
}

/** A stored bundle: the content, and the id derived from it. */
export interface BundleDocument extends BundleContent {
  /** `b_` and the first 12 hex digits of `digest`. */
  readonly bundle_id: string;
  /** SHA-256, hex, of the canonical JSON of the content (everything but these three fields). */
  readonly digest: string;
  readonly created_at: string;
}
