import { type DecisionConfig, prepareFeatures, type ThresholdDeclaration } from "@relearn/client";
import type { ThresholdTraffic } from "@relearn/contract";

const BINS = 30;

/** Computes, for each threshold on a feature, the distribution of the feature's values in the payloads, in raw units. */
export function computeThresholdTraffic(
  declarations: readonly ThresholdDeclaration[],
  oldConfig: DecisionConfig,
  newConfig: DecisionConfig,
  payloads: readonly unknown[],
): ThresholdTraffic[] {
  return declarations.flatMap((declaration) => {
    if (!("boundary_of" in declaration)) return [];
    const feature = newConfig.features.find((one) => one.name === declaration.boundary_of);
    const next = newConfig.thresholds[declaration.name];
    if (feature === undefined || next === undefined) return [];
    const old = oldConfig.thresholds[declaration.name] ?? null;
    const extractor = prepareFeatures([feature]);
    const cell = new Float64Array(1);
    const values: number[] = [];
    for (const payload of payloads) if (extractor.extractInto(payload, cell) > 0) values.push(cell[0]!);
    const [low, high] = old === null ? [next, next] : [Math.min(old, next), Math.max(old, next)];
    return [
      {
        threshold: declaration.name,
        feature: feature.name,
        old,
        new: next,
        payloads: values.length,
        without: payloads.length - values.length,
        between: values.filter((value) => value >= low && value < high).length,
        bins: computeBins(values, low, high),
      },
    ];
  });
}

/** Counts the values in bins of equal width whose range includes both thresholds. */
function computeBins(values: readonly number[], low: number, high: number): ThresholdTraffic["bins"] {
  if (values.length === 0) return [];
  let min = low;
  let max = high;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const width = (max - min) / BINS || 1;
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) {
    const bin = Math.min(BINS - 1, Math.floor((value - min) / width));
    counts[bin] = counts[bin]! + 1;
  }
  return counts.map((count, bin) => ({ from: min + bin * width, to: min + (bin + 1) * width, count }));
}
