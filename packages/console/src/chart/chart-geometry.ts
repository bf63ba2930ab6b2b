/** Geometry of charts; pure functions. */

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Returns the range of increasing values; a single value gets room on both sides. */
export function padRange(x: readonly number[]): Range {
  const min = x[0] ?? 0;
  const max = x.at(-1) ?? 1;
  return min < max ? { min, max } : { min: min - 1, max: max + 1 };
}

/**
 * Returns the range of the value axis: all values and levels with a margin, within `limits` if they are given.
 * A logarithmic axis starts at .01 and ends at a power of ten from 100 to a million.
 */
export function yRange(
  series: readonly (readonly (number | null)[])[],
  levels: readonly number[],
  options: { readonly logarithmic: boolean; readonly limits?: readonly [number, number] },
): Range {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const values of [...series, levels]) {
    for (const value of values) {
      if (value === null || !Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (options.logarithmic) {
    return { min: 0.01, max: 10 ** Math.min(6, Math.max(2, Math.ceil(Math.log10(Math.max(high, 1))))) };
  }
  if (low > high) return { min: 0, max: 1 };
  const air = (high - low || Math.abs(high) || 1) * 0.08;
  const [floor, ceiling] = options.limits ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  // Zero is worth a little more axis where the values lie near it.
  const min = low >= 0 && low - air < (high - low) * 0.25 ? 0 : low - air;
  return { min: Math.max(floor, min), max: Math.min(ceiling, high + air) };
}

/** Places the names at the ends of lines so that none overlaps another. */
export function endLabels<End extends { readonly y: number }>(
  ends: readonly End[],
  height: number,
  top: number,
  bottom: number,
): End[] {
  const placed = [...ends].sort((a, b) => a.y - b.y).map((end) => ({ ...end }));
  for (const [at, end] of placed.entries()) {
    const before = placed[at - 1];
    const least = before === undefined ? top : before.y + height;
    placed[at] = { ...end, y: Math.max(end.y, least) };
  }
  for (let at = placed.length - 1; at >= 0; at--) {
    const end = placed[at]!;
    const after = placed[at + 1];
    const most = after === undefined ? bottom : after.y - height;
    placed[at] = { ...end, y: Math.min(end.y, most) };
  }
  return placed;
}
