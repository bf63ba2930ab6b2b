/** A labeled example for training; rows of the store have this type. */
export interface TrainingExample {
  readonly key: string;
  readonly payload: unknown;
  readonly label: string;
  readonly source: string;
  readonly source_id: string;
  /** 0 to 100. */
  readonly confidence: number;
  readonly created_at: Date | string;
}

/**
 * Sources in descending priority: the label of the first one counts if a key has several. Other sources come last.
 */
export const SOURCE_PRIORITY: readonly string[] = ["review", "gold", "approvals", "feedback", "synthetic"];
