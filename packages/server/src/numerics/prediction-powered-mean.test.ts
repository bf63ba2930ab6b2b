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

  it("takes a task of weight two as two tasks, and a prediction with a count as so many", () => {
    const twice = predictionPoweredMean(labels, predictions, others, Z_90, {
      labelWeights: labels.map(() => 3),
      otherCounts: others.map(() => 1),
    })!;
    const plain = predictionPoweredMean(labels, predictions, others, Z_90)!;
    expect(twice.mean).toBeCloseTo(plain.mean, 12);
    expect(twice.interval[0]).toBeCloseTo(plain.interval[0], 12);
    const counted = predictionPoweredMean(labels, predictions, [0.5, 0.9], Z_90, { otherCounts: [3, 1] })!;
    const written = predictionPoweredMean(labels, predictions, [0.5, 0.5, 0.5, 0.9], Z_90)!;
    expect(counted).toEqual({
      ...written,
      mean: expect.closeTo(written.mean, 12),
      interval: [expect.closeTo(written.interval[0], 12), expect.closeTo(written.interval[1], 12)],
      lambda: expect.closeTo(written.lambda, 12),
    });
  });

  it("covers as it says where tasks had unlike chances to be drawn", () => {
    const random = seededRandom(11);
    const population = Array.from({ length: 4000 }, () => {
      const hard = random.uniform() < 0.3;
      const truth = random.uniform() < (hard ? 0.7 : 0.2) ? 1 : 0;
      return { truth, prediction: 0.3 * random.uniform() + 0.5 * truth, chance: hard ? 0.06 : 0.02 };
    });
    const truth = population.reduce((sum, one) => sum + one.truth, 0) / population.length;
    let covered = 0;
    const resamples = 1000;
    for (let resample = 0; resample < resamples; resample++) {
      const drawn = population.filter((one) => random.uniform() < one.chance);
      const { interval } = predictionPoweredMean(
        drawn.map((one) => one.truth),
        drawn.map((one) => one.prediction),
        population.map((one) => one.prediction),
        Z_90,
        { labelWeights: drawn.map((one) => 1 / one.chance) },
      )!;
      if (interval[0] <= truth && truth <= interval[1]) covered += 1;
    }
    expect(covered / resamples).toBeGreaterThan(0.87);
    expect(covered / resamples).toBeLessThan(0.93);
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
