/** The thread that `train-off-thread.ts` starts: does one training, reports on the way, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { RelearnError } from "../errors.ts";
import { crossFit } from "./cross-fit.ts";
import { labelCurve } from "./label-curve.ts";
import { trainBundleFromRows } from "./train-bundle.ts";
import type { TrainingMessage, TrainingTask } from "./train-off-thread.ts";

/** Reports come with each pass over the rows; more often than this nobody can read them. */
const REPORT_EVERY_MS = 100;

const task = workerData as TrainingTask;
let lastReport = 0;
try {
  if (task.kind === "folds") {
    say({ kind: "done", result: crossFit(task.rows, task.like) });
  } else if (task.kind === "label_curve") {
    say({ kind: "done", result: labelCurve(task.rows) });
  } else {
    const result = trainBundleFromRows(task.definition, task.rows, {
      ...task.options,
      onProgress(progress) {
        const now = performance.now();
        if (now - lastReport < REPORT_EVERY_MS) return;
        lastReport = now;
        say({ kind: "progress", progress });
      },
    });
    say({ kind: "done", result });
  }
} catch (error) {
  const known = error instanceof RelearnError;
  say({
    kind: "failed",
    code: known ? error.code : null,
    message: error instanceof Error ? error.message : String(error),
    details: known ? error.details : {},
  });
}

function say(message: TrainingMessage): void {
  parentPort?.postMessage(message);
}
