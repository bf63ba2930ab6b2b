import type { FeatureDeclaration } from "@relearn/client";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { computeFeatureDistribution } from "./feature-distribution.ts";

const features: FeatureDeclaration[] = [
  { name: "risk", path: "risk", kind: "number", default: 0, min: 0, max: 100 },
  { name: "flag", path: "flag", kind: "boolean", default: false },
];

describe("how a feature's values lie", () => {
  it("counts what is read or put on its bound, not what is absent or unusable", () => {
    const payloads = [{ risk: 10 }, { risk: 250, flag: true }, { risk: "words" }, {}, "no object", null];
    const [risk, flag] = computeFeatureDistribution(features, payloads);
    expect(risk).toMatchObject({ payloads: 2 });
    expect([risk?.quantiles[0], risk?.quantiles[100]]).toEqual([10, 100]);
    expect(flag).toMatchObject({ payloads: 1 });
    expect(new Set(flag?.quantiles)).toEqual(new Set([1]));
  });

  it("has no value without a payload", () => {
    expect(computeFeatureDistribution(features, [])).toEqual([
      { name: "risk", payloads: 0, quantiles: [] },
      { name: "flag", payloads: 0, quantiles: [] },
    ]);
  });

  it("gives 101 ascending values that occurred, whatever the order of the payloads", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1 }), (values) => {
        const of = (list: readonly number[]) =>
          computeFeatureDistribution(
            features,
            list.map((risk) => ({ risk })),
          )[0]!;
        const { quantiles } = of(values);
        expect(quantiles).toHaveLength(101);
        expect(quantiles).toEqual([...quantiles].sort((a, b) => a - b));
        expect(quantiles[0]).toBe(Math.min(...values));
        expect(quantiles[100]).toBe(Math.max(...values));
        expect(quantiles.every((one) => values.includes(one))).toBe(true);
        expect(of(values.toReversed()).quantiles).toEqual(quantiles);
      }),
    );
  });
});
