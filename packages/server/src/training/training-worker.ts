/** The thread that `trainOffThread` starts: trains one bundle, reports on the way, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { RelearnError } from "../errors.ts";
import { trainBundleFromRows } from "./train-bundle.ts";
import type { TrainingMessage, TrainingTask } from "./train-off-thread.ts";

/** Reports come with each pass over the rows; more often than this nobody can read them. */
const REPORT_EVERY_MS = 100;

const { definition, rows, options } = workerData as TrainingTask;
let lastReport = 0;
try {
  const content = trainBundleFromRows(definition, rows, {
    ...options,
    onProgress(progress) {
      const now = performance.now();
      if (now - lastReport < REPORT_EVERY_MS) return;
      lastReport = now;
      say({ kind: "progress", progress });
    },
  });
  say({ kind: "done", content });
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
