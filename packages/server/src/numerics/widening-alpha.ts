/**
 * The error that the k-th attempt may spend on promotion; all attempts together spend at most 1.5 alpha.
 *
 * @example wideningAlpha(0.05, 1) // 0.05
 * @example wideningAlpha(0.05, 2) // 0.0083: 0.05 / (2 · 3)
 */
export function getPromotionAlpha(alpha: number, attempt: number): number {
  return attempt <= 1 ? alpha : alpha / (attempt * (attempt + 1));
}
