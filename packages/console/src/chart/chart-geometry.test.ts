import { describe, expect, it } from "vitest";
import { endLabels, padRange, yRange } from "./chart-geometry.ts";

describe("the geometry of charts", () => {
  it("gives one point room, and none too", () => {
    expect(padRange([5])).toEqual({ min: 4, max: 6 });
    expect(padRange([])).toEqual({ min: 0, max: 1 });
    expect(padRange([1, 2, 9])).toEqual({ min: 1, max: 9 });
  });

  it("holds every value and level, leaves out what is no number, and keeps to its limits", () => {
    const range = yRange([[3, null, Number.NaN, 5]], [4], { logarithmic: false });
    expect(range.min).toBeLessThan(3);
    expect(range.max).toBeGreaterThan(5);
    expect(yRange([[0.01, 0.9]], [], { logarithmic: false }).min).toBe(0);
    expect(yRange([[-90, 90]], [], { logarithmic: false, limits: [-30, 30] })).toEqual({ min: -30, max: 30 });
    expect(yRange([[]], [], { logarithmic: false })).toEqual({ min: 0, max: 1 });
    expect(yRange([[1e30]], [20], { logarithmic: true })).toEqual({ min: 0.01, max: 1e6 });
    expect(yRange([[0.5]], [20], { logarithmic: true })).toEqual({ min: 0.01, max: 100 });
  });

  it("pushes the names at the ends apart and keeps them inside", () => {
    const placed = endLabels([{ y: 98 }, { y: 100 }, { y: 99 }, { y: 10 }], 15, 0, 100);
    expect(placed.map((end) => end.y)).toEqual([10, 70, 85, 100]);
  });
});
