import { expect, test } from "vitest";
import { normalCdf } from "./normal-cdf.ts";

// from scipy.stats import norm; norm.cdf(x)
test.each([
  [-40, 0],
  [-8, 6.22096057427174e-16],
  [-6, 9.865876450376946e-10],
  [-1.5, 0.06680720126885807],
  [0, 0.5],
  [0.3, 0.6179114221889526],
  [1.96, 0.9750021048517795],
  [5.9, 0.9999999981824922],
  [7, 0.9999999999987201],
])("the share below %d", (x, expected) => {
  expect(Math.abs(normalCdf(x) - expected)).toBeLessThan(
    Math.max(1e-14, 0) + 1e-9 * Math.min(expected, 1e-6),
  );
});

test("of what is no number, none", () => {
  expect(normalCdf(Number.NaN)).toBeNaN();
  expect(normalCdf(Number.POSITIVE_INFINITY)).toBe(1);
});
