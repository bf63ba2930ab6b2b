import { describe, expect, it } from "vitest";
import { fitScaler } from "./scaler.ts";

const of = (...values: number[]) => ({ rows: values.length, columns: [Float64Array.from(values)] });

describe("the scaler", () => {
  // python3 -c "import numpy as np; from sklearn.preprocessing import StandardScaler as S
  // for v in ([1, 2, 4, 8, 16], [1e9 + 1, 1e9 + 2, 1e9 + 4], [1e-8, 3e-8]):
  //     s = S().fit(np.array(v)[:, None]); print(repr(s.mean_[0]), repr(s.scale_[0]))"
  it.each([
    [[1, 2, 4, 8, 16], 6.2, 5.455272678794343],
    [[1e9 + 1, 1e9 + 2, 1e9 + 4], 1000000002.3333334, 1.247219128924647],
    [[1e-8, 3e-8], 2e-8, 1e-8],
  ])("of %j is scikit-learn's", (values, mean, scale) => {
    const scaler = fitScaler(of(...values));
    expect(scaler.mean[0]! / mean).toBeCloseTo(1, 14);
    expect(scaler.scale[0]! / scale).toBeCloseTo(1, 12);
    expect(scaler.constant[0]).toBe(0);
  });

  it("takes equal values for constant, exactly, and their rounding too", () => {
    const equal = fitScaler(of(...new Array<number>(1000).fill(0.1)));
    expect([equal.mean[0], equal.scale[0], equal.constant[0]]).toEqual([0.1, 1, 1]);
    const nearly = fitScaler(of(1e9, 1e9, 1e9 + 1e-7));
    expect(nearly.scale[0]).toBe(1);
  });

  it("takes the rows it is given", () => {
    const scaler = fitScaler(of(1, 100, 3, 100), Int32Array.of(0, 2));
    expect([scaler.mean[0], scaler.scale[0]]).toEqual([2, 1]);
  });

  it("gives an infinite scale for a spread beyond float64, which a fit refuses", () => {
    expect(fitScaler(of(1e308, -1e308)).scale[0]).toBe(Number.POSITIVE_INFINITY);
  });
});
