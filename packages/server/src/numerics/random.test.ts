import { describe, expect, it } from "vitest";
import { seededRandom, shuffled } from "./random.ts";

describe("seeded random numbers", () => {
  it("give the same sequence for the same seed and another for another", () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 8 }, () => random.uniform());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it("are uniform and normal in their first two moments", () => {
    const random = seededRandom(1);
    const n = 100_000;
    let sum = 0;
    let normalSum = 0;
    let normalSquares = 0;
    for (let draw = 0; draw < n; draw++) {
      sum += random.uniform();
      const z = random.normal();
      normalSum += z;
      normalSquares += z * z;
    }
    // Five standard errors: sqrt(1/12/n) for the uniform, sqrt(1/n) and sqrt(2/n) for the normal.
    expect(Math.abs(sum / n - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(normalSum / n)).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(normalSquares / n - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
  });

  it("shuffle keeps every item and leaves the input alone", () => {
    const items = Array.from({ length: 50 }, (_, index) => index);
    const mixed = shuffled(items, seededRandom(3));
    expect(items[0]).toBe(0);
    expect(mixed).not.toEqual(items);
    expect([...mixed].sort((a, b) => a - b)).toEqual(items);
  });
});
