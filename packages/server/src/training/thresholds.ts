import type {
  BundleContent,
  BundleWarning,
  FeatureDeclaration,
  LogisticModelDocument,
  ModelDocument,
  ThresholdDeclaration,
  TreeModelDocument,
} from "@relearn/client";

export type ThresholdSide = BundleContent["threshold_sides"][string];

export interface DerivedThresholds {
  readonly thresholds: Readonly<Record<string, number>>;
  readonly formulas: Readonly<Record<string, string>>;
  readonly sides: Readonly<Record<string, ThresholdSide>>;
  readonly warnings: readonly BundleWarning[];
}

/**
 * Derives the named thresholds of an agent from its model, in the units of the raw features. `positive`: index into the
 * model's classes.
 *
 * `boundary_of` a feature, logistic: the value at which the model's P(positive), before calibration, is one half with
 * every other feature at its training mean, put within the feature's bounds. Tree: the threshold of the first split on
 * the feature, breadth first. `weight_of`: |sum of the features' coefficients| in the standardised space, two places;
 * with more than two classes those of the positive class. If the model has no such value, the declaration's fallback,
 * with a warning. Cost: up to some 600 evaluations of the log-odds a threshold.
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
 * const features = [{ name: "risk", path: "risk", kind: "number", default: 0, min: 0, max: 100 }];
 * const declared = [{ name: "risk_threshold", boundary_of: "risk", fallback: 60 }, { name: "risk_weight", weight_of: ["risk"], fallback: 1 }];
 * const { thresholds, sides } = deriveThresholds(declared, features, model, 1);
 * thresholds // { risk_threshold: 45, risk_weight: 2 }
 * sides // { risk_threshold: "at_or_above" }
 */
export function deriveThresholds(
  declarations: readonly ThresholdDeclaration[],
  features: readonly FeatureDeclaration[],
  model: ModelDocument,
  positive: number,
): DerivedThresholds {
  const thresholds: Record<string, number> = {};
  const formulas: Record<string, string> = {};
  const sides: Record<string, ThresholdSide> = {};
  const warnings: BundleWarning[] = [];
  for (const declaration of declarations) {
    const { name } = declaration;
    if ("constant" in declaration) {
      thresholds[name] = declaration.constant;
      formulas[name] = "A constant of the agent's definition.";
      continue;
    }
    const found =
      "boundary_of" in declaration
        ? findBoundary(
            declaration.boundary_of,
            features.find((one) => one.name === declaration.boundary_of),
            model,
            positive,
          )
        : computeWeight(declaration.weight_of, model, positive);
    if (found.value === null) {
      thresholds[name] = declaration.fallback;
      formulas[name] = `The fallback of the agent's definition: ${found.reason}.`;
      if ("boundary_of" in declaration) sides[name] = "none";
      warnings.push({
        code: "threshold_fallback",
        message: `${name} is the definition's fallback ${declaration.fallback}: ${found.reason}.`,
      });
      continue;
    }
    thresholds[name] = found.value;
    formulas[name] = found.formula;
    if (found.side !== undefined) sides[name] = found.side;
    if (found.clampedFrom !== undefined) {
      warnings.push({
        code: "threshold_clamped",
        message: `${name} is the bound ${found.value}: with the other features at their mean the decision would turn at ${toText(found.clampedFrom)}, which the feature cannot reach.`,
      });
    }
  }
  return { thresholds, formulas, sides, warnings };
}

/**
 * Computes the boundary along each feature, without declarations: name to value and side, for the features along which
 * the decision changes at all. `positive`: index into the model's classes.
 *
 * @example
 * const model = {
 *   model_type: "LogisticRegression",
 *   classes: ["safe", "quarantine"],
 *   feature_names: ["risk", "unused"],
 *   scaler: { mean: [50, 0], scale: [10, 1] },
 *   coef: [[2, 0]],
 *   intercept: [1],
 *   calibration: null,
 * };
 * featureBoundaries(model, 1) // { thresholds: { risk: 45 }, sides: { risk: "at_or_above" } }
 */
export function featureBoundaries(
  model: ModelDocument,
  positive: number,
): Pick<DerivedThresholds, "thresholds" | "sides"> {
  const thresholds: Record<string, number> = {};
  const sides: Record<string, ThresholdSide> = {};
  for (const name of model.feature_names) {
    const found = findBoundary(name, { name }, model, positive);
    if (found.value === null) continue;
    thresholds[name] = found.value;
    sides[name] = found.side ?? "none";
  }
  return { thresholds, sides };
}

type Bounds = Pick<FeatureDeclaration, "name" | "min" | "max">;

type Derived =
  | {
      readonly value: number;
      readonly formula: string;
      readonly side?: ThresholdSide;
      /** The boundary before it was put within the feature's bounds. */
      readonly clampedFrom?: number;
    }
  | { readonly value: null; readonly reason: string };

function findBoundary(
  name: string,
  feature: Bounds | undefined,
  model: ModelDocument,
  positive: number,
): Derived {
  const index = model.feature_names.indexOf(name);
  if (index === -1 || feature === undefined) return { value: null, reason: `no feature is named ${name}` };
  if (model.model_type === "DecisionTree") return findFirstSplit(model, index, name, positive);
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

function clampToBounds({ min = -Infinity, max = Infinity }: Bounds, value: number): number {
  return Math.min(max, Math.max(min, value));
}

/** intercept + weight·(x - mean)/scale = 0, solved for x. */
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
 * The root of log-odds(positive against the rest) along one feature. The log-odds z_p - log sum of the
 * others' e^z is concave in x, so it is positive on one interval at most, with up to two ends; the one within the
 * feature's bounds is taken, between equals the one nearest the training mean. Found by its maximum (ternary
 * search) and bisection, within 1,000 standard deviations of the mean.
 */
function findSoftmaxBoundary(
  model: LogisticModelDocument,
  index: number,
  positive: number,
  feature: Bounds,
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

function findFirstSplit(model: TreeModelDocument, index: number, name: string, positive: number): Derived {
  const { nodes } = model.tree;
  const queue = [0];
  for (let at = 0; at < queue.length; at++) {
    const node = nodes[queue[at]!]!;
    if (node.feature === -1) continue;
    if (node.feature === index) {
      const share = (child: number): number => {
        const counts = nodes[child]!.counts;
        return counts[positive]! / counts.reduce((sum, count) => sum + count, 0);
      };
      const left = share(node.left);
      const right = share(node.right);
      return {
        value: node.threshold,
        side: right > left ? "above" : left > right ? "at_or_below" : "none",
        formula: `The first split of the tree on ${name}, breadth first.`,
      };
    }
    queue.push(node.left, node.right);
  }
  return { value: null, reason: `the tree never splits on ${name}` };
}

function computeWeight(names: readonly string[], model: ModelDocument, positive: number): Derived {
  if (model.model_type === "DecisionTree") return { value: null, reason: "a tree has no coefficients" };
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

function toText(value: number): string {
  return Number(value.toPrecision(6)).toString();
}
