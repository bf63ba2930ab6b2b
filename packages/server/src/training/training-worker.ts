/** Worker thread of `train-off-thread.ts`: runs one task, reports its progress, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { RelearnError } from "../errors.ts";
import { crossFit } from "./cross-fit.ts";
import { computeLearningCurve } from "./learning-curve.ts";
import { trainBundleFromRows } from "./train-bundle.ts";
import type { TrainingMessage, TrainingTask } from "./train-off-thread.ts";

/** Minimum time between two reports; `onProgress` is called at each pass over the rows. */
const REPORT_INTERVAL_MS = 100;

const task = workerData as TrainingTask;
let lastReport = 0;
try {
  if (task.kind === "folds") {
    post({ kind: "done", result: crossFit(task.rows, task.like) });
  } else if (task.kind === "learning_curve") {
    post({ kind: "done", result: computeLearningCurve(task.rows) });
  } else {
    const result = trainBundleFromRows(task.definition, task.rows, {
      ...task.options,
      onProgress(progress) {
        const now = performance.now();
        if (now - lastReport < REPORT_INTERVAL_MS) return;
        lastReport = now;
        post({ kind: "progress", progress });
      },
    });
    post({ kind: "done", result });
  }
} catch (error) {
  const known = error instanceof RelearnError;
  post({
    kind: "failed",
    code: known ? error.code : null,
    message: error instanceof Error ? error.message : String(error),
    details: known ? error.details : {},
  });
}

function post(message: TrainingMessage): void {
  parentPort?.postMessage(message);
}
