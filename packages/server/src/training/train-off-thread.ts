import { Worker } from "node:worker_threads";
import type { BundleContent, ModelDocument } from "@relearn/client";
import type { AgentDefinition, LabelCurve } from "@relearn/contract";
import { type ErrorCode, RelearnError } from "../errors.ts";
import { crossFit } from "./cross-fit.ts";
import { type TrainBundleOptions, trainBundleFromRows } from "./train-bundle.ts";
import type { TrainingProgress } from "./train-model.ts";
import type { SelectedRows } from "./training-rows.ts";

export interface OffThreadOptions extends TrainBundleOptions {
  /** Ends the training at once; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What the worker is started with. */
export type TrainingTask =
  | {
      readonly kind: "bundle";
      readonly definition: AgentDefinition;
      readonly rows: SelectedRows;
      readonly options: Omit<TrainBundleOptions, "onProgress">;
    }
  | { readonly kind: "folds"; readonly rows: SelectedRows; readonly like: ModelDocument }
  | { readonly kind: "label_curve"; readonly rows: SelectedRows };

/** What comes of a task. */
export type TrainingResult = BundleContent | (ModelDocument | null)[] | LabelCurve;

/** What the worker says; `done` and `failed` are its last word. */
export type TrainingMessage =
  | { readonly kind: "progress"; readonly progress: TrainingProgress }
  | { readonly kind: "done"; readonly result: TrainingResult }
  | {
      readonly kind: "failed";
      readonly code: ErrorCode | null;
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>>;
    };

/** Rows times features up to which a training takes some tens of milliseconds, less than starting a thread. */
const MOST_INLINE_VALUES = 50_000;

/**
 * `trainBundleFromRows` that leaves the event loop free: a large table is trained in a worker thread, which
 * reads the very columns that `TrainingRows` made (they are shared, not copied). The bundle is the same, bit
 * for bit. Rejects as the synchronous call throws.
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
  return inThread<BundleContent>({ kind: "bundle", definition, rows, options: rest }, { signal, onProgress });
}

/** `crossFit` that leaves the event loop free in the same way. */
export async function crossFitOffThread(
  rows: SelectedRows,
  like: ModelDocument,
): Promise<(ModelDocument | null)[]> {
  if (isSmall(rows)) return crossFit(rows, like);
  return inThread<(ModelDocument | null)[]>({ kind: "folds", rows, like }, {});
}

/** `labelCurve` in a thread of its own: it is dozens of fits, whatever the table's size. */
export async function labelCurveOffThread(rows: SelectedRows): Promise<LabelCurve> {
  return inThread<LabelCurve>({ kind: "label_curve", rows }, {});
}

function isSmall(rows: SelectedRows): boolean {
  return rows.table.rows * rows.table.columns.length <= MOST_INLINE_VALUES;
}

interface TrainingTaskWatch {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
}

/** `Result` is what the thread answers to the task. */
function inThread<Result extends TrainingResult>(
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
      // After the last word this changes nothing: a promise settles once.
      reject(new RelearnError("internal", `The training thread ended with code ${code} and no result.`));
    });
  });
}

function toError(message: Extract<TrainingMessage, { kind: "failed" }>): Error {
  if (message.code === null) return new Error(message.message);
  return new RelearnError(message.code, message.message, { details: message.details });
}
