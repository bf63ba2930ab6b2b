export type ReviewState = "pending" | "leased" | "labeled" | "skipped" | "disputed" | "expired";
export type SkipReason = "unclear" | "missing_data" | "not_my_field" | "duplicate" | "other";
