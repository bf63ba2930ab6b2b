/** Number of newest outcomes whose judges determine the current judge. */
export const NEWEST_JUDGED = 20;

/**
 * Finds the current judge of quality from the judges of the newest outcomes, the newest first; null stands for the
 * agent itself.
 *
 * The judge that the evidence began with stays current while any of these outcomes is its own: if two judges take
 * turns, the evidence must not restart with every other outcome. If `began` is undefined, the evidence is empty, and
 * the most frequent judge is current; the newest of equally frequent ones.
 *
 * @example
 * findCurrentJudge(["b", "b", "a"], "a") // "a"
 * findCurrentJudge(["b", "b"], "a") // "b"
 * findCurrentJudge(["b", "a", "a"], undefined) // "a"
 */
export function findCurrentJudge(
  newest: readonly (string | null)[],
  began: string | null | undefined,
): string | null {
  if (began !== undefined && (newest.length === 0 || newest.includes(began))) return began;
  const counts = new Map<string | null, number>();
  for (const judge of newest) counts.set(judge, (counts.get(judge) ?? 0) + 1);
  let mostFrequent: string | null = null;
  let times = 0;
  for (const [judge, count] of counts) {
    if (count <= times) continue;
    mostFrequent = judge;
    times = count;
  }
  return mostFrequent;
}
