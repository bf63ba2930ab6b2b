/**
 * The specification's uncertainty of many tasks at once, on arrays and unrounded. The rules and their order are those of
 * `specification-uncertainty.ts`.
 */
import { UNPROVEN_JUDGE_WEIGHT } from "../../server/src/judges/specification-weights.ts";

/** Same value as in `specification-uncertainty.ts`. */
const LOW_CONFIDENCE = 0.6;

/**
 * Writes the uncertainty of each row into `scores`. `verdicts`: rows x judges, number of the verdict or -1;
 * `confidences`: rows x judges, 0-100, NaN where not stated; `weights`: one per judge, 0.5 each by default.
 * `verdictCount`: verdicts are numbered below it, at most 256.
 */
export function scoreVerdicts(
  verdicts: Int8Array | Int16Array,
  confidences: Float32Array | Float64Array,
  judges: number,
  verdictCount: number,
  scores: Float64Array,
  weights: Float64Array = new Float64Array(judges).fill(UNPROVEN_JUDGE_WEIGHT),
): void {
  const counts = new Uint16Array(verdictCount);
  const entropyTerms = tabulateEntropy(judges);
  const logs = Float64Array.from({ length: Math.max(2, verdictCount) + 1 }, (_, count) => Math.log2(count));
  for (let row = 0; row < scores.length; row++) {
    const offset = row * judges;
    counts.fill(0);
    let given = 0;
    let distinct = 0;
    for (let judge = 0; judge < judges; judge++) {
      const verdict = verdicts[offset + judge]!;
      if (verdict < 0) continue;
      given += 1;
      if (counts[verdict]!++ === 0) distinct += 1;
    }
    if (given === 0) {
      scores[row] = 1;
    } else if (distinct > 1) {
      let entropy = 0;
      for (let verdict = 0; verdict < verdictCount; verdict++) {
        entropy += entropyTerms[given * (judges + 1) + counts[verdict]!]!;
      }
      scores[row] = Math.min(1, entropy / logs[distinct]!);
    } else {
      scores[row] = computeAgreedUncertainty(verdicts, confidences, weights, offset, judges);
    }
  }
}

/** Tabulates -share · log2(share) for every count and number of verdicts, so that the loop over rows needs no logarithm. */
function tabulateEntropy(judges: number): Float64Array {
  const terms = new Float64Array((judges + 1) ** 2);
  for (let given = 1; given <= judges; given++) {
    for (let count = 1; count <= given; count++) {
      const share = count / given;
      terms[given * (judges + 1) + count] = -share * Math.log2(share);
    }
  }
  return terms;
}

/** Computes the uncertainty of a row whose verdicts agree. Two passes: the variance from sums of squares would cancel. */
function computeAgreedUncertainty(
  verdicts: Int8Array | Int16Array,
  confidences: Float32Array | Float64Array,
  weights: Float64Array,
  offset: number,
  judges: number,
): number {
  let total = 0;
  let sum = 0;
  let plain = 0;
  let given = 0;
  for (let judge = 0; judge < judges; judge++) {
    if (verdicts[offset + judge]! < 0) continue;
    const confidence = toShare(confidences[offset + judge]!);
    const weight = weights[judge]!;
    total += weight;
    sum += weight * confidence;
    plain += confidence;
    given += 1;
  }
  const even = !(total > 0);
  const mean = even ? plain / given : sum / total;
  if (mean < LOW_CONFIDENCE) return 1 - mean;
  let squares = 0;
  for (let judge = 0; judge < judges; judge++) {
    if (verdicts[offset + judge]! < 0) continue;
    const distance = toShare(confidences[offset + judge]!) - mean;
    squares += (even ? 1 : weights[judge]!) * distance * distance;
  }
  return Math.min(1, (4 * squares) / (even ? given : total));
}

function toShare(confidence: number): number {
  // NaN fails every comparison and counts as the unstated 50.
  if (confidence >= 100) return 1;
  if (confidence <= 0) return 0;
  return confidence > 0 ? confidence / 100 : 0.5;
}
