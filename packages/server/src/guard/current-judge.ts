/** Outcomes whose judges say who judges now. */
export const NEWEST_JUDGED = 20;

/**
 * Who judges quality now, by the judges of the newest outcomes (the newest first; null: the agent itself).
 *
 * Whoever judged when the evidence began still does while any of them is theirs: where two take turns, the
 * evidence must not start anew with every other outcome. `began` undefined: the evidence is empty, and the most
 * frequent of them it is, of equals the newest.
 */
export function findCurrentJudge(
  newest: readonly (string | null)[],
  began: string | null | undefined,
): string | null {
  if (began !== undefined && (newest.length === 0 || newest.includes(began))) return began;
  const counts = new Map<string | null, number>();
  for (const judge of newest) counts.set(judge, (counts.get(judge) ?? 0) + 1);
  let most: string | null = null;
  let times = 0;
  for (const [judge, count] of counts) {
    if (count <= times) continue;
    most = judge;
    times = count;
  }
  return most;
}
