import type { ModelType } from "@relearn/contract";
import type { TrainingProgress } from "./train-model.ts";

/** Options of a training request. */
export interface TrainingRequest {
  /** Minimum number of training rows; 50 by default. */
  readonly minExamples?: number;
  readonly modelType?: ModelType;
}

/** Progress of a training. */
export type TrainingReport =
  | { readonly phase: "read"; readonly examples: number; readonly of: number }
  | TrainingProgress;

/** Progress callback and abort signal of a training. After an abort the promise rejects with the signal's reason. */
export interface TrainingWatch {
  readonly onProgress?: ((report: TrainingReport) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}
