import type { ModelType, TrainingProgress } from "./train-model.ts";

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

/** What a training was made of: with the examples still there, it can be made again. */
export interface TrainingSnapshot {
  /** Highest id of a labeled example that took part. */
  readonly through_id: number;
  /** Which of them were current: those not superseded by then. */
  readonly at: string;
  readonly min_examples: number;
  readonly model_type: ModelType;
  /** Thresholds that a person set afterwards, by name, in raw units. */
  readonly thresholds?: Readonly<Record<string, number>>;
}
