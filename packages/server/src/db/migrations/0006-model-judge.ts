/** The trained feature model as one more judge: what it is made of, and which bundle the evidence counted. */
export const modelJudge: readonly string[] = [
  `create table model_judges (
    agent text primary key,
    document jsonb not null,
    updated_at timestamptz not null
  )`,
  `alter table judge_evidence_marks add column model_bundle_id text`,
];
