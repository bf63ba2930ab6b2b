import { describe, expect, it } from "vitest";
import { expectedCalibrationError, scoreProbabilities } from "./probability-scores.ts";

const positive = [0.03, 0.2, 0.35, 0.5, 0.62, 0.77, 0.77, 0.999, 0.001, 1];
const outcomes = [0, 0, 1, 1, 1, 0, 1, 1, 1, 1];
const binary = Float64Array.from(positive.flatMap((p) => [1 - p, p]));

describe("scores of probabilities", () => {
  it("agree with scikit-learn for two classes", () => {
    const scores = scoreProbabilities(binary, outcomes, 2);
    // sklearn.metrics.log_loss(y, np.clip(p, .005, .995)), brier_score_loss(y, p); ECE: numpy, bins
    // np.minimum(9, (p*10).astype(int)), sum of |mean p - mean y| * count / 10   (scikit-learn 1.2.1)
    expect(scores.log_loss).toBeCloseTo(0.9513991049189015, 12);
    expect(scores.brier).toBeCloseTo(0.2501602, 12);
    expect(scores.calibration_error).toBeCloseTo(0.324, 12);
    // Wrong: .35 for a positive, .77 for a negative, .001 for a positive; .5 counts half.
    expect(scores.accuracy).toBeCloseTo(0.65, 12);
  });

  it("agree with scikit-learn for three classes, ties sharing one hit", () => {
    const probabilities = Float64Array.of(0.5, 0.3, 0.2, 0.1, 0.1, 0.8, 0.4, 0.4, 0.2, 0.2, 0.5, 0.3);
    const scores = scoreProbabilities(probabilities, [0, 1, 1, 2], 3);
    expect(scores.log_loss).toBeCloseTo(1.2789989524385206, 12);
    expect(scores.brier).toBeCloseTo(0.3975, 12);
    expect(scores.accuracy).toBeCloseTo((1 + 0 + 0.5 + 0) / 4, 12);
  });

  it("are 0 for a perfect and calibrated forecast", () => {
    const scores = scoreProbabilities(Float64Array.of(1, 0, 0, 1), [0, 1], 2, 0);
    expect(scores).toEqual({ accuracy: 1, log_loss: 0, brier: 0, calibration_error: 0 });
    expect(expectedCalibrationError([0.5, 0.5], [0, 1])).toBe(0);
  });
});
