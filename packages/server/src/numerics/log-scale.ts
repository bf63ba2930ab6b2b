import type { LinearStream } from "./e-process.ts";

/**
 * Scale that converts a positive, heavy-tailed measure (latency, cost) to five bounded ones, frozen before the rollout
 * starts.
 *
 * A few slow requests dominate the mean of raw latency. Therefore the logarithm is compared, clipped to a range from the
 * active arm's past and scaled to [0, 1], and also how often the canary exceeds the active arm's past quantiles, which
 * detects a worse tail with the same center. The quantiles are only limits: an imprecise one costs power, never validity.
 */
export interface LogScale {
  /** Clip range in the measure's own unit: the 0.1 % quantile, and 3 × the 99.9 % quantile. */
  readonly lower: number;
  readonly upper: number;
  readonly q50: number;
  readonly q90: number;
  readonly q95: number;
  /** Number of past values that the scale was computed from. */
  readonly values: number;
}

/** Minimum number of past values. */
export const MIN_SCALE_VALUES = 200;

/** The five measures in order, with their share of the evidence of harm. */
export const scaleStreams = [
  { name: "log", weight: 0.5 },
  { name: "over_q50", weight: 0.2 },
  { name: "over_q90", weight: 0.1 },
  { name: "over_q95", weight: 0.1 },
  { name: "over_3_q50", weight: 0.1 },
] as const;

/**
 * Freezes the scale from past values of the active arm. `null` if fewer than 200 of them are positive and finite.
 * Cost O(n log n).
 *
 * @example
 * freezeLogScale(Array.from({ length: 1001 }, (_, at) => at + 1)) // { lower: 2, upper: 3000, q50: 501, q90: 901, q95: 951, values: 1001 }
 */
export function freezeLogScale(past: Iterable<number>): LogScale | null {
  const values = Float64Array.from(
    [...past].filter((value) => value > 0 && value < Number.POSITIVE_INFINITY),
  );
  if (values.length < MIN_SCALE_VALUES) return null;
  values.sort();
  return {
    lower: sortedQuantile(values, 0.001),
    upper: 3 * sortedQuantile(values, 0.999),
    q50: sortedQuantile(values, 0.5),
    q90: sortedQuantile(values, 0.9),
    q95: sortedQuantile(values, 0.95),
    values: values.length,
  };
}

/**
 * Computes ln(upper / lower), the distance on a logarithmic scale that is 1 on the scaled one; at least ln 3.
 *
 * @example
 * logRange({ lower: 2, upper: 3000, q50: 501, q90: 901, q95: 951, values: 1001 }) // 7.31322
 */
export function logRange(scale: LogScale): number {
  return Math.log(scale.upper / scale.lower);
}

/**
 * Computes the five measures of each raw value, one column a measure in the order of `scaleStreams`, each in [0, 1].
 * A missing value (NaN) is replaced by the median, which is no evidence on this scale; the measures of quality and of
 * missing outcomes count it. Values at or below 0 are clipped to the lower end. Cost O(values).
 *
 * @example
 * const scale = { lower: 2, upper: 3000, q50: 501, q90: 901, q95: 951, values: 1001 };
 * scaleColumns(scale, Float64Array.of(501, 920, Number.NaN)) // [[0.75527, 0.838376, 0.75527], [0, 1, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]]
 */
export function scaleColumns(scale: LogScale, raw: Float64Array): Float64Array[] {
  const columns = scaleStreams.map(() => new Float64Array(raw.length));
  const range = logRange(scale);
  const lowest = Math.log(scale.lower);
  for (let unit = 0; unit < raw.length; unit++) {
    const value = Number.isNaN(raw[unit]!) ? scale.q50 : raw[unit]!;
    const place = value > 0 ? (Math.log(value) - lowest) / range : 0;
    columns[0]![unit] = Math.min(1, Math.max(0, place));
    columns[1]![unit] = value > scale.q50 ? 1 : 0;
    columns[2]![unit] = value > scale.q90 ? 1 : 0;
    columns[3]![unit] = value > scale.q95 ? 1 : 0;
    columns[4]![unit] = value > 3 * scale.q50 ? 1 : 0;
  }
  return columns;
}

/**
 * Returns the stream on the scaled logarithm that grows if the canary's geometric mean is not higher by (1 + d).
 *
 * @example
 * const scale = { lower: 2, upper: 3000, q50: 501, q90: 901, q95: 951, values: 1001 };
 * notHigherStream(scale, 0.1) // { canary: -1, active: 1, constant: 0.0130326 }
 */
export function notHigherStream(scale: LogScale, d: number): LinearStream {
  return { canary: -1, active: 1, constant: Math.log1p(d) / logRange(scale) };
}

/**
 * Returns the stream on the scaled logarithm whose expectation is 0 if the ratio of geometric means is 1 + r.
 *
 * @example
 * const scale = { lower: 2, upper: 3000, q50: 501, q90: 901, q95: 951, values: 1001 };
 * ratioStream(scale, 0.1) // { canary: 1, active: -1, constant: -0.0130326 }
 */
export function ratioStream(scale: LogScale, r: number): LinearStream {
  return { canary: 1, active: -1, constant: -Math.log1p(r) / logRange(scale) };
}

/**
 * Computes a quantile of ascending values, `share` in [0, 1], by linear interpolation between order statistics
 * (Hyndman and Fan, type 7). NaN if there is no value.
 *
 * @example
 * sortedQuantile([1, 2, 3, 10], 0.9) // 7.9
 */
export function sortedQuantile(ascending: ArrayLike<number>, share: number): number {
  const place = (ascending.length - 1) * share;
  const below = Math.floor(place);
  const low = ascending[below]!;
  const high = ascending[Math.min(below + 1, ascending.length - 1)]!;
  return low + (place - below) * (high - low);
}
