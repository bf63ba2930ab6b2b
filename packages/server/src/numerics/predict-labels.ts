/** The class of greatest probability in each row; between equals the first, as the client decides. */
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
