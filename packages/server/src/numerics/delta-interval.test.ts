import { describe, expect, test } from "vitest";
import { addToTotals, emptyArmTotals, predictableMeans } from "./arm-means.ts";
import {
  type DeltaIntervalState,
  deltaInterval,
  growDeltaInterval,
  startDeltaInterval,
} from "./delta-interval.ts";
import { seededRandom } from "./random.ts";
import { countCells } from "./unit-cells.ts";

/** The interval after each of several analyses of 500 units, half of them canary. */
function intervals(analyses: number, canaryMean: number, activeMean: number, seed: number) {
  const random = seededRandom(seed);
  const totals = emptyArmTotals();
  let state: DeltaIntervalState = startDeltaInterval();
  return Array.from({ length: analyses }, () => {
    const canary = new Uint8Array(500);
    const values = new Float64Array(500);
    for (let unit = 0; unit < 500; unit++) {
      canary[unit] = random.uniform() < 0.5 ? 1 : 0;
      values[unit] = random.uniform() < (canary[unit] === 1 ? canaryMean : activeMean) ? 1 : 0;
    }
    const cells = countCells({ canary, probability: new Float64Array(500).fill(0.5) }, values, 0, 500);
    const means = predictableMeans(totals);
    addToTotals(totals, cells);
    state = growDeltaInterval(
      state,
      [{ means, cells }],
      (r) => ({ canary: 1, active: -(1 + r), constant: 0 }),
      0.05,
    );
    return deltaInterval(JSON.parse(JSON.stringify(state)));
  });
}

describe("the interval of the relative difference", () => {
  test("is open on both sides before the first unit", () => {
    expect(deltaInterval(startDeltaInterval())).toEqual({ lower: null, upper: null });
  });

  test("never gets wider, and converges to the difference", () => {
    const seen = intervals(30, 0.72, 0.8, 2);
    for (let analysis = 1; analysis < seen.length; analysis++) {
      expect(seen[analysis]!.lower ?? -1).toBeGreaterThanOrEqual(seen[analysis - 1]!.lower ?? -1);
      expect(seen[analysis]!.upper ?? 2).toBeLessThanOrEqual(seen[analysis - 1]!.upper ?? 2);
    }
    const { lower, upper } = seen.at(-1)!;
    expect(lower).toBeLessThan(-0.1);
    expect(upper).toBeGreaterThan(-0.1);
    expect(upper! - lower!).toBeLessThan(0.1);
  });

  test("covers the true difference at all of 20 analyses in nearly all of 40 runs", () => {
    let missed = 0;
    for (let seed = 100; seed < 140; seed++) {
      const covers = intervals(20, 0.76, 0.8, seed).every(
        ({ lower, upper }) => (lower ?? -1) <= -0.05 && (upper ?? 2) >= -0.05,
      );
      if (!covers) missed += 1;
    }
    // At most 5 % in the long run; more than 5 of 40 would happen in 1 of 70 such tests even at the border.
    expect(missed).toBeLessThanOrEqual(5);
  });
});
