import { describe, expect, it } from "vitest";
import { roundToPlaces } from "./round-to-places.ts";

// python3 -c "for v in (.5625,.8125,.9375,-.5625,.0005,1.0005,.7185,2.675,.1,1,-0.0004): print(v, round(v,3))"
const python: readonly (readonly [number, number])[] = [
  [0.5625, 0.562],
  [0.8125, 0.812],
  [0.9375, 0.938],
  [-0.5625, -0.562],
  [0.0005, 0.001],
  [1.0005, 1],
  [0.7185, 0.719],
  [2.675, 2.675],
  [0.1, 0.1],
  [1, 1],
];

describe("rounding to places", () => {
  it.each(python)("takes %d to %d as Python's round does", (value, expected) => {
    expect(roundToPlaces(value, 3)).toBe(expected);
  });
  it("leaves values that are not finite alone", () => {
    expect(roundToPlaces(Number.NaN, 3)).toBeNaN();
    expect(roundToPlaces(Number.POSITIVE_INFINITY, 3)).toBe(Number.POSITIVE_INFINITY);
  });
});
