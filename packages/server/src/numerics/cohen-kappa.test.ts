import { describe, expect, it } from "vitest";
import { cohenKappa, computeCohenKappa } from "./cohen-kappa.ts";

const words = (digits: string): string[] => [...digits];

describe("Cohen's kappa", () => {
  it("is scikit-learn's", () => {
    // sklearn.metrics.cohen_kappa_score([0,0,1,1,2,2,2,0,1,1], [0,1,1,1,2,0,2,0,1,2])   (1.2.1)
    expect(computeCohenKappa(words("0011222011"), words("0111202012"))).toBeCloseTo(0.5454545454545454, 14);
  });
  it.each([
    ["full agreement", "0101", "0101", 1],
    ["agreement by chance", "0011", "0101", 0],
    ["full disagreement", "0101", "1010", -1],
  ])("%s", (_name, first, second, expected) => {
    expect(computeCohenKappa(words(first), words(second))).toBeCloseTo(expected, 14);
  });
  it("is not defined without answers, or where only one answer was ever given", () => {
    expect(computeCohenKappa([], [])).toBeNull();
    expect(computeCohenKappa(words("000"), words("000"))).toBeNull();
    expect(cohenKappa([0, 0, 0, 0], 2)).toBeNull();
  });
  it("takes weighted counts: doubling them changes nothing", () => {
    expect(cohenKappa([3, 1, 2, 4], 2)).toBeCloseTo(cohenKappa([1.5, 0.5, 1, 2], 2)!, 14);
  });
});
