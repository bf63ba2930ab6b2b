import type { LogisticModelDocument } from "@relearn/client";
import { clampToBounds, type DerivedValue, type FeatureBounds } from "./derived-value.ts";

/**
 * Finds the value of a feature at which P(positive), before calibration, is one half with every other feature at its
 * training mean, clamped to the feature's bounds. `positive`: index of the positive class. Cost: O(1) for two classes,
 * else up to some 600 evaluations of the log-odds.
 *
 * @example
 * const model = {
 *   model_type: "LogisticRegression",
 *   classes: ["safe", "quarantine"],
 *   feature_names: ["risk"],
 *   scaler: { mean: [50], scale: [10] },
 *   coef: [[2]],
 *   intercept: [1],
 *   calibration: null,
 * };
 * findLogisticBoundary(model, { name: "risk" }, 1).value // 45
 * findLogisticBoundary(model, { name: "risk", min: 48 }, 1).clampedFrom // 45
 */
export function findLogisticBoundary(
  model: LogisticModelDocument,
  feature: FeatureBounds,
  positive: number,
): DerivedValue {
  const { name } = feature;
  const index = model.feature_names.indexOf(name);
  const found =
    model.coef.length === 1
      ? findBinaryBoundary(model, index, positive)
      : findSoftmaxBoundary(model, index, positive, feature);
  if (found === null) {
    return model.coef.every((row) => row[index] === 0)
      ? { value: null, reason: `the coefficient of ${name} is 0` }
      : {
          value: null,
          reason: `with the other features at their mean no value of ${name} makes P(${model.classes[positive]}) one half`,
        };
  }
  const value = clampToBounds(feature, found.value);
  return {
    value,
    side: found.rising ? "at_or_above" : "at_or_below",
    formula: `The ${name} at which P(${model.classes[positive]}) = 0.5 with the other features at their training mean${value === found.value ? "" : ", put within the feature's bounds"}.`,
    ...(value === found.value ? {} : { clampedFrom: found.value }),
  };
}

/**
 * Computes |sum of the coefficients of features| in the standardised space, to two places; with more than two classes
 * those of the class `positive`.
 *
 * @example
 * const model = {
 *   model_type: "LogisticRegression",
 *   classes: ["safe", "quarantine"],
 *   feature_names: ["risk"],
 *   scaler: { mean: [50], scale: [10] },
 *   coef: [[2]],
 *   intercept: [1],
 *   calibration: null,
 * };
 * computeLogisticWeight(model, ["risk"], 1).value // 2
 */
export function computeLogisticWeight(
  model: LogisticModelDocument,
  names: readonly string[],
  positive: number,
): DerivedValue {
  const row = model.coef[model.coef.length === 1 ? 0 : positive]!;
  const indices = names.map((name) => model.feature_names.indexOf(name));
  const missing = names.find((_, at) => indices[at] === -1);
  if (missing !== undefined) return { value: null, reason: `no feature is named ${missing}` };
  if (indices.every((index) => row[index] === 0)) {
    return { value: null, reason: `the coefficients of ${names.join(", ")} are 0` };
  }
  const sum = indices.reduce((total, index) => total + row[index]!, 0);
  return {
    value: Math.round(Math.abs(sum) * 100) / 100,
    formula: `|sum of the coefficients of ${names.join(", ")}|${model.coef.length === 1 ? "" : ` for ${model.classes[positive]}`} in the standardised space, two places.`,
  };
}

/** Solves intercept + weight·(x - mean)/scale = 0 for x. */
function findBinaryBoundary(
  model: LogisticModelDocument,
  index: number,
  positive: number,
): { value: number; rising: boolean } | null {
  const weight = model.coef[0]![index]!;
  const value = model.scaler.mean[index]! - (model.scaler.scale[index]! * model.intercept[0]!) / weight;
  if (weight === 0 || !Number.isFinite(value)) return null;
  return { value, rising: weight > 0 === (positive === 1) };
}

/**
 * Finds the root of log-odds(positive against the rest) along one feature. The log-odds z_p - log sum of the
 * others' e^z is concave in x, so it is positive on one interval at most, with up to two ends; the one within the
 * feature's bounds is taken; among several, the one nearest to the training mean. Found by its maximum (ternary
 * search) and bisection, within 1,000 standard deviations of the mean.
 */
function findSoftmaxBoundary(
  model: LogisticModelDocument,
  index: number,
  positive: number,
  feature: FeatureBounds,
): { value: number; rising: boolean } | null {
  const mean = model.scaler.mean[index]!;
  const scale = model.scaler.scale[index]!;
  const low = mean - 1000 * scale;
  const high = mean + 1000 * scale;
  const logOdds = (x: number): number => {
    const t = (x - mean) / scale;
    let top = Number.NEGATIVE_INFINITY;
    const rest: number[] = [];
    model.coef.forEach((row, k) => {
      if (k === positive) return;
      const z = model.intercept[k]! + row[index]! * t;
      rest.push(z);
      top = Math.max(top, z);
    });
    const sum = rest.reduce((total, z) => total + Math.exp(z - top), 0);
    return model.intercept[positive]! + model.coef[positive]![index]! * t - top - Math.log(sum);
  };
  let left = low;
  let right = high;
  for (let step = 0; step < 400 && right > left; step++) {
    const a = left + (right - left) / 3;
    const b = right - (right - left) / 3;
    if (a === left || b === right) break;
    if (logOdds(a) < logOdds(b)) left = a;
    else right = b;
  }
  const peak = [low, left + (right - left) / 2, high].reduce((best, x) =>
    logOdds(x) > logOdds(best) ? x : best,
  );
  if (!(logOdds(peak) > 0)) return null;
  const ends: { value: number; rising: boolean }[] = [];
  if (logOdds(low) <= 0) ends.push({ value: bisect(logOdds, low, peak), rising: true });
  if (logOdds(high) <= 0) ends.push({ value: bisect(logOdds, high, peak), rising: false });
  if (ends.length === 0) return null;
  const reached = ends.filter((end) => clampToBounds(feature, end.value) === end.value);
  return (reached.length > 0 ? reached : ends).reduce((best, end) =>
    Math.abs(end.value - mean) < Math.abs(best.value - mean) ? end : best,
  );
}

/** Finds the point between one where f is not positive and one where it is. */
function bisect(f: (x: number) => number, outside: number, inside: number): number {
  let from = outside;
  let to = inside;
  for (let step = 0; step < 200; step++) {
    const middle = from + (to - from) / 2;
    if (middle === from || middle === to) break;
    if (f(middle) > 0) to = middle;
    else from = middle;
  }
  return to;
}
