/** A labeled example as training reads it; the store's rows fit as they are. */
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
 * Whose label counts where several speak of one key: earlier before later. A source that is not listed comes
 * last.
 */
export const SOURCE_PRIORITY: readonly string[] = ["review", "gold", "approvals", "feedback", "synthetic"];
