/**
 * Returns the probability that a unit was assigned to the canary at its first exposure in a stage, given its last
 * exposure in an earlier stage; null if the assignment carries no information.
 *
 * A unit's bucket is fixed and a promotion only adds buckets to the canary. So a unit that was canary before is
 * canary now with certainty. One that was active at its last exposure, when the canary had the share p1, has a
 * bucket in the rest of the range: it is canary now with probability (p2 - p1) / (1 - p1), whichever way the share
 * went in between.
 *
 * `percent` is the current share of the canary's bundle, 0 to 100; `last` is the unit's last exposure in this
 * rollout before the current stage, null for a new unit.
 *
 * @example
 * assignmentProbability(10, null) // 0.1
 * assignmentProbability(50, { arm: "active", percent: 10 }) // 4 / 9  ((0.5 - 0.1) / 0.9)
 * assignmentProbability(50, { arm: "canary", percent: 10 }) // null
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
