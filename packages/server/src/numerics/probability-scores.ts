/**
 * Scores of probabilities against the outcomes. Probabilities are rows x classes, row-major; outcomes
 * are class numbers.
 */
export interface ProbabilityScores {
  /** Share of rows whose likeliest class was right; m equally likely classes count 1/m. */
  readonly accuracy: number;
  /** Mean of -ln p(outcome), p clipped to [clip, 1 - clip]. */
  readonly log_loss: number;
  /** Mean over rows of half the squared distance to the outcome: (p - y)² with two classes. Brier, 1950. */
  readonly brier: number;
  /** Expected calibration error of the last class's probability. */
  readonly calibration_error: number;
}

/**
 * Scores probabilities (rows x classes, row-major) against the classes that turned out to be right. `clip` bounds the
 * cost of one confident error: .005 costs at most 5.3. All scores are NaN if there are no rows. Cost O(rows · classes).
 *
 * @example
 * scoreProbabilities(Float64Array.of(0.2, 0.8, 0.6, 0.4), [1, 1], 2) // { accuracy: 0.5, log_loss: 0.569717, brier: 0.2, calibration_error: 0.4 }
 */
export function scoreProbabilities(
  probabilities: Float64Array,
  outcomes: ArrayLike<number>,
  classes: number,
  clip = 0.005,
): ProbabilityScores {
  const rows = outcomes.length;
  let right = 0;
  let loss = 0;
  let brier = 0;
  const positive = new Float64Array(rows);
  const isPositive = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const offset = row * classes;
    const outcome = outcomes[row]!;
    let highest = 0;
    for (let k = 0; k < classes; k++) highest = Math.max(highest, probabilities[offset + k]!);
    let sharing = 0;
    for (let k = 0; k < classes; k++) {
      const p = probabilities[offset + k]!;
      // Probabilities that differ only by the rounding error of a sum are equal.
      if (p >= highest - 1e-12) sharing += 1;
      const distance = p - (k === outcome ? 1 : 0);
      brier += 0.5 * distance * distance;
    }
    const stated = probabilities[offset + outcome]!;
    if (stated >= highest - 1e-12) right += 1 / sharing;
    loss -= Math.log(Math.min(1 - clip, Math.max(clip, stated)));
    positive[row] = probabilities[offset + classes - 1]!;
    isPositive[row] = outcome === classes - 1 ? 1 : 0;
  }
  return {
    accuracy: right / rows,
    log_loss: loss / rows,
    brier: brier / rows,
    calibration_error: expectedCalibrationError(positive, isPositive),
  };
}

/**
 * Computes the mean over rows of |mean probability - share of positives| of the row's bin, in `bins` bins of equal
 * width; 1 belongs to the last. NaN if there are no rows.
 * Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning", 2015.
 *
 * @example
 * expectedCalibrationError([0.82, 0.88, 0.1], [1, 0, 0]) // 0.266667
 */
export function expectedCalibrationError(
  probabilities: ArrayLike<number>,
  isPositive: ArrayLike<number>,
  bins = 10,
): number {
  const surplus = new Float64Array(bins);
  for (let row = 0; row < probabilities.length; row++) {
    const bin = Math.min(bins - 1, Math.floor(probabilities[row]! * bins));
    surplus[bin]! += probabilities[row]! - isPositive[row]!;
  }
  return surplus.reduce((sum, value) => sum + Math.abs(value), 0) / probabilities.length;
}
