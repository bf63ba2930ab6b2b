import type { BundleWarning, EvaluationDocument, ModelDocument } from "@relearn/client";
import type { ModelType } from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import { type PresortedColumn, presortColumns } from "../numerics/presorted-columns.ts";
import { type Evaluation, evaluateModel, FOLDS } from "./evaluate-model.ts";
import {
  type FittedModel,
  featureImportances,
  fitModel,
  type ModelKind,
  modelDocument,
  predictLabels,
  predictProbabilities,
} from "./model-fit.ts";
import type { TrainingTable } from "./training-table.ts";
import { trainingWarnings } from "./warnings.ts";

export const MODEL_TYPES: readonly ModelType[] = ["logistic", "tree", "auto"];

export interface TrainingProgress {
  readonly phase: "sort" | "fit" | "evaluate";
  readonly kind: ModelKind;
  /** Folds done; 0 to 5. */
  readonly folds: number;
}

export interface TrainModelOptions {
  readonly modelType?: ModelType;
  /** False leaves out the folds; the model then has no calibration, and `auto` is refused. */
  readonly evaluate?: boolean;
  /** Milliseconds of a clock, for `timing`; left out: nothing is timed. */
  readonly clockMs?: () => number;
  /** How often the model is fitted, for timing; 1. */
  readonly repeat?: number;
  /** Called often; what it throws ends the training (that is how one is cancelled). */
  readonly onProgress?: (progress: TrainingProgress) => void;
}

export interface TrainedModel {
  /** With its calibration. */
  readonly model: ModelDocument;
  readonly evaluation: EvaluationDocument | null;
  readonly trainingAccuracy: number;
  /** In the order of the features, absolute, sum 1. */
  readonly featureImportances: readonly number[];
  readonly warnings: readonly BundleWarning[];
  readonly timing: FitTiming;
}

export interface FitTiming {
  /** Median after the first, copying the table in, sorting and standardising included; the first where there is but one. */
  readonly fit_ms: number;
  readonly first_fit_ms: number;
  readonly evaluate_ms: number | null;
}

/**
 * Trains a model on the whole table and measures the same kind on held-out folds. Pure and deterministic:
 * the same table gives the same bits on every machine. Throws `insufficient_data` (fewer than two classes),
 * `training_failed` (with the column).
 */
export function trainModel(
  input: TrainingTable,
  positive: number,
  options: TrainModelOptions = {},
): TrainedModel {
  checkClasses(input);
  const modelType = options.modelType ?? "logistic";
  const report = (phase: TrainingProgress["phase"], kind: ModelKind, folds = 0): void =>
    options.onProgress?.({ phase, kind, folds });
  const kinds: readonly ModelKind[] = modelType === "auto" ? ["logistic", "tree"] : [modelType];
  const clockMs = options.clockMs ?? (() => 0);
  const sortStart = clockMs();
  let presorted: readonly PresortedColumn[] | undefined;
  if (kinds.includes("tree")) presorted = presortColumns(input.table, () => report("sort", "tree"));

  const evaluateStart = clockMs();
  const sortMs = evaluateStart - sortStart;
  const evaluations = new Map<ModelKind, Evaluation>();
  if (options.evaluate !== false) {
    for (const kind of kinds) {
      let folds = 0;
      const evaluation = evaluateModel(kind, input, {
        positive,
        presorted,
        onPass: () => report("evaluate", kind, folds),
        onFold: (done) => {
          folds = done;
          report("evaluate", kind, folds);
        },
      });
      evaluations.set(kind, evaluation);
    }
  }
  const { kind, warnings: choice } = chooseKind(kinds, evaluations);
  const evaluateMs = options.evaluate === false ? null : clockMs() - evaluateStart;
  const onPass = (): void => report("fit", kind, FOLDS);
  const whole = { rows: null, labels: input.labels, classes: input.classes.length, onPass };
  const fitStart = clockMs();
  const fitted = fitModel(kind, input, { ...whole, presorted });
  const firstFitMs = clockMs() - fitStart + (kind === "tree" ? sortMs : 0);
  const laterFitsMs: number[] = [];
  for (let repeat = 1; repeat < (options.repeat ?? 1); repeat++) {
    const start = clockMs();
    const columns = input.table.columns.map((values) => values.slice());
    fitModel(kind, { ...input, table: { rows: input.table.rows, columns } }, whole);
    laterFitsMs.push(clockMs() - start);
  }
  const evaluation = evaluations.get(kind);
  const trainingAccuracy = accuracyOn(fitted, input);
  return {
    model: {
      ...modelDocument(fitted, input.classes, input.featureNames),
      calibration: evaluation?.calibration ?? null,
    },
    evaluation: evaluation?.document ?? null,
    trainingAccuracy,
    featureImportances: featureImportances(fitted, input.featureNames.length),
    warnings: [...choice, ...trainingWarnings(input, fitted, trainingAccuracy, evaluation?.document ?? null)],
    timing: {
      fit_ms: laterFitsMs.length === 0 ? firstFitMs : medianOf(laterFitsMs),
      first_fit_ms: firstFitMs,
      evaluate_ms: evaluateMs,
    },
  };
}

function checkClasses(input: TrainingTable): void {
  if (input.classes.length >= 2 && input.table.rows >= 2) return;
  throw new RelearnError(
    "insufficient_data",
    input.classes.length === 1
      ? `Insufficient data: all ${input.table.rows} rows have the label "${input.classes[0]}"; a model needs rows of at least two classes.`
      : `Insufficient data: there are ${input.table.rows} rows to train on; a model needs rows of at least two classes.`,
    { details: { rows: input.table.rows, classes: input.classes } },
  );
}

function chooseKind(
  kinds: readonly ModelKind[],
  evaluations: ReadonlyMap<ModelKind, Evaluation>,
): { kind: ModelKind; warnings: BundleWarning[] } {
  if (kinds.length === 1) return { kind: kinds[0]!, warnings: [] };
  const logistic = evaluations.get("logistic")?.document.log_loss;
  const tree = evaluations.get("tree")?.document.log_loss;
  if (logistic === undefined || tree === undefined) {
    throw new RelearnError(
      "invalid_input",
      "The model type auto compares held-out log-losses, so it needs the evaluation: leave --no-evaluate out, or say logistic or tree.",
    );
  }
  const kind: ModelKind = tree < logistic ? "tree" : "logistic";
  const message = `auto took the ${kind} model: held-out log-loss ${logistic.toFixed(4)} logistic, ${tree.toFixed(4)} tree.`;
  return { kind, warnings: [{ code: "auto_model_type", message }] };
}

function accuracyOn(fitted: FittedModel, input: TrainingTable): number {
  const predictions = predictLabels(predictProbabilities(fitted, input.table, null), input.classes.length);
  let right = 0;
  for (let row = 0; row < predictions.length; row++) if (predictions[row] === input.labels[row]) right++;
  return right / predictions.length;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
