/** What not knowing the size of a difference costs: measured on the mixture of bets in use. */
export const UNKNOWN_SIZE_COST = 1.35;

/**
 * Returns the number of units (both arms) until a difference of `difference` points is told from none, at error `alpha`:
 * 1.35 · 2 · ln(1/α) · v / (Δ² π (1 - π)). The 2 ln(1/α) v / (Δ² π(1-π)) is what a bet of just the right
 * size needs on average; 1.35 is what not knowing the size costs.
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
