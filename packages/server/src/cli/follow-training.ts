import type { TrainingReport } from "../training/training-snapshot.ts";
import { ProgressLine, type ProgressStream } from "./progress.ts";

/** Draws how far a training is while `work` waits for it. */
export async function followTraining<Document>(
  work: (report: (progress: TrainingReport) => void) => Promise<Document>,
  stream?: ProgressStream,
  now?: () => number,
): Promise<Document> {
  const line = new ProgressLine(stream, now);
  try {
    return await work((progress) => line.show(shareOfTraining(progress), describeTraining(progress)));
  } finally {
    line.clear();
  }
}

export function shareOfTraining(report: TrainingReport): number | undefined {
  if (report.phase === "read") return report.examples / Math.max(1, report.of);
  return report.phase === "evaluate" ? report.folds / 5 : undefined;
}

export function describeTraining(report: TrainingReport): string {
  switch (report.phase) {
    case "read":
      return `reads examples: ${report.examples.toLocaleString("en")} of ${report.of.toLocaleString("en")}`;
    case "sort":
      return "sorts the columns";
    case "evaluate":
      return `measures the ${report.kind} model on held-out folds: ${report.folds} of 5`;
    case "fit":
      return `fits the ${report.kind} model`;
  }
}
