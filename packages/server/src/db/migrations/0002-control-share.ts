/**
 * The control share: evaluation results drawn at random among all that came in, labeled or not, whatever a
 * strategy thinks of them. Kept beside the review queue, since a drawn result may have its label already.
 * `sampler_marks`: up to which result every one has had its chance to be drawn.
 */
export const controlShare: readonly string[] = [
  `create table control_share (
    task_key text collate "C" not null,
    agent text not null,
    result_id text not null,
    inclusion_probability double precision not null check (inclusion_probability > 0 and inclusion_probability <= 1),
    result_created_at timestamptz not null,
    drawn_at timestamptz not null,
    primary key (task_key, agent, result_id)
  )`,
  `create index control_share_by_time on control_share (agent, result_created_at)`,
  `create table sampler_marks (
    agent text primary key,
    results_id bigint not null,
    updated_at timestamptz not null
  )`,
];
