import { type BundleContent, prepareModel } from "@relearn/client";
import type { AgentDefinition } from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import { describePredictions } from "./describe-predictions.ts";
import { deriveThresholds } from "./thresholds.ts";
import type { TrainingTable } from "./training-table.ts";

/**
 * Returns a bundle's content with one boundary set by a person: the intercept moves until P(positive) = 0.5 at `value`
 * of the feature with the others at their training means. The coefficients do not change, and the model decides by
 * the threshold.
 *
 * The evaluation is computed again on the training rows (`folds` 0: they are not held out, but a boundary set by hand was
 * not fitted to them), the calibration is removed, and a warning is added.
 * Throws `invalid_input` if the threshold is no boundary of a two-class logistic model, or `value` lies outside the
 * feature's bounds. Cost: one prediction of each row.
 *
 * @example
 * const features = [{ name: "risk", path: "risk", kind: "number", default: 0, min: 0, max: 100 }];
 * const definition = { name: "triage", features, thresholds: [{ name: "risk_threshold", boundary_of: "risk", fallback: 60 }] };
 * const risk = Float64Array.from({ length: 60 }, (_, row) => (row * 7) % 60);
 * const labels = Uint16Array.from(risk, (value) => (value > 29 ? 1 : 0));
 * const rows = { featureNames: ["risk"], table: { rows: 60, columns: [risk] }, classes: ["safe", "quarantine"], labels, weights: null, groups: null };
 * const { model, warnings } = trainModel(rows, 1);
 * const content = { model, classes: rows.classes, positive: "quarantine", thresholds: { risk_threshold: 29.5 }, threshold_formulas: {}, warnings };
 * const edited = setThreshold(content, definition, rows, "risk_threshold", 40);
 * edited.thresholds // { risk_threshold: 40 }
 * edited.accuracy // 0.833333
 * edited.warnings.map(({ code }) => code) // ["separable", "set_by_hand"]
 */
export function setThreshold(
  content: BundleContent,
  definition: AgentDefinition,
  rows: TrainingTable,
  name: string,
  value: number,
): BundleContent {
  const { model } = content;
  const declaration = definition.thresholds?.find((one) => one.name === name);
  if (declaration === undefined || !("boundary_of" in declaration)) {
    const settable = (definition.thresholds ?? [])
      .filter((one) => "boundary_of" in one)
      .map((one) => one.name);
    throw toRefusal(name, `it can be set for ${settable.join(", ") || "none of this agent's thresholds"}`);
  }
  if (model.model_type !== "LogisticRegression" || model.coef.length !== 1) {
    throw toRefusal(name, "only a logistic model of two classes has one boundary that can be moved");
  }
  const feature = definition.features.find((one) => one.name === declaration.boundary_of);
  if (feature === undefined || value < (feature.min ?? -Infinity) || value > (feature.max ?? Infinity)) {
    throw toRefusal(name, `${value} lies outside ${feature?.min ?? "-∞"} to ${feature?.max ?? "∞"}`);
  }
  const column = model.feature_names.indexOf(declaration.boundary_of);
  const slope = model.coef[0]?.[column] ?? 0;
  if (slope === 0) throw toRefusal(name, `the model does not use ${declaration.boundary_of}`);

  const standardised = (value - (model.scaler.mean[column] ?? 0)) / (model.scaler.scale[column] ?? 1);
  const moved = { ...model, intercept: [-slope * standardised], calibration: null };
  const positive = content.classes.indexOf(content.positive);
  const derived = deriveThresholds(definition.thresholds ?? [], definition.features, moved, positive);
  const probabilities = predictRows(moved, rows);
  const unmeasured = definition.features.map(() => 0);
  const evaluation = describePredictions(rows, probabilities, 0, positive, unmeasured);
  const before = content.thresholds[name] ?? Number.NaN;
  return {
    ...content,
    model: moved,
    thresholds: { ...derived.thresholds, [name]: value },
    threshold_formulas: {
      ...derived.formulas,
      [name]: `Set by hand; training gave ${Number(before.toPrecision(6))}.`,
    },
    threshold_sides: derived.sides,
    accuracy: evaluation.accuracy,
    training_accuracy: evaluation.accuracy,
    evaluation,
    warnings: [
      ...content.warnings.filter((warning) => warning.code !== "set_by_hand"),
      {
        code: "set_by_hand",
        message: `${name} was set by hand to ${value}; training gave ${Number(before.toPrecision(6))}. The evaluation is on the training rows.`,
      },
      ...(evaluation.accuracy < evaluation.baseline_accuracy
        ? [
            {
              code: "below_baseline",
              message: `Accuracy ${evaluation.accuracy.toFixed(3)} does not reach always saying the largest class (${evaluation.baseline_accuracy.toFixed(3)}).`,
            },
          ]
        : []),
    ],
  };
}

function predictRows(
  model: Parameters<typeof prepareModel>[0],
  { table, classes }: TrainingTable,
): Float64Array {
  const scorer = prepareModel(model);
  const probabilities = new Float64Array(table.rows * classes.length);
  const values = new Float64Array(table.columns.length);
  const row = new Float64Array(classes.length);
  for (let at = 0; at < table.rows; at++) {
    for (let column = 0; column < values.length; column++) values[column] = table.columns[column]![at]!;
    scorer.scoreInto(values, row);
    probabilities.set(row, at * classes.length);
  }
  return probabilities;
}

function toRefusal(name: string, reason: string): RelearnError {
  return new RelearnError("invalid_input", `The threshold ${name} cannot be set by hand: ${reason}.`, {
    details: { threshold: name },
  });
}
