import { describe, expect, it } from "vitest";
import { krippendorffAlpha } from "./krippendorff-alpha.ts";

/** Rows are raters, columns items, a dot is no answer. */
const items = (...raters: string[]): string[][] =>
  [...raters[0]!].map((_, item) =>
    raters.map((answers) => answers[item]!).filter((answer) => answer !== "."),
  );

describe("Krippendorff's alpha", () => {
  it("is the published value with four raters and missing answers", () => {
    // Krippendorff 2011, section C: twelve units, nominal alpha = .743.
    const published = items("123321412...", "1233224125.3", ".3332342251.", "12332441251.");
    expect(krippendorffAlpha(published)).toBeCloseTo(0.743, 3);
  });
  it("is the published value with two raters and two answers", () => {
    // Krippendorff 2011, section A: ten units, alpha = .095.
    expect(krippendorffAlpha(items("0100000010", "1110010000"))).toBeCloseTo(0.095, 3);
  });
  it("is 1 for full agreement, below 0 for systematic disagreement", () => {
    expect(krippendorffAlpha(items("0101", "0101"))).toBe(1);
    expect(krippendorffAlpha(items("0101", "1010"))!).toBeLessThan(0);
  });
  it("is not defined without two answers to an item, or with one answer throughout", () => {
    expect(krippendorffAlpha([])).toBeNull();
    expect(krippendorffAlpha([["a"], ["b"], []])).toBeNull();
    expect(
      krippendorffAlpha([
        ["a", "a"],
        ["a", "a"],
      ]),
    ).toBeNull();
  });
});
