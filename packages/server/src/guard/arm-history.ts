/** A plot of more points than this shows no more. */
const MAX_POINTS = 400;

/** Whole hours a point, so that a rollout of `hours` hours has a readable number of them. */
export function pointWidth(hours: number): number {
  return Math.max(1, Math.ceil(hours / MAX_POINTS));
}
