/** Factor for the unknown size of a difference, measured on the mixture of bets in use. */
export const UNKNOWN_SIZE_COST = 1.35;

/**
 * Returns the number of units (both arms) needed to detect a difference of `difference` points at error `alpha`:
 * 1.35 · 2 · ln(1/α) · v / (Δ² π (1 - π)). A bet of the optimal size needs 2 ln(1/α) v / (Δ² π(1-π)) on average; 1.35 is
 * the factor for the unknown size.
 *
 * @example
 * // A difference of 5 points in a binary quality of 0.8, with 10 % of the units in the canary.
 * unitsNeeded(0.05, 0.16, 0.1, 0.05) // 5751.81
 */
export function unitsNeeded(
  difference: number,
  variance: number,
  probability: number,
  alpha: number,
): number {
  return (
    (UNKNOWN_SIZE_COST * 2 * Math.log(1 / alpha) * variance) /
    (difference * difference * probability * (1 - probability))
  );
}
