import { describe, expect, it } from "vitest";
import { wilsonInterval } from "./wilson-interval.ts";

describe("Wilson's interval", () => {
  // python3 -c "from scipy.stats import binomtest
  // for k, n in ((0, 10), (10, 10), (87, 100), (1, 3)): print(binomtest(k, n).proportion_ci(method='wilson'))"
  it.each([
    [0, 10, 0, 0.27753279986288926],
    [10, 10, 0.7224672001371109, 1],
    [87, 100, 0.7901964855992357, 0.9224283257275948],
    [1, 3, 0.06149194472039626, 0.7923403991979523],
  ])("of %d of %d is scipy's", (successes, trials, low, high) => {
    const interval = wilsonInterval(successes, trials);
    expect(interval[0]).toBeCloseTo(low, 12);
    expect(interval[1]).toBeCloseTo(high, 12);
  });

  it("says nothing of no trials, and holds the share", () => {
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
    const [low, high] = wilsonInterval(2.5, 7.25);
    expect(low).toBeLessThan(2.5 / 7.25);
    expect(high).toBeGreaterThan(2.5 / 7.25);
  });
});
