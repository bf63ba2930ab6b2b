import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeWithSharedData } from "../../../../scripts/testing/describe-with-shared-data.ts";
import { logBeta } from "./log-beta.ts";
import { seededRandom } from "./random.ts";
import { logSplitBayesFactor } from "./sample-ratio.ts";

describe("log B(a, b)", () => {
  // from scipy.special import betaln; betaln(a, b)
  test.each([
    [0.5, 0.5, 1.1447298858494],
    [1, 1, 0],
    [3, 0.2, 1.3318061758358208],
    [0.01, 30, 4.565633802153571],
    [11, 1e5, -111.53831752226688],
    [1000, 9000, -3253.3119085037033],
    [5000, 5000, -6934.46486507167],
    [1234.5, 98765.25, -6654.494766683085],
    [1001000, 9009000, -3254086.5002845824],
  ])("of %d and %d", (a, b, expected) => {
    expect(logBeta(a, b)).toBeCloseTo(expected, Math.abs(expected) > 1e5 ? 6 : 9);
  });
});

describe("the Bayes factor against the planned split", () => {
  // betaln(1000+n1,9000+n0)-betaln(1000,9000)-n1*log(.1)-n0*log(.9)
  test.each([
    [130, 870, 0.39132131823924965],
    [1300, 8700, 23.558374774677986],
  ])("%d canary and %d active at 10 %%", (canary, active, expected) => {
    expect(logSplitBayesFactor({ probability: 0.1, canary, active })).toBeCloseTo(expected, 8);
  });

  test("is 1 before the first assignment", () => {
    expect(logSplitBayesFactor({ probability: 0.1, canary: 0, active: 0 })).toBe(0);
  });

  test("is a martingale under the plan: the expectation over the next assignment is what it is now", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.nat(5000),
        fc.nat(5000),
        (probability, canary, active) => {
          const now = logSplitBayesFactor({ probability, canary, active });
          const next =
            probability * Math.exp(logSplitBayesFactor({ probability, canary: canary + 1, active }) - now) +
            (1 - probability) *
              Math.exp(logSplitBayesFactor({ probability, canary, active: active + 1 }) - now);
          expect(next).toBeCloseTo(1, 7);
        },
      ),
    );
  });

  test("a plan that is kept never alarms, one missed by two points does within 20,000", () => {
    const random = seededRandom(11);
    let peak = 0;
    const kept = { probability: 0.1, canary: 0, active: 0 };
    const missed = { probability: 0.1, canary: 0, active: 0 };
    for (let unit = 0; unit < 20_000; unit++) {
      const draw = random.uniform();
      kept[draw < 0.1 ? "canary" : "active"] += 1;
      missed[draw < 0.12 ? "canary" : "active"] += 1;
      peak = Math.max(peak, logSplitBayesFactor(kept));
    }
    expect(peak).toBeLessThan(Math.log(20));
    expect(logSplitBayesFactor(missed)).toBeGreaterThan(Math.log(1000));
  });

  describeWithSharedData("canary/confseq/reference-values.json", "beside confseq", (confseq) => {
    test("is its two-sided beta-binomial mixture", () => {
      const { values }: { values: { fn: string; args: Record<string, number>; expected: number }[] } =
        JSON.parse(readFileSync(confseq, "utf8"));
      const rho = values.find((value) => value.fn === "two_sided_normal_mixture.best_rho")!.expected;
      const bound = values.find((value) => value.fn === "beta_binomial_mixture.bound(two-sided)")!;
      const { g, h, v, alpha } = bound.args as { g: number; h: number; v: number; alpha: number };
      // confseq counts in sums of centred assignments S at intrinsic time V = n g h, with g the planned
      // probability and g + h = 1; its prior has r = rho - g h, which is ours with r / (g h) assignments.
      const assignments = v / (g * h);
      const canary = assignments * g + bound.expected;
      const log = logSplitBayesFactor(
        { probability: g, canary, active: assignments - canary },
        (rho - g * h) / (g * h),
      );
      // At its own bound the mixture is 1 / alpha; the tolerance is that of the bound's five digits.
      expect(Math.exp(log)).toBeCloseTo(1 / alpha, 3);
    });
  });
});
