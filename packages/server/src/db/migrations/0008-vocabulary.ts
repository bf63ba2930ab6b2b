/**
 * Renames tables and columns to the terms of docs/concepts.md. Documents that are hashed or replayed keep the
 * names that they were stored with; `readJournal` maps those of journal entries.
 */
export const vocabulary: readonly string[] = [
  `alter table rollout_looks rename to rollout_analyses`,
  `alter table rollout_analyses rename column look to analysis`,
  `alter table rollout_analyses rename constraint rollout_looks_pkey to rollout_analyses_pkey`,
  `alter table rollout_evidence rename column looks to analyses`,
  `alter table scored_units rename column look to analysis`,
  `alter index scored_units_by_look rename to scored_units_by_analysis`,
  `alter table learning_progress rename to queue_statistics`,
  `alter table queue_statistics rename constraint learning_progress_pkey to queue_statistics_pkey`,
];
