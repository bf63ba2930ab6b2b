import { describe, expect, it } from "vitest";
import { betaCumulative, betaQuantile } from "./beta-quantile.ts";

describe("the beta distribution", () => {
  // /usr/bin/python3 -c "from scipy.stats import beta; print(beta.ppf(p, a, b))"   (scipy 1.10.1)
  it.each([
    [0.025, 2, 1, 0.158113883008],
    [0.975, 2, 1, 0.987420882907],
    [0.025, 48.5, 7.25, 0.770923034008],
    [0.975, 48.5, 7.25, 0.943998482383],
    [0.025, 1, 400, 6.32925169049e-5],
    [0.5, 0.5, 0.5, 0.5],
    [0.9, 1200, 3, 0.999082797529],
  ])("quantile %d of Beta(%d, %d) is scipy's", (p, a, b, expected) => {
    expect(Math.abs(betaQuantile(p, a, b) / expected - 1)).toBeLessThan(1e-10);
  });

  it("has scipy's cumulative probabilities", () => {
    // scipy.special.betainc(3, 5, .4), betainc(200, 300, .41)
    expect(betaCumulative(0.4, 3, 5)).toBeCloseTo(0.580096, 12);
    expect(betaCumulative(0.41, 200, 300)).toBeCloseTo(0.6776281647721865, 11);
  });

  it("is total at its ends", () => {
    expect(betaQuantile(0, 2, 3)).toBeCloseTo(0, 12);
    expect(betaQuantile(1, 2, 3)).toBeCloseTo(1, 12);
    expect(betaQuantile(Number.NaN, 2, 3)).toBeNaN();
    expect(betaQuantile(1.5, 2, 3)).toBeNaN();
  });
});
