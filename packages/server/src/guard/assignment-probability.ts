/**
 * The probability that a unit was put into the canary arm at its first exposure in a stage, given what is
 * known of it from earlier stages; null where the assignment carries no information.
 *
 * A unit's bucket is fixed and a widening only adds buckets to the canary. So a unit that was canary before
 * is canary now, whatever it does: certain, no information. One that was active at its last exposure, when
 * the canary had the share p1, has a bucket in the rest of the range: it is canary now with probability
 * (p2 - p1) / (1 - p1), whichever way the share went in between.
 *
 * `percent` is the share of the canary's bundle now, 0 to 100; `last` the unit's last exposure in this
 * rollout before the present stage, null for a new unit.
 */
export function assignmentProbability(
  percent: number,
  last: { readonly arm: "canary" | "active"; readonly percent: number } | null,
): number | null {
  if (last?.arm === "canary") return null;
  const lastShare = (last?.percent ?? 0) / 100;
  const probability = (percent / 100 - lastShare) / (1 - lastShare);
  return probability > 0 && probability < 1 ? probability : null;
}
