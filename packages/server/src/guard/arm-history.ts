/** Number of points beyond which a plot shows no more detail. */
const MAX_POINTS = 400;

/**
 * Returns the whole hours that one point stands for, so that a rollout of `hours` hours has at most 400 points.
 *
 * @example
 * pointWidth(72) // 1
 * pointWidth(1000) // 3  (334 points)
 */
export function pointWidth(hours: number): number {
  return Math.max(1, Math.ceil(hours / MAX_POINTS));
}
