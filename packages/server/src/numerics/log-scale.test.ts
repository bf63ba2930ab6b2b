import { describe, expect, test } from "vitest";
import {
  freezeLogScale,
  logRange,
  notHigherStream,
  ratioStream,
  scaleColumns,
  sortedQuantile,
} from "./log-scale.ts";
import { seededRandom } from "./random.ts";
import { addToHistogram, emptyHistogram, histogramQuantile } from "./weighted-histogram.ts";

const random = seededRandom(1);
const past = Array.from({ length: 5000 }, () => 1000 * Math.exp(0.5 * random.normal()));
const scale = freezeLogScale(past)!;

describe("what is frozen from the past", () => {
  test("the quantiles of a lognormal", () => {
    expect(scale.q50).toBeCloseTo(1000, -2);
    expect(scale.q95 / (1000 * Math.exp(0.5 * 1.6449))).toBeCloseTo(1, 1);
    expect(scale.upper).toBeGreaterThan(3 * scale.q95);
    expect(scale.values).toBe(5000);
  });

  test("200 usable values are enough, 199 are not", () => {
    expect(freezeLogScale(past.slice(0, 200))).not.toBeNull();
    expect(freezeLogScale(past.slice(0, 199))).toBeNull();
    expect(freezeLogScale([...past.slice(0, 199), 0, -1, Number.NaN, Number.POSITIVE_INFINITY])).toBeNull();
  });

  test("constant values leave a range of three to one", () => {
    expect(logRange(freezeLogScale(Array(300).fill(5))!)).toBeCloseTo(Math.log(3), 12);
  });

  // numpy.quantile([3,1,4,1,5,9,2,6], [0,.001,.5,.9,.999,1])
  test.each([
    [0, 1],
    [0.001, 1],
    [0.5, 3.5],
    [0.9, 6.8999999999999995],
    [0.999, 8.979000000000001],
    [1, 9],
  ])("the quantile %d", (share, expected) => {
    expect(sortedQuantile([1, 1, 2, 3, 4, 5, 6, 9], share)).toBeCloseTo(expected, 12);
  });
});

describe("five bounded columns", () => {
  const raw = Float64Array.from([
    scale.lower / 2,
    scale.q50,
    scale.q90 * 1.01,
    scale.q50 * 3.01,
    1e12,
    0,
    Number.NaN,
  ]);
  const [log, q50, q90, q95, triple] = scaleColumns(scale, raw).map((column) => Array.from(column));

  test("stay in [0, 1], clipped at both ends; a missing value lies at the median", () => {
    expect(log![0]).toBe(0);
    expect(log![4]).toBe(1);
    expect(log![5]).toBe(0);
    expect(log![6]).toBeCloseTo(log![1]!, 12);
  });

  test("count exceedances strictly, and a missing value as none", () => {
    expect(q50).toEqual([0, 0, 1, 1, 1, 0, 0]);
    expect(q90).toEqual([0, 0, 1, 1, 1, 0, 0]);
    expect(q95).toEqual([0, 0, 0, 1, 1, 0, 0]);
    expect(triple).toEqual([0, 0, 0, 1, 1, 0, 0]);
  });

  test("a ratio of geometric means is a distance on the scaled logarithm, where nothing is clipped", () => {
    const slower = scaleColumns(scale, Float64Array.from([800, 880]))[0]!;
    expect(slower[1]! - slower[0]!).toBeCloseTo(Math.log(1.1) / logRange(scale), 12);
    expect(notHigherStream(scale, 0.1).constant).toBeCloseTo(slower[1]! - slower[0]!, 12);
    expect(ratioStream(scale, 0.1).constant).toBeCloseTo(slower[0]! - slower[1]!, 12);
  });
});

describe("a weighted histogram", () => {
  test("gives quantiles within a bin of the values'", () => {
    const histogram = emptyHistogram();
    const values = Array.from({ length: 20_000 }, () => random.uniform() ** 2);
    for (const value of values) addToHistogram(histogram, value, 0.5);
    values.sort((a, b) => a - b);
    for (const share of [0.05, 0.5, 0.95]) {
      expect(Math.abs(histogramQuantile(histogram, share)! - sortedQuantile(values, share))).toBeLessThan(
        1 / 200,
      );
    }
  });

  test("weighs", () => {
    const histogram = emptyHistogram();
    addToHistogram(histogram, 0.1, 9);
    addToHistogram(histogram, 1, 1);
    expect(histogramQuantile(histogram, 0.5)).toBeLessThan(0.11);
    expect(histogramQuantile(histogram, 0.95)).toBeGreaterThan(0.99);
  });

  test("says nothing while empty", () => {
    expect(histogramQuantile(emptyHistogram(), 0.95)).toBeNull();
  });
});
