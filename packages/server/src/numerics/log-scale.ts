import type { LinearStream } from "./e-process.ts";

/**
 * A positive, heavy-tailed measure (latency, cost) as five bounded ones, frozen before the rollout starts.
 *
 * Means of raw latency are ruled by their tail: a handful of slow requests decides. So the logarithm,
 * clipped to a range taken from the active arm's past and scaled to [0, 1], is compared, and beside it how
 * often the canary exceeds the active arm's past quantiles, which finds a worse tail behind the same centre.
 * The quantiles are only places to cut at: an imprecise one costs power, never validity.
 */
export interface LogScale {
  /** Clip range in the measure's own unit: the 0.1 % quantile, and 3 × the 99.9 % quantile. */
  readonly lower: number;
  readonly upper: number;
  readonly q50: number;
  readonly q90: number;
  readonly q95: number;
  /** Values that this was frozen from. */
  readonly values: number;
}

/** Fewest past values to freeze from. */
export const LEAST_SCALE_VALUES = 200;

/** The five measures in order, with their share of the evidence of harm. */
export const scaleStreams = [
  { name: "log", weight: 0.5 },
  { name: "over_q50", weight: 0.2 },
  { name: "over_q90", weight: 0.1 },
  { name: "over_q95", weight: 0.1 },
  { name: "over_3_q50", weight: 0.1 },
] as const;

/** Freezes the scale from past values of the active arm; null below 200 positive finite values. */
export function freezeLogScale(past: Iterable<number>): LogScale | null {
  const values = Float64Array.from(
    [...past].filter((value) => value > 0 && value < Number.POSITIVE_INFINITY),
  );
  if (values.length < LEAST_SCALE_VALUES) return null;
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

/** ln(upper / lower): what a distance of 1 on the scaled logarithm is; at least ln 3. */
export function logRange(scale: LogScale): number {
  return Math.log(scale.upper / scale.lower);
}

/**
 * The five columns of a column of raw values. A missing one (NaN) is put at the median: it says nothing on
 * this scale, and what it says elsewhere (quality 0, the stream of missing outcomes) is said there. Values
 * at or below 0 are clipped to the lower end.
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

/** "The canary's geometric mean is higher by (1 + d) or more", as a stream on the scaled logarithm. */
export function notHigherStream(scale: LogScale, d: number): LinearStream {
  return { canary: -1, active: 1, constant: Math.log1p(d) / logRange(scale) };
}

/** "The ratio of geometric means is 1 + r", as a stream with expectation 0. */
export function ratioStream(scale: LogScale, r: number): LinearStream {
  return { canary: 1, active: -1, constant: -Math.log1p(r) / logRange(scale) };
}

/** Quantile of ascending values by linear interpolation between order statistics (Hyndman and Fan, type 7). */
export function sortedQuantile(ascending: ArrayLike<number>, share: number): number {
  const place = (ascending.length - 1) * share;
  const below = Math.floor(place);
  const low = ascending[below]!;
  const high = ascending[Math.min(below + 1, ascending.length - 1)]!;
  return low + (place - below) * (high - low);
}
