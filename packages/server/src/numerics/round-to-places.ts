/**
 * Rounds to a number of decimal places as Python's `round` does: by the exact value of the double, an exact tie to the
 * even neighbour. (`Math.round(x * 1000) / 1000` rounds the product, so 1.0005 comes out as 1.001 although the double
 * lies below the tie.)
 *
 * `places` 0-15, |value| < 1e21; values that are not finite come back as they are.
 *
 * @example
 * roundToPlaces(1.0005, 3) // 1
 * roundToPlaces(0.125, 2) // 0.12
 */
export function roundToPlaces(value: number, places: number): number {
  if (!Number.isFinite(value)) return value;
  // toFixed is exact for the double's value and takes an exact tie away from zero.
  const rounded = Number(value.toFixed(places));
  const unit = 10 ** -places;
  // A tie is a dyadic fraction, so value * 2 * 10^places is then computed without error.
  const doubled = value * 2 * 10 ** places;
  const isTie =
    Number.isInteger(doubled) && Math.abs(doubled % 2) === 1 && doubled / (2 * 10 ** places) === value;
  if (!isTie || !isExactTie(value, places)) return rounded;
  const lastDigit = Math.round(Math.abs(rounded) * 10 ** places) % 2;
  return lastDigit === 0 ? rounded : Number((rounded - Math.sign(value) * unit).toFixed(places));
}

/** Returns true if the double's exact decimal expansion ends in a single 5 after `places` digits. */
function isExactTie(value: number, places: number): boolean {
  // Ties need at most places + 1 binary digits after the point, so 60 digits show any other expansion.
  const digits = value.toFixed(Math.min(100, places + 60));
  return /^50*$/.test(digits.slice(digits.indexOf(".") + 1 + places));
}
