import type { BundleContent, BundleWarning } from "@relearn/client";
import type { AgentDefinition, ModelType } from "@relearn/contract";
import { documentDigest } from "../digest.ts";
import { RelearnError } from "../errors.ts";
import { deriveThresholds } from "./thresholds.ts";
import { type TrainingProgress, trainModel } from "./train-model.ts";
import type { TrainingExample } from "./training-example.ts";
import { type SelectedRows, selectTrainingRows } from "./training-rows.ts";

/** Minimum number of training rows in the specification. */
export const DEFAULT_MIN_EXAMPLES = 50;

export interface TrainBundleOptions {
  /** Minimum number of training rows (one per key); 50 by default. */
  readonly minExamples?: number;
  readonly modelType?: ModelType;
  readonly relearnVersion: string;
  /** Called often; may throw to end the training. */
  readonly onProgress?: (progress: TrainingProgress) => void;
}

/**
 * Trains the content of a bundle from examples, in one synchronous call. Use `trainBundleFromRows` for streamed rows. The
 * same examples in any order, with the same definition and version, give the same content, bit for bit. Throws
 * `insufficient_data` (with counts) and `training_failed`.
 *
 * @example
 * const features = [{ name: "risk", path: "risk", kind: "number", default: 0 }];
 * const definition = { name: "triage", features, thresholds: [{ name: "risk_threshold", boundary_of: "risk", fallback: 50 }] };
 * const examples = Array.from({ length: 60 }, (_, at) => ({
 *   key: `mail-${at}`,
 *   payload: { risk: at },
 *   label: at > 29 ? "quarantine" : "safe",
 *   source: "gold",
 *   source_id: `${at}`,
 *   confidence: 100,
 *   created_at: new Date(at),
 * }));
 * const content = trainBundle({ ...definition, positive: "quarantine" }, examples, { relearnVersion: "1.0.0" });
 * content.thresholds // { risk_threshold: 29.5 }
 * content.label_distribution // { quarantine: 30, safe: 30 }
 */
export function trainBundle(
  definition: AgentDefinition,
  examples: readonly TrainingExample[],
  options: TrainBundleOptions,
): BundleContent {
  return trainBundleFromRows(definition, selectTrainingRows(definition, examples), options);
}

/**
 * Trains the content of a bundle from selected rows, as `trainBundle` does from examples.
 *
 * @example
 * const features = [{ name: "risk", path: "risk", kind: "number", default: 0 }];
 * const definition = { name: "triage", features, classes: ["safe", "quarantine"] };
 * const examples = Array.from({ length: 60 }, (_, at) => ({
 *   key: `mail-${at}`,
 *   payload: { risk: at },
 *   label: at > 29 ? "quarantine" : "safe",
 *   source: "gold",
 *   source_id: `${at}`,
 *   confidence: 100,
 *   created_at: new Date(at),
 * }));
 * const content = trainBundleFromRows(definition, selectTrainingRows(definition, examples), { relearnVersion: "1.0.0" });
 * [content.positive, content.training_count] // ["quarantine", 60]
 */
export function trainBundleFromRows(
  definition: AgentDefinition,
  rows: SelectedRows,
  options: TrainBundleOptions,
): BundleContent {
  checkCounts(definition, rows, options.minExamples ?? DEFAULT_MIN_EXAMPLES);
  const positive = getPositiveClass(definition, rows);
  const trained = trainModel(rows, rows.classes.indexOf(positive), {
    ...(options.modelType === undefined ? {} : { modelType: options.modelType }),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  const { model, evaluation } = trained;
  if (evaluation === null) throw new RelearnError("internal", "A bundle was trained without its evaluation.");
  const derived = deriveThresholds(
    definition.thresholds ?? [],
    definition.features,
    model,
    rows.classes.indexOf(positive),
  );
  return {
    agent: definition.name,
    version: "v1",
    training_count: rows.table.rows,
    accuracy: evaluation.accuracy,
    training_accuracy: trained.trainingAccuracy,
    label_distribution: rows.labelDistribution,
    feature_importances: trained.featureImportances,
    thresholds: derived.thresholds,
    model_type: model.model_type,
    sources_used: rows.sourcesUsed,
    classes: rows.classes,
    positive,
    features: definition.features,
    label_map: definition.label_map ?? {},
    model,
    threshold_formulas: derived.formulas,
    threshold_sides: derived.sides,
    evaluation,
    left_out: rows.leftOut,
    warnings: [...trained.warnings, ...listAbsentClasses(definition, rows), ...derived.warnings],
    definition_digest: documentDigest(definition),
    training_digest: rows.trainingDigest,
    relearn_version: options.relearnVersion,
  };
}

function checkCounts(definition: AgentDefinition, rows: SelectedRows, minExamples: number): void {
  const usable = rows.table.rows;
  const details = {
    agent: definition.name,
    examples: rows.examples,
    usable,
    min_examples: minExamples,
    label_distribution: rows.labelDistribution,
    left_out: rows.leftOut,
  };
  const reasons = Object.entries(rows.leftOut).map(([reason, count]) => `${count} ${reason}`);
  const leftOut = reasons.length === 0 ? "" : ` (left out: ${reasons.join(", ")})`;
  if (usable < minExamples) {
    throw new RelearnError(
      "insufficient_data",
      `Insufficient data: ${definition.name} has ${usable} training rows out of ${rows.examples} labeled examples${leftOut}; ${minExamples} are needed. Load more labels (relearn feeds load) or label the review queue.`,
      { details },
    );
  }
  if (rows.classes.length < 2) {
    throw new RelearnError(
      "insufficient_data",
      `Insufficient data: all ${usable} training rows of ${definition.name} have the class "${rows.classes[0]}"${leftOut}; a model needs rows of at least two classes.`,
      { details },
    );
  }
}

function getPositiveClass(definition: AgentDefinition, rows: SelectedRows): string {
  const positive = definition.positive ?? definition.classes?.at(-1) ?? rows.classes.at(-1)!;
  if (rows.classes.includes(positive)) return positive;
  throw new RelearnError(
    "insufficient_data",
    `Insufficient data: no training row of ${definition.name} has its positive class "${positive}"; the rows are ${rows.classes.map((name) => `${rows.labelDistribution[name]} ${name}`).join(", ")}.`,
    { details: { agent: definition.name, positive, label_distribution: rows.labelDistribution } },
  );
}

function listAbsentClasses(definition: AgentDefinition, rows: SelectedRows): BundleWarning[] {
  const absent = (definition.classes ?? []).filter((name) => !rows.classes.includes(name));
  return absent.map((name) => ({
    code: "absent_class",
    message: `No training row has the class "${name}": the model cannot answer it.`,
  }));
}
