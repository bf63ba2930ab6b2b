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
