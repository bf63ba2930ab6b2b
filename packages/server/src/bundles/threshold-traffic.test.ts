import type { DecisionConfig } from "@relearn/client";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { computeThresholdTraffic } from "./threshold-traffic.ts";

const config = (thresholds: Record<string, number>): DecisionConfig => ({
  features: [{ name: "risk", path: "risk", kind: "number", default: 0, min: 0, max: 100 }],
  positive: "bad",
  thresholds,
  model: {
    model_type: "DecisionTree",
    classes: ["bad", "good"],
    feature_names: ["risk"],
    tree: { nodes: [{ feature: -1, threshold: 0, left: -1, right: -1, counts: [1, 1] }] },
    calibration: null,
  },
});
const declared = [
  { name: "t", boundary_of: "risk", fallback: 50 },
  { name: "w", weight_of: ["risk"], fallback: 1 },
] as const;

describe("traffic around a threshold", () => {
  it("counts what lies between old and new: from the lower, up to but not the higher", () => {
    const payloads = [10, 40, 45, 50, 90].map((risk) => ({ risk }));
    const [found, ...more] = computeThresholdTraffic(declared, config({ t: 50 }), config({ t: 40 }), [
      ...payloads,
      {},
      { risk: "words" },
    ]);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ feature: "risk", old: 50, new: 40, payloads: 5, without: 2, between: 2 });
  });

  it("has no picture without traffic, and no region without an old threshold", () => {
    expect(computeThresholdTraffic(declared, config({}), config({ t: 40 }), [])).toMatchObject([
      { old: null, payloads: 0, between: 0, bins: [] },
    ]);
  });

  it("puts every payload into one bin, whatever the values", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true })),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (values, next) => {
          const payloads = values.map((risk) => ({ risk }));
          const [found] = computeThresholdTraffic(declared, config({ t: 50 }), config({ t: next }), payloads);
          expect(found!.bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(found!.payloads);
          expect(found!.payloads + found!.without).toBe(values.length);
        },
      ),
    );
  });
});
