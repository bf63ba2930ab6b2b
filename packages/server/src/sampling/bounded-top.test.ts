import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom, shuffled } from "../numerics/random.ts";
import { startBoundedTop } from "./bounded-top.ts";
import { byTieHash } from "./tie-hash.ts";

function takeFirst<Item>(
  items: readonly Item[],
  size: number,
  compare: (a: Item, b: Item) => number,
): Item[] {
  const top = startBoundedTop(size, compare);
  for (const item of items) top.offer(item);
  return top.ranked();
}

describe("the first N in bounded memory", () => {
  it("are the first N of the sorted input, for any input in any order", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 })), fc.nat(20), (items, size) => {
        const sorted = [...items].sort((a, b) => a - b).slice(0, size);
        expect(takeFirst(items, size, (a, b) => a - b)).toEqual(sorted);
      }),
    );
  });

  it("report whether they are full, and the last item", () => {
    const top = startBoundedTop<number>(2, (a, b) => a - b);
    expect([top.isFull(), top.last()]).toEqual([false, undefined]);
    for (const item of [5, 3, 4]) top.offer(item);
    expect([top.isFull(), top.last()]).toEqual([true, 4]);
  });
});

describe("the order of equal values", () => {
  const keys = Array.from({ length: 1000 }, (_, index) => `t${String(index).padStart(4, "0")}`);

  it("is the same for any order of the input", () => {
    const expected = takeFirst(keys, 37, byTieHash);
    expect(takeFirst(shuffled(keys, seededRandom(3)), 37, byTieHash)).toEqual(expected);
  });

  it("does not favour keys that are first alphabetically", () => {
    const places = takeFirst(keys, 200, byTieHash).map((key) => Number(key.slice(1)));
    const mean = places.reduce((sum, place) => sum + place, 0) / places.length;
    // Uniform on 0..999: standard error of a mean of 200 is 20.4.
    expect(Math.abs(mean - 499.5)).toBeLessThan(5 * 20.4);
  });
});
