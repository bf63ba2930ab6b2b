import { describe, expect, it } from "vitest";
import { expNonPositive } from "./exponential.ts";
import { seededRandom } from "./random.ts";

describe("expNonPositive", () => {
  // python3 -c "import math; [print(repr(math.exp(x))) for x in (-1e-17, -0.5, -1, -10, -100.25, -700)]"
  it.each([
    [-0, 1],
    [-1e-17, 1],
    [-0.5, 0.6065306597126334],
    [-1, 0.36787944117144233],
    [-10, 4.5399929762484854e-5],
    [-100.25, 2.897198083210148e-44],
    [-700, 9.85967654375977e-305],
  ])("of %d is %d", (x, expected) => {
    expect(Math.abs(expNonPositive(x) - expected)).toBeLessThanOrEqual(2.3e-16 * expected);
  });

  it("is 0 far out and NaN for NaN", () => {
    expect(expNonPositive(-709)).toBe(0);
    expect(expNonPositive(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(expNonPositive(Number.NaN)).toBeNaN();
  });

  it("agrees with Math.exp to two units in the last place", () => {
    const random = seededRandom(1);
    let worst = 0;
    for (let draw = 0; draw < 200_000; draw++) {
      const x = -708 * random.uniform() ** 3;
      worst = Math.max(worst, Math.abs(expNonPositive(x) / Math.exp(x) - 1));
    }
    expect(worst).toBeLessThan(4.5e-16);
  });
});
