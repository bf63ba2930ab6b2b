/**
 * Returns the class of greatest probability in each row of `probabilities` (rows x classes, row-major); the first
 * one if several are equal, as in the client.
 *
 * @example
 * predictLabels(Float64Array.of(0.2, 0.8, 0.5, 0.5), 2) // [1, 0]
 */
export function predictLabels(probabilities: Float64Array, classes: number): Uint16Array {
  const out = new Uint16Array(probabilities.length / classes);
  for (let i = 0; i < out.length; i++) {
    let best = 0;
    for (let k = 1; k < classes; k++) {
      if (probabilities[i * classes + k]! > probabilities[i * classes + best]!) best = k;
    }
    out[i] = best;
  }
  return out;
}
