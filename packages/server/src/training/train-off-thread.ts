import { Worker } from "node:worker_threads";
import type { BundleContent, ModelDocument } from "@relearn/client";
import type { AgentDefinition, LearningCurve } from "@relearn/contract";
import { type ErrorCode, RelearnError } from "../errors.ts";
import { crossFit } from "./cross-fit.ts";
import { type TrainBundleOptions, trainBundleFromRows } from "./train-bundle.ts";
import type { TrainingProgress } from "./train-model.ts";
import type { SelectedRows } from "./training-rows.ts";

export interface OffThreadOptions extends TrainBundleOptions {
  /** Ends the training at once; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The data that the worker starts with. */
export type TrainingTask =
  | {
      readonly kind: "bundle";
      readonly definition: AgentDefinition;
      readonly rows: SelectedRows;
      readonly options: Omit<TrainBundleOptions, "onProgress">;
    }
  | { readonly kind: "folds"; readonly rows: SelectedRows; readonly like: ModelDocument }
  | { readonly kind: "learning_curve"; readonly rows: SelectedRows };

/** The result of a task. */
export type TrainingResult = BundleContent | (ModelDocument | null)[] | LearningCurve;

/** A message of the worker; `done` and `failed` are its last. */
export type TrainingMessage =
  | { readonly kind: "progress"; readonly progress: TrainingProgress }
  | { readonly kind: "done"; readonly result: TrainingResult }
  | {
      readonly kind: "failed";
      readonly code: ErrorCode | null;
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>>;
    };

/** Maximum of rows times features for training in this thread: it takes tens of milliseconds, less than starting a thread. */
const MAX_INLINE_VALUES = 50_000;

/**
 * Trains a bundle as `trainBundleFromRows` does and leaves the event loop free: a table of more than 50,000 values is
 * trained in a worker thread, which shares the columns of `TrainingRows` without a copy. The
 * bundle is the same, bit for bit. Rejects with what the synchronous call throws, or with the reason of an aborted
 * signal.
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
 * const rows = selectTrainingRows(definition, examples);
 * const content = await trainOffThread(definition, rows, { relearnVersion: "1.0.0" });
 * [content.training_count, content.training_accuracy] // [60, 1]
 */
export async function trainOffThread(
  definition: AgentDefinition,
  rows: SelectedRows,
  options: OffThreadOptions,
): Promise<BundleContent> {
  const { signal, onProgress, ...rest } = options;
  signal?.throwIfAborted();
  if (isSmall(rows)) {
    return trainBundleFromRows(definition, rows, onProgress === undefined ? rest : { ...rest, onProgress });
  }
  return runInThread<BundleContent>(
    { kind: "bundle", definition, rows, options: rest },
    { signal, onProgress },
  );
}

/**
 * Fits the models of `crossFit` and leaves the event loop free in the same way. Rejects with what `crossFit` throws.
 *
 * @example
 * const x = Float64Array.from({ length: 20 }, (_, row) => (row * 7) % 20);
 * const labels = Uint16Array.from(x, (value) => (value > 9 ? 1 : 0));
 * const input = { featureNames: ["x"], table: { rows: 20, columns: [x] }, classes: ["no", "yes"], labels, weights: null, groups: null };
 * const { model } = trainModel(input, 1);
 * const models = await crossFitOffThread({ ...input, folds: Uint8Array.from(x, (_, row) => row % 5) }, model);
 * models.length // 5
 */
export async function crossFitOffThread(
  rows: SelectedRows,
  like: ModelDocument,
): Promise<(ModelDocument | null)[]> {
  if (isSmall(rows)) return crossFit(rows, like);
  return runInThread<(ModelDocument | null)[]>({ kind: "folds", rows, like }, {});
}

/**
 * Computes `computeLearningCurve` in a thread of its own, whatever the table's size: it is dozens of fits. Rejects with what
 * `computeLearningCurve` throws.
 *
 * @example
 * const rows = 10;
 * const x = Float64Array.from({ length: rows }, (_, row) => row);
 * const labels = Uint16Array.from(x, (value) => (value > 4 ? 1 : 0));
 * const input = { featureNames: ["x"], table: { rows, columns: [x] }, classes: ["no", "yes"], labels, weights: null, groups: null };
 * const curve = await computeLearningCurveOffThread({ ...input, times: x, labelDistribution: { no: 5, yes: 5 } });
 * curve.points // []  (fewer than 25 rows)
 * curve.baseline_log_loss // 0.693147  (ln 2)
 */
export async function computeLearningCurveOffThread(rows: SelectedRows): Promise<LearningCurve> {
  return runInThread<LearningCurve>({ kind: "learning_curve", rows }, {});
}

function isSmall(rows: SelectedRows): boolean {
  return rows.table.rows * rows.table.columns.length <= MAX_INLINE_VALUES;
}

interface TrainingTaskWatch {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
}

/** Runs a task in a worker thread. `Result` is the type of its result. */
function runInThread<Result extends TrainingResult>(
  task: TrainingTask,
  { signal, onProgress }: TrainingTaskWatch,
): Promise<Result> {
  // The published package holds JavaScript; the checkout runs the sources.
  const file = import.meta.url.endsWith(".ts") ? "./training-worker.ts" : "./training-worker.js";
  const worker = new Worker(new URL(file, import.meta.url), { workerData: task });
  return new Promise<Result>((resolve, reject) => {
    const abort = (): void => {
      reject(signal?.reason);
      void worker.terminate();
    };
    signal?.addEventListener("abort", abort, { once: true });
    worker.on("message", (message: TrainingMessage) => {
      if (message.kind === "progress") onProgress?.(message.progress);
      else if (message.kind === "done") resolve(message.result as Result);
      else reject(toError(message));
    });
    worker.on("error", reject);
    worker.on("exit", (code) => {
      signal?.removeEventListener("abort", abort);
      // After the last message this changes nothing: a promise settles once.
      reject(new RelearnError("internal", `The training thread ended with code ${code} and no result.`));
    });
  });
}

function toError(message: Extract<TrainingMessage, { kind: "failed" }>): Error {
  if (message.code === null) return new Error(message.message);
  return new RelearnError(message.code, message.message, { details: message.details });
}
