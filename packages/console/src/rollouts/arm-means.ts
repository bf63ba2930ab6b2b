import type { ArmHistory, ArmHistoryPoint } from "@relearn/contract";

/** A point with fewer units is left out: its mean would be noise. */
export const MIN_UNITS = 5;
/** Points that are put together into one, so that the smaller arm has a mean worth drawing. */
const MERGES = [1, 2, 3, 4, 6, 8, 12, 24] as const;

export interface ArmMean {
  readonly hour: number;
  readonly active: number | null;
  readonly canary: number | null;
}

/**
 * Both arms' means over time, in the narrowest points of which three of four have units enough of the canary:
 * at 10 % of little traffic a point an hour would show the active arm alone.
 */
export function armMeans(
  history: ArmHistory,
  measure: "quality" | "success" | "cost",
): { readonly hours: number; readonly means: readonly ArmMean[] } {
  const merged = MERGES.map((factor) => mergePoints(history, measure, factor));
  const found =
    merged.find(
      ({ means }) =>
        means.length > 1 && means.filter((mean) => mean.canary !== null).length >= 0.75 * means.length,
    ) ?? merged[0];
  return found ?? { hours: history.hours, means: [] };
}

function mergePoints(history: ArmHistory, measure: "quality" | "success" | "cost", factor: number) {
  const hours = history.hours * factor;
  // Never across a change of stage or a restart of the evidence.
  const groups = new Map<string, ArmHistoryPoint[]>();
  for (const point of history.points) {
    const key = `${point.epoch} ${point.stage} ${Math.floor(point.hour / hours)}`;
    groups.set(key, [...(groups.get(key) ?? []), point]);
  }
  const computeMean = (points: readonly ArmHistoryPoint[], arm: "active" | "canary"): number | null => {
    let units = 0;
    let sum = 0;
    for (const point of points) {
      const figures = point[arm];
      const value = figures?.[measure];
      if (figures == null || value == null) continue;
      units += figures.units;
      sum += figures.units * value;
    }
    return units < MIN_UNITS ? null : sum / units;
  };
  return {
    hours,
    means: [...groups.values()].map((points) => ({
      hour: points[0]?.hour ?? 0,
      active: computeMean(points, "active"),
      canary: computeMean(points, "canary"),
    })),
  };
}
