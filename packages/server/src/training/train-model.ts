import type { BundleWarning, EvaluationDocument, ModelDocument } from "@relearn/client";
import type { ModelType } from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import { median } from "../numerics/median.ts";
import { predictLabels } from "../numerics/predict-labels.ts";
import { type Evaluation, evaluateModel, FOLDS } from "./evaluate-model.ts";
import type { FittedModel, ModelTrainer } from "./model-kind.ts";
import { MODEL_KIND_NAMES, type ModelKindName, modelKinds } from "./model-kinds.ts";
import type { TrainingTable } from "./training-table.ts";
import { trainingWarnings } from "./warnings.ts";

/** `auto` takes the kind with the lowest held-out log-loss. */
export const MODEL_TYPES: readonly ModelType[] = [...MODEL_KIND_NAMES, "auto"];

export interface TrainingProgress {
  readonly phase: "sort" | "fit" | "evaluate";
  readonly kind: ModelKindName;
  /** Folds done; 0 to 5. */
  readonly folds: number;
}

export interface TrainModelOptions {
  readonly modelType?: ModelType;
  /** `false` skips the folds; the model then has no calibration, and `auto` is refused. */
  readonly evaluate?: boolean;
  /** Milliseconds of a clock, for `timing`; nothing is timed by default. */
  readonly clockMs?: () => number;
  /** Number of fits, for timing; 1 by default. */
  readonly repeat?: number;
  /** Called often; may throw to end the training, which cancels it. */
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
  /** Median of the fits after the first, including copying, sorting and standardising; the first if it is the only one. */
  readonly fit_ms: number;
  readonly first_fit_ms: number;
  readonly evaluate_ms: number | null;
}

/**
 * Trains a model on the whole table and measures the same kind on held-out folds. `positive`: index of the positive
 * class. Pure and deterministic: the same table gives the same bits on every machine. Throws `RelearnError`:
 * `insufficient_data` if there are fewer than two rows or classes, `training_failed` with the feature if a value is not
 * finite or the fit does not converge, `invalid_input` if `auto` is to choose without an evaluation.
 * Cost: six fits of each kind asked for.
 *
 * @example
 * const x = Float64Array.from({ length: 20 }, (_, row) => (row * 7) % 20);
 * const labels = Uint16Array.from(x, (value) => (value > 9 ? 1 : 0));
 * const input = { featureNames: ["x"], table: { rows: 20, columns: [x] }, classes: ["no", "yes"], labels, weights: null, groups: null };
 * const trained = trainModel(input, 1, { modelType: "auto" });
 * trained.model.model_type // "LogisticRegression"
 * trained.trainingAccuracy // 1
 * trained.warnings.map(({ code }) => code) // ["auto_model_type", "separable"]
 */
export function trainModel(
  input: TrainingTable,
  positive: number,
  options: TrainModelOptions = {},
): TrainedModel {
  checkClasses(input);
  const modelType = options.modelType ?? "logistic";
  const report = (phase: TrainingProgress["phase"], kind: ModelKindName, folds = 0): void =>
    options.onProgress?.({ phase, kind, folds });
  const names = modelType === "auto" ? MODEL_KIND_NAMES : [modelType];
  const clockMs = options.clockMs ?? (() => 0);
  const trainers = names.map((kind) => prepare(kind, input, clockMs, () => report("sort", kind)));

  const evaluateStart = clockMs();
  if (options.evaluate !== false) {
    for (const each of trainers) {
      let folds = 0;
      each.evaluation = evaluateModel(each.trainer, input, {
        positive,
        onPass: () => report("evaluate", each.kind, folds),
        onFold: (done) => {
          folds = done;
          report("evaluate", each.kind, folds);
        },
      });
    }
  }
  const { chosen, warnings: choice } = chooseKind(trainers);
  const { kind, evaluation } = chosen;
  const evaluateMs = options.evaluate === false ? null : clockMs() - evaluateStart;
  const onPass = (): void => report("fit", kind, FOLDS);
  const whole = { rows: null, labels: input.labels, classes: input.classes.length, onPass };
  const fitStart = clockMs();
  const fitted = chosen.trainer.fit(whole);
  const firstFitMs = clockMs() - fitStart + chosen.prepareMs;
  const laterFitsMs: number[] = [];
  for (let repeat = 1; repeat < (options.repeat ?? 1); repeat++) {
    const start = clockMs();
    const columns = input.table.columns.map((values) => values.slice());
    const copy = { ...input, table: { rows: input.table.rows, columns } };
    modelKinds[kind].createTrainer(copy).fit(whole);
    laterFitsMs.push(clockMs() - start);
  }
  const trainingAccuracy = measureAccuracy(fitted, input);
  return {
    model: {
      ...fitted.toDocument(input.classes, input.featureNames),
      calibration: evaluation?.calibration ?? null,
    },
    evaluation: evaluation?.document ?? null,
    trainingAccuracy,
    featureImportances: fitted.computeImportances(),
    warnings: [
      ...choice,
      ...trainingWarnings(input, modelKinds[kind], trainingAccuracy, evaluation?.document ?? null),
    ],
    timing: {
      fit_ms: median(laterFitsMs) ?? firstFitMs,
      first_fit_ms: firstFitMs,
      evaluate_ms: evaluateMs,
    },
  };
}

/** A kind of model that may be chosen. */
interface Candidate {
  readonly kind: ModelKindName;
  readonly trainer: ModelTrainer;
  /** Milliseconds that creating the trainer took. */
  readonly prepareMs: number;
  evaluation: Evaluation | null;
}

function prepare(
  kind: ModelKindName,
  input: TrainingTable,
  clockMs: () => number,
  onStep: () => void,
): Candidate {
  const start = clockMs();
  const trainer = modelKinds[kind].createTrainer(input, onStep);
  return { kind, trainer, prepareMs: clockMs() - start, evaluation: null };
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

/** Chooses the candidate with the lowest held-out log-loss; the first one if several are equal. */
function chooseKind(candidates: readonly Candidate[]): { chosen: Candidate; warnings: BundleWarning[] } {
  const [first, ...others] = candidates;
  if (first === undefined) throw new RelearnError("internal", "There is no kind of model to choose from.");
  if (others.length === 0) return { chosen: first, warnings: [] };
  const losses = candidates.flatMap((each) =>
    each.evaluation === null ? [] : [{ each, loss: each.evaluation.document.log_loss }],
  );
  if (losses.length < candidates.length) {
    throw new RelearnError(
      "invalid_input",
      "The model type auto compares held-out log-losses, so it needs the evaluation: leave --no-evaluate out, or say logistic or tree.",
    );
  }
  const { each: chosen } = losses.reduce((best, next) => (next.loss < best.loss ? next : best));
  const figures = losses.map(({ each, loss }) => `${loss.toFixed(4)} ${each.kind}`).join(", ");
  const message = `auto took the ${chosen.kind} model: held-out log-loss ${figures}.`;
  return { chosen, warnings: [{ code: "auto_model_type", message }] };
}

function measureAccuracy(fitted: FittedModel, input: TrainingTable): number {
  const predictions = predictLabels(fitted.predict(input.table, null), input.classes.length);
  let right = 0;
  for (let row = 0; row < predictions.length; row++) if (predictions[row] === input.labels[row]) right++;
  return right / predictions.length;
}
