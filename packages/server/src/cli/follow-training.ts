import type { TrainingReport } from "../training/training-snapshot.ts";
import { ProgressLine, type ProgressStream } from "./progress.ts";

/** Shows the progress of a training while `work` waits for it. */
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
      return `reading examples: ${report.examples.toLocaleString("en")} of ${report.of.toLocaleString("en")}`;
    case "sort":
      return "sorting the columns";
    case "evaluate":
      return `evaluating the ${report.kind} model on held-out folds: ${report.folds} of 5`;
    case "fit":
      return `fitting the ${report.kind} model`;
  }
}
