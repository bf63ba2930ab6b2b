import type { ModelType } from "@relearn/contract";
import type { TrainingProgress } from "./train-model.ts";

/** What somebody asks of a training. */
export interface TrainingRequest {
  /** Fewest training rows, 50 unless told. */
  readonly minExamples?: number;
  readonly modelType?: ModelType;
}

/** How far a training is. */
export type TrainingReport =
  | { readonly phase: "read"; readonly examples: number; readonly of: number }
  | TrainingProgress;

/** How somebody follows a training, and ends it: the promise then rejects with the signal's reason. */
export interface TrainingWatch {
  readonly onProgress?: ((report: TrainingReport) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}
