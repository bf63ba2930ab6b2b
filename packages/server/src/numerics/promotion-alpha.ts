/**
 * Returns the error that the `attempt`-th attempt (from 1) may spend on promotion: α for the first, then
 * α / (k (k + 1)). All attempts together spend at most 1.5 α.
 *
 * @example
 * getPromotionAlpha(0.05, 1) // 0.05
 * getPromotionAlpha(0.05, 2) // 0.00833333
 */
export function getPromotionAlpha(alpha: number, attempt: number): number {
  return attempt <= 1 ? alpha : alpha / (attempt * (attempt + 1));
}
