import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stratifiedFolds } from "./stratified-folds.ts";

describe("stratified folds", () => {
  const labels = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 5, maxLength: 80 });

  it("hold each class, and all rows, to within one row of even where rows are single", () => {
    fc.assert(
      fc.property(labels, fc.integer({ min: 2, max: 5 }), (list, folds) => {
        const foldByRow = stratifiedFolds(Uint16Array.from(list), 3, folds, null, 1);
        for (let k = 0; k < 3; k++) {
          const counts = new Array<number>(folds).fill(0);
          list.forEach((label, row) => {
            if (label === k) counts[foldByRow[row]!]! += 1;
          });
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        }
        const used = new Set(foldByRow);
        expect(Math.max(...used)).toBeLessThan(folds);
        expect(used.size).toBe(folds);
      }),
    );
  });

  it("keep a group together, and spread groups of one size evenly", () => {
    fc.assert(
      fc.property(labels, fc.integer({ min: 1, max: 12 }), (list, groupCount) => {
        const groups = Int32Array.from(list, (_, row) => row % groupCount);
        const foldByRow = stratifiedFolds(Uint16Array.from(list), 3, 4, groups, 1);
        const foldOfGroup = new Map<number, number>();
        foldByRow.forEach((fold, row) => {
          expect(foldOfGroup.get(groups[row]!) ?? fold).toBe(fold);
          foldOfGroup.set(groups[row]!, fold);
        });
      }),
    );
    const pairs = Int32Array.from({ length: 80 }, (_, row) => row >> 1);
    const foldByRow = stratifiedFolds(new Uint16Array(80), 1, 5, pairs, 1);
    const sizes = [0, 1, 2, 3, 4].map((fold) => foldByRow.filter((other) => other === fold).length);
    expect(sizes).toEqual([16, 16, 16, 16, 16]);
  });

  it("are the same for a seed and others for another, and do not follow the order of the rows", () => {
    const even = new Uint16Array(200);
    const first = stratifiedFolds(even, 1, 5, null, 1);
    expect(stratifiedFolds(even, 1, 5, null, 1)).toEqual(first);
    expect(stratifiedFolds(even, 1, 5, null, 2)).not.toEqual(first);
    expect(Array.from(first.subarray(0, 10))).not.toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
  });
});
