import { describe, expect, it } from "vitest";
import { predictionPoweredMean } from "./prediction-powered-mean.ts";
import { seededRandom } from "./random.ts";

const Z_90 = 1.6448536269514722;
const labels = [1, 0, 1, 1, 0, 1, 1, 0];
const predictions = [0.9, 0.2, 0.7, 0.4, 0.3, 0.8, 0.95, 0.6];
const others = [0.5, 0.9, 0.1, 0.3, 0.85, 0.7, 0.2, 0.6, 0.95, 0.4, 0.75, 0.15];

describe("the prediction-powered mean", () => {
  it("is its formula in numpy, with scipy's Student quantile", () => {
    // vf = np.concatenate([f, F]).var(ddof=1); lam = np.clip(np.cov(Y, f)[0,1] / ((1 + n/N)*vf), 0, 1)
    // th = lam*F.mean() + (Y - lam*f).mean(); se = np.sqrt(lam**2*vf/N + (Y - lam*f).var(ddof=1)/n)
    // th -/+ scipy.stats.t.ppf(.95, n-1)*se
    const result = predictionPoweredMean(labels, predictions, others, Z_90)!;
    expect(result.lambda).toBeCloseTo(0.7387996618765851, 12);
    expect(result.mean).toBeCloseTo(0.571129191321499, 12);
    expect(result.interval[0]).toBeCloseTo(0.2795088848695712, 3);
    expect(result.interval[1]).toBeCloseTo(0.8627494977734267, 3);
  });

  it("uses predictions no further than they are worth: noise is left aside, opposites too", () => {
    const random = seededRandom(3);
    const truth = Array.from({ length: 200 }, () => random.below(2));
    const noise = truth.map(() => random.uniform());
    expect(predictionPoweredMean(truth, noise, noise)!.lambda).toBeLessThan(0.2);
    const opposite = truth.map((label) => 1 - label);
    expect(predictionPoweredMean(truth, opposite, opposite)!.lambda).toBe(0);
  });

  it("is not misled by biased predictions", () => {
    // Half a class too high throughout: the labels take the bias out.
    const biased = [0, 1, 0, 1, 1, 0, 1, 1].map((label) => 0.5 + label / 2);
    const result = predictionPoweredMean([0, 1, 0, 1, 1, 0, 0, 1], biased, [0.5, 1, 1, 0.5])!;
    expect(result.mean).toBeLessThan(0.6);
  });

  it.each([
    ["all labels alike", [1, 1, 1, 1], [0.9, 0.8, 0.9, 0.7], others],
    ["one label", [1], [0.9], others],
    [
      "predictions that are always right",
      [1, 0, 1, 0],
      [1, 0, 1, 0],
      [1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1],
    ],
  ])("gives an interval with a width where the spread is not known: %s", (_name, y, f, rest) => {
    const result = predictionPoweredMean(y, f, rest)!;
    expect(result.interval[1] - result.interval[0]).toBeGreaterThan(0.1);
    expect(result.interval[0]).toBeLessThanOrEqual(result.mean);
    expect(result.interval[1]).toBeGreaterThanOrEqual(result.mean);
  });

  it("stands without predictions on the labels alone, and without labels says nothing", () => {
    const alone = predictionPoweredMean(labels, predictions, [])!;
    expect([alone.mean, alone.lambda]).toEqual([0.625, 0]);
    expect(predictionPoweredMean([], [], others)).toBeNull();
  });
});
