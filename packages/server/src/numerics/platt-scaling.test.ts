import { describe, expect, it } from "vitest";
import { fitPlatt } from "./platt-scaling.ts";

/** Park-Miller numbers: scores in -4 to 4, positive by sigmoid(0.6·score - 0.4). */
function sample(count: number): { scores: Float64Array; isPositive: Uint8Array } {
  let state = 5;
  const uniform = (): number => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
  const scores = new Float64Array(count);
  const isPositive = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    scores[i] = (uniform() - 0.5) * 8;
    isPositive[i] = uniform() < 1 / (1 + Math.exp(-(0.6 * scores[i]! - 0.4))) ? 1 : 0;
  }
  return { scores, isPositive };
}

describe("Platt's calibration", () => {
  it("is the minimum that scipy finds", () => {
    const { scores, isPositive } = sample(120);
    // scipy.optimize.minimize(f, [1, 0], method='BFGS', options=dict(gtol=1e-10)).x with
    // f = lambda p: np.sum(np.logaddexp(0, p[0]*s + p[1]) - t*(p[0]*s + p[1])), t the softened targets
    // (50 of 120 positive); sklearn.calibration._sigmoid_calibration gives 0.680451, -0.506402.
    const scaling = fitPlatt(scores, isPositive)!;
    expect(scaling.slope).toBeCloseTo(0.68045132, 7);
    expect(scaling.intercept).toBeCloseTo(-0.50640201, 7);
  });

  it("stays finite where the scores separate the classes, and far from zero", () => {
    const scores = Float64Array.from({ length: 60 }, (_, i) => (i < 30 ? -13.8 : 13.8));
    const scaling = fitPlatt(
      scores,
      Uint8Array.from(scores, (score) => (score > 0 ? 1 : 0)),
    )!;
    const p = 1 / (1 + Math.exp(-(scaling.slope * 13.8 + scaling.intercept)));
    expect(p).toBeCloseTo(31 / 32, 9);
  });

  it("ends on many rows, where the loss is rounded by more than the last steps lower it", () => {
    // Four leaves of a tree, 100,000 rows; 100 iterations of shorter and shorter steps before, then none.
    const positives = [0, 2440, 19460, 25000];
    const scores = new Float64Array(100_000);
    const isPositive = new Uint8Array(100_000);
    for (let i = 0; i < scores.length; i++) {
      const leaf = i % 4;
      const share = Math.min(1 - 1e-6, Math.max(1e-6, positives[leaf]! / 25_000));
      scores[i] = Math.log(share / (1 - share));
      isPositive[i] = ((i >> 2) * 7919) % 25_000 < positives[leaf]! ? 1 : 0;
    }
    const scaling = fitPlatt(scores, isPositive)!;
    // The scores are the leaves' own log-odds; the softened targets draw them in a little.
    expect(scaling.slope).toBeCloseTo(1, 2);
    expect(scaling.intercept).toBeCloseTo(0, 2);
  });

  it("ends on a million rows, where rounding hides a step that is still larger than its stop was", () => {
    // Two scores, as often right as they say: the first step lowers a loss of 690,000 by some 1e-7. A stop that
    // did not grow with the loss searched for that fall, halving the step for 14 s, and gave none.
    const count = 1_000_000;
    const right = Math.round((count / 2) * (1 / (1 + Math.exp(-0.06))));
    const scores = new Float64Array(count);
    const isPositive = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const isRight = ((i >> 1) * 7919) % (count / 2) < right;
      scores[i] = i % 2 === 0 ? -0.06 : 0.06;
      isPositive[i] = (i % 2 === 1) === isRight ? 1 : 0;
    }
    const scaling = fitPlatt(scores, isPositive)!;
    expect(scaling.slope).toBeCloseTo(1, 3);
    expect(scaling.intercept).toBeCloseTo(0, 6);
  });

  it.each<[string, number[], number[]]>([
    ["one class", [1, 2, 3], [1, 1, 1]],
    ["scores all the same", [2, 2, 2], [0, 1, 1]],
    ["a score that is not finite", [1, Number.NaN, 3], [0, 1, 1]],
    ["scores that rank backwards", [4, 3, 2, 1, 0, -1], [0, 0, 0, 1, 1, 1]],
    ["nothing", [], []],
  ])("is none for %s", (_name, scores, isPositive) => {
    expect(fitPlatt(Float64Array.from(scores), Uint8Array.from(isPositive))).toBeNull();
  });
});
