import type { BundleContent, BundleWarning } from "@relearn/client";
import type { AgentDefinition, ModelType } from "@relearn/contract";
import { documentDigest } from "../digest.ts";
import { RelearnError } from "../errors.ts";
import { deriveThresholds } from "./thresholds.ts";
import { type TrainingProgress, trainModel } from "./train-model.ts";
import type { TrainingExample } from "./training-example.ts";
import { type SelectedRows, selectTrainingRows } from "./training-rows.ts";

/** The specification's minimum. */
export const DEFAULT_MIN_EXAMPLES = 50;

export interface TrainBundleOptions {
  /** Training rows (one a key) below which training is refused; 50. */
  readonly minExamples?: number;
  readonly modelType?: ModelType;
  readonly relearnVersion: string;
  /** Called often; what it throws ends the training. */
  readonly onProgress?: (progress: TrainingProgress) => void;
}

/**
 * Examples to the content of a bundle, in one synchronous call; `trainBundleFromRows` for rows that were
 * streamed. Same examples in any order, same definition, same version: the same content, bit for bit.
 * Throws `insufficient_data` (with counts) and `training_failed`.
 */
export function trainBundle(
  definition: AgentDefinition,
  examples: readonly TrainingExample[],
  options: TrainBundleOptions,
): BundleContent {
  return trainBundleFromRows(definition, selectTrainingRows(definition, examples), options);
}

/** Selected rows to the content of a bundle. */
export function trainBundleFromRows(
  definition: AgentDefinition,
  rows: SelectedRows,
  options: TrainBundleOptions,
): BundleContent {
  checkCounts(definition, rows, options.minExamples ?? DEFAULT_MIN_EXAMPLES);
  const positive = positiveClass(definition, rows);
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
    warnings: [...trained.warnings, ...absentClasses(definition, rows), ...derived.warnings],
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

function positiveClass(definition: AgentDefinition, rows: SelectedRows): string {
  const positive = definition.positive ?? definition.classes?.at(-1) ?? rows.classes.at(-1)!;
  if (rows.classes.includes(positive)) return positive;
  throw new RelearnError(
    "insufficient_data",
    `Insufficient data: no training row of ${definition.name} has its positive class "${positive}"; the rows are ${rows.classes.map((name) => `${rows.labelDistribution[name]} ${name}`).join(", ")}.`,
    { details: { agent: definition.name, positive, label_distribution: rows.labelDistribution } },
  );
}

function absentClasses(definition: AgentDefinition, rows: SelectedRows): BundleWarning[] {
  const absent = (definition.classes ?? []).filter((name) => !rows.classes.includes(name));
  return absent.map((name) => ({
    code: "absent_class",
    message: `No training row has the class "${name}": the model cannot answer it.`,
  }));
}
