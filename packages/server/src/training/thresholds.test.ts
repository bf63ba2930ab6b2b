import { type LogisticModelDocument, scoreModel, type TreeModelDocument } from "@relearn/client";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deriveThresholds } from "./thresholds.ts";

const names = ["x", "y"];
/** To two places: a coefficient of 1e-300 has no boundary that float64 could tell. */
const number = (low: number, high: number) =>
  fc.integer({ min: 100 * low, max: 100 * high }).map((hundredths) => hundredths / 100);
const pair = (low: number, high: number) =>
  fc.array(number(low, high), { minLength: names.length, maxLength: names.length });

/** Arbitrary models of two to four classes. */
const anyModel = fc.integer({ min: 2, max: 4 }).chain((classes) => {
  const vectors = classes === 2 ? 1 : classes;
  return fc.record({
    model_type: fc.constant("LogisticRegression" as const),
    classes: fc.constant(["a", "b", "c", "d"].slice(0, classes)),
    feature_names: fc.constant(names),
    scaler: fc.record({ mean: pair(-50, 50), scale: pair(1, 20) }),
    coef: fc.array(pair(-3, 3), { minLength: vectors, maxLength: vectors }),
    intercept: fc.array(number(-3, 3), { minLength: vectors, maxLength: vectors }),
    calibration: fc.constant(null),
  });
});

function boundary(
  model: LogisticModelDocument | TreeModelDocument,
  positive: number,
  bounds: { min?: number; max?: number } = {},
) {
  const derived = deriveThresholds(
    [{ name: "t", boundary_of: "x", fallback: 7 }],
    [
      { name: "x", path: "x", kind: "number", default: 0, ...bounds },
      { name: "y", path: "y", kind: "number", default: 0 },
    ],
    model,
    positive,
  );
  return {
    value: derived.thresholds["t"]!,
    side: derived.sides["t"]!,
    codes: derived.warnings.map(({ code }) => code),
  };
}

describe("a boundary of a logistic model", () => {
  it("is where P(positive) crosses one half, the other feature at its mean, on the side it names", () => {
    let crossed = 0;
    fc.assert(
      fc.property(anyModel, fc.nat(3), (model, which) => {
        const positive = which % model.classes.length;
        const { value, side, codes } = boundary(model, positive);
        if (side === "none") {
          expect([value, codes]).toEqual([7, ["threshold_fallback"]]);
          return;
        }
        const step = 1e-7 * (Math.abs(value) + model.scaler.scale[0]!);
        const share = (x: number): number =>
          scoreModel(model, Float64Array.of(x, model.scaler.mean[1]!)).uncalibrated[positive]!;
        expect(share(value)).toBeCloseTo(0.5, 6);
        const [below, above] = [share(value - step) > 0.5, share(value + step) > 0.5];
        expect([below, above]).toEqual(side === "at_or_above" ? [false, true] : [true, false]);
        crossed++;
      }),
    );
    expect(crossed).toBeGreaterThan(20);
  });

  it("lies within the feature's bounds, one or two, and says so where it was put there", () => {
    const bound = fc.option(number(-60, 60), { nil: undefined });
    const moved = { below: 0, above: 0 };
    fc.assert(
      fc.property(anyModel, fc.nat(3), bound, bound, (model, which, min, max) => {
        fc.pre(min === undefined || max === undefined || min < max);
        const positive = which % model.classes.length;
        const free = boundary(model, positive);
        const bounds = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
        const { value, side, codes } = boundary(model, positive, bounds);
        expect(side === "none").toBe(free.side === "none");
        if (side === "none") return;
        expect(value).toBeGreaterThanOrEqual(min ?? -Infinity);
        expect(value).toBeLessThanOrEqual(max ?? Infinity);
        expect(codes.includes("threshold_clamped")).toBe(value === min || value === max);
        if (codes.length > 0) moved[value === min ? "below" : "above"]++;
      }),
      { numRuns: 300 },
    );
    expect(Math.min(moved.below, moved.above)).toBeGreaterThan(5);
  });

  it("of several classes is the end that the feature can reach", () => {
    // P(b) is above one half between about -1.6 and 2.1, and nowhere else.
    const model: LogisticModelDocument = {
      model_type: "LogisticRegression",
      classes: ["a", "b", "c"],
      feature_names: names,
      scaler: { mean: [0, 0], scale: [1, 1] },
      coef: [
        [-2, 0],
        [0, 0],
        [2, 0],
      ],
      intercept: [-3, 0.2, -4],
      calibration: null,
    };
    expect(boundary(model, 1)).toMatchObject({ value: expect.closeTo(-1.6, 1), side: "at_or_above" });
    expect(boundary(model, 1, { min: 0 })).toEqual({
      value: expect.closeTo(2.1, 1),
      side: "at_or_below",
      codes: [],
    });
    expect(boundary(model, 1, { min: 0, max: 1 })).toEqual({
      value: 0,
      side: "at_or_above",
      codes: ["threshold_clamped"],
    });
  });
});

describe("a boundary of a tree", () => {
  const leaf = (a: number, b: number) => ({
    ...{ feature: -1, threshold: 0, left: -1, right: -1 },
    counts: [a, b],
  });
  const split = (feature: number, threshold: number, left: number, right: number, counts: number[]) => ({
    ...{ feature, threshold, left, right, counts },
  });
  // y first; below it x at 3 on the left and x at 9 on the right, where the left is read first.
  const tree: TreeModelDocument = {
    model_type: "DecisionTree",
    classes: ["a", "b"],
    feature_names: names,
    tree: {
      nodes: [
        split(1, 0.5, 1, 2, [10, 10]),
        split(0, 3, 3, 4, [8, 4]),
        split(0, 9, 5, 6, [2, 6]),
        ...[leaf(8, 0), leaf(0, 4), leaf(0, 6), leaf(2, 0)],
      ],
    },
    calibration: null,
  };

  it("is its first split on the feature, breadth first, where the answer turns below that split", () => {
    expect(boundary(tree, 1)).toEqual({ value: 3, side: "above", codes: [] });
    expect(boundary(tree, 0)).toEqual({ value: 3, side: "at_or_below", codes: [] });
    const answer = (x: number): string => scoreModel(tree, Float64Array.of(x, 0)).label;
    expect([answer(3), answer(3 + 1e-9)]).toEqual(["a", "b"]);
  });

  it("is the fallback where there is none", () => {
    const stump = { ...tree, tree: { nodes: [split(1, 0.5, 1, 2, [3, 3]), leaf(3, 0), leaf(0, 3)] } };
    expect(boundary(stump, 1)).toEqual({ value: 7, side: "none", codes: ["threshold_fallback"] });
  });
});
