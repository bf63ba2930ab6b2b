import type { PredictableMeans } from "./arm-means.ts";
import { growWealth, type LinearStream, logEValue } from "./e-process.ts";
import type { UnitCells } from "./unit-cells.ts";

/**
 * Relative differences r that the evidence does not reject: an interval that covers the true difference simultaneously at
 * all analyses with probability 1 - α.
 *
 * For each r of a grid of half points, two one-sided wealths bet against "the difference is r", one on more
 * and one on less; r is rejected once their mean has reached 1/α. The interval is the range of the r that are not
 * rejected. `streamAt(r)` gives a stream whose expectation is 0 when the difference is r.
 *
 * The wealths are stored as 32-bit numbers in base64: as decimal digits, thousands of them would take 50 kB in each stored
 * analysis, and half points need no more precision.
 */
export interface DeltaIntervalState {
  /** Log wealths: for each r, for each direction, for each bet. */
  wealths: string;
  /** For each r, 1 once rejected. */
  rejected: string;
}

/** Half points from -50 % to +100 %. */
const MIN_DIFFERENCE = -0.5;
const DIFFERENCE_STEP = 0.005;
const POINTS = 301;
/** Fewer bets than in the tests: the interval is only displayed, the tests decide. */
const bets: readonly number[] = [0.01, 0.021, 0.044, 0.091, 0.19, 0.4];

/**
 * Creates the interval before the first unit: no difference is rejected.
 *
 * @example
 * deltaInterval(startDeltaInterval()) // { lower: null, upper: null }
 */
export function startDeltaInterval(): DeltaIntervalState {
  return {
    wealths: encode(new Float32Array(POINTS * 2 * bets.length)),
    rejected: "0".repeat(POINTS),
  };
}

/**
 * Adds batches, each with the means of its bets, and returns a new state. A difference once rejected at
 * level `alpha` (in (0, 1)) stays rejected. `streamAt(r)` is a stream of expectation 0 if the relative difference
 * is r. Cost: cells x 301 x 12.
 *
 * @example
 * const units = 400;
 * const canary = Uint8Array.from({ length: units }, (_, unit) => unit % 2);
 * const arms = { canary, probability: new Float64Array(units).fill(0.5) };
 * const values = Float64Array.from(canary, (inCanary, unit) => (inCanary === 1 || unit % 4 === 0 ? 1 : 0));
 * const batch = { means: predictableMeans(emptyArmTotals()), cells: countCells(arms, values, 0, units) };
 * const streamAt = (r) => ({ canary: 1, active: -(1 + r), constant: 0 });
 * deltaInterval(growDeltaInterval(startDeltaInterval(), [batch], streamAt, 0.05)) // { lower: 0.575, upper: null }
 */
export function growDeltaInterval(
  state: DeltaIntervalState,
  batches: readonly { readonly means: PredictableMeans; readonly cells: UnitCells }[],
  streamAt: (relativeDifference: number) => LinearStream,
  alpha: number,
): DeltaIntervalState {
  const wealths = decode(state.wealths);
  const rejected = [...state.rejected];
  const logThreshold = Math.log(1 / alpha);
  for (let point = 0; point < POINTS; point++) {
    // A rejected r stays rejected, so its wealth is no longer needed.
    if (rejected[point] === "1") continue;
    const stream = streamAt(MIN_DIFFERENCE + point * DIFFERENCE_STEP);
    const opposite = { canary: -stream.canary, active: -stream.active, constant: -stream.constant };
    const from = point * 2 * bets.length;
    const moreWealth = Array.from(wealths.subarray(from, from + bets.length));
    const lessWealth = Array.from(wealths.subarray(from + bets.length, from + 2 * bets.length));
    for (const { means, cells } of batches) {
      growWealth(moreWealth, bets, stream, means, cells);
      growWealth(lessWealth, bets, opposite, means, cells);
      if (logEValue([logEValue(moreWealth), logEValue(lessWealth)]) >= logThreshold) {
        rejected[point] = "1";
        break;
      }
    }
    wealths.set(moreWealth, from);
    wealths.set(lessWealth, from + bets.length);
  }
  return { wealths: encode(wealths), rejected: rejected.join("") };
}

/**
 * Returns the lowest and the highest relative difference not rejected, in steps of half a point (0.005). `null` on a
 * side where even the last point of the grid (-0.5, 1) is not rejected.
 *
 * @example
 * const state = { wealths: "", rejected: "1".repeat(90) + "0".repeat(20) + "1".repeat(191) };
 * deltaInterval(state) // { lower: -0.05, upper: 0.045 }
 */
export function deltaInterval(state: DeltaIntervalState): { lower: number | null; upper: number | null } {
  const first = state.rejected.indexOf("0");
  const last = state.rejected.lastIndexOf("0");
  // All points are rejected only if the true difference lies outside the grid or drifted across it.
  if (first < 0) return { lower: null, upper: null };
  const at = (point: number): number => Math.round((MIN_DIFFERENCE + point * DIFFERENCE_STEP) * 1000) / 1000;
  return { lower: first === 0 ? null : at(first), upper: last === POINTS - 1 ? null : at(last) };
}

function encode(values: Float32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function decode(text: string): Float32Array {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}
