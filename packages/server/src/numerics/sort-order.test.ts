import { describe, expect, it } from "vitest";
import { seededRandom } from "./random.ts";
import { sortOrder } from "./sort-order.ts";

describe("sortOrder", () => {
  const random = seededRandom(11);
  const cases: [string, (row: number) => number][] = [
    ["normal values", () => random.normal()],
    ["few distinct values", () => random.below(5)],
    ["values that agree in their upper 32 bits", () => 1e9 + random.uniform() * 1e-3],
    ["one value", () => 3],
    ["zeros of both signs", (row) => (row % 3 === 0 ? -0 : row % 3 === 1 ? 0 : -1e-300)],
    ["infinities and the smallest numbers", (row) => [Infinity, -Infinity, 5e-324, -5e-324][row % 4]!],
    ["descending values", (row) => -row],
  ];
  for (const rows of [0, 1, 2, 9, 300, 5000]) {
    it.each(cases)(`of ${rows} rows of %s is ascending, stable and complete`, (_name, value) => {
      const values = Float64Array.from({ length: rows }, (_, row) => value(row));
      const expected = Array.from(values.keys()).sort((a, b) =>
        values[a]! < values[b]! ? -1 : values[a]! > values[b]! ? 1 : a - b,
      );
      expect(Array.from(sortOrder(values, rows))).toEqual(expected);
    });
  }
});
