/**
 * What the database derives from an evaluation result's judge_scores when it is stored, so that the sampler
 * finds the uncertain ones by an index whatever wrote them.
 *
 * Weights change every night, so no uncertainty is stored: the vote pattern (who said what, without
 * confidences) decides everything a panel says, and the bound is the most that the specification's
 * uncertainty can be under any weights. It is exact where judges disagree, which does not depend on weights.
 */
export const judgeScoreFunctions: readonly string[] = [
  /* Equal for two results exactly where the same judges gave the same verdicts and were as consistent about them. */
  `create function judge_vote_pattern(scores jsonb) returns uuid language sql immutable parallel safe as $$
    select md5(coalesce(jsonb_object_agg(judge.key, jsonb_build_array(
             coalesce(judge.value ->> 'verdict', ''), judge.value -> 'order_consistent' = 'false'::jsonb,
             judge.value -> 'model_version', judge.value -> 'rubric_digest'))::text, ''))::uuid
      from jsonb_each(case when jsonb_typeof(scores) = 'object' then scores else '{}'::jsonb end) judge
  $$`,
  /*
   * Disagreement: the normalised entropy, three places. Else, with confidences within [low, high]:
   * 1 - weighted confidence is at most 1 - low, and counts only below .6; four times a variance on an
   * interval is at most its squared length (Popoviciu).
   */
  `create function judge_uncertainty_bound(scores jsonb) returns double precision language sql immutable parallel safe as $$
    with verdicts as (
      select judge.value ->> 'verdict' as verdict,
             least(1, greatest(0, case jsonb_typeof(judge.value -> 'confidence')
               when 'number' then (judge.value ->> 'confidence')::numeric / 100 else 0.5 end)) as confidence
        from jsonb_each(case when jsonb_typeof(scores) = 'object' then scores else '{}'::jsonb end) judge
       where coalesce(judge.value ->> 'verdict', '') <> ''
    ), counts as (
      select count(*)::double precision as votes, min(confidence) as low, max(confidence) as high
        from verdicts group by verdict
    ), total as (
      select count(*) as distinct_verdicts, sum(votes) as votes, min(low) as low, max(high) as high,
             sum(votes * ln(votes)) as votes_log_votes
        from counts
    )
    select case
      when votes is null then 1
      when distinct_verdicts > 1
        then round(((ln(votes) - votes_log_votes / votes) / ln(distinct_verdicts::double precision))::numeric, 3)
      else least(1, ceil(1000 * greatest(case when low < 0.6 then 1 - low else 0 end, (high - low) * (high - low))) / 1000)
    end::double precision
      from total
  $$`,
  `create function utc_day(at timestamptz) returns date language sql immutable parallel safe as $$
    select (at at time zone 'UTC')::date
  $$`,
  /* The order among candidates of equal value; \`sampling/tie-hash.ts\` computes the same number. */
  `create function task_key_hash(task_key text) returns bigint language sql immutable parallel safe as $$
    select ('x' || left(md5(task_key), 8))::bit(32)::bigint
  $$`,
];
