import type { BundleWarning, FeatureDeclaration, ModelDocument, ThresholdDeclaration } from "@relearn/client";
import type { DerivedValue, FeatureBounds, ThresholdSide } from "./derived-value.ts";
import { findModelKind } from "./model-kinds.ts";

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
 * every other feature at its training mean, clamped to the feature's bounds. Tree: the threshold of the first split on
 * the feature, breadth first. `weight_of`: |sum of the features' coefficients| in the standardised space, two places;
 * with more than two classes, the coefficients of the positive class. If the model has no such value, the declaration's fallback,
 * with a warning. Cost: up to some 600 evaluations of the log-odds per threshold.
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
        : findModelKind(model.model_type).computeWeight(model, declaration.weight_of, positive);
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

function findBoundary(
  name: string,
  feature: FeatureBounds | undefined,
  model: ModelDocument,
  positive: number,
): DerivedValue {
  if (feature === undefined || !model.feature_names.includes(name)) {
    return { value: null, reason: `no feature is named ${name}` };
  }
  return findModelKind(model.model_type).findBoundary(model, feature, positive);
}

function toText(value: number): string {
  return Number(value.toPrecision(6)).toString();
}
