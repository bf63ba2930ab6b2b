import type { BundleWarning, EvaluationDocument } from "@relearn/client";
import type { ModelKind } from "./model-kind.ts";
import type { TrainingTable } from "./training-table.ts";

/** If a class has a larger share than this, accuracy says little. */
const MAX_BALANCED_SHARE = 0.9;
/** With fewer rows, a fold has no test row of the class. */
const MIN_CLASS_ROWS = 5;
/** More rare classes than this get one common warning. */
const MAX_NAMED_CLASSES = 5;

/**
 * Lists warnings about the training data and the model, in a fixed order: `below_baseline`, `unbalanced`,
 * `rare_class`, `constant_feature`, `separable`. `trainingAccuracy`: 0 to 1 on the training rows. `evaluation`: `null` if
 * none was made. Cost: up to one more fit, for logistic models of at least .9 training accuracy.
 *
 * @example
 * const table = { rows: 4, columns: [Float64Array.of(1, 2, 3, 4), Float64Array.of(5, 5, 5, 5)] };
 * const input = { featureNames: ["x", "y"], table, classes: ["no", "yes"], labels: Uint16Array.of(0, 0, 1, 1), weights: null, groups: null };
 * trainingWarnings(input, modelKinds.tree, 1, null).map(({ code }) => code) // ["rare_class", "rare_class", "constant_feature", "separable"]
 */
export function trainingWarnings(
  input: TrainingTable,
  kind: ModelKind,
  trainingAccuracy: number,
  evaluation: EvaluationDocument | null,
): BundleWarning[] {
  return [
    ...listBelowBaseline(evaluation),
    ...listClassBalance(input),
    ...listConstantFeatures(input),
    ...listSeparable(input, kind, trainingAccuracy),
  ];
}

function listBelowBaseline(evaluation: EvaluationDocument | null): BundleWarning[] {
  if (evaluation === null || evaluation.accuracy > evaluation.baseline_accuracy) return [];
  return [
    {
      code: "below_baseline",
      message: `Held-out accuracy ${formatPercent(evaluation.accuracy)} does not beat the ${formatPercent(evaluation.baseline_accuracy)} of always answering the most frequent class.`,
    },
  ];
}

function listClassBalance(input: TrainingTable): BundleWarning[] {
  const counts = new Array<number>(input.classes.length).fill(0);
  for (const label of input.labels) counts[label]! += 1;
  const largest = counts.indexOf(Math.max(...counts));
  const share = counts[largest]! / input.labels.length;
  const warnings: BundleWarning[] = [];
  if (share > MAX_BALANCED_SHARE) {
    warnings.push({
      code: "unbalanced",
      message: `${formatPercent(share)} of the rows are "${input.classes[largest]}" (${counts[largest]} of ${input.labels.length}): beyond 90/10 accuracy says little; label more of the others.`,
    });
  }
  const rare = [...counts.keys()].filter((k) => counts[k]! < MIN_CLASS_ROWS);
  if (rare.length > MAX_NAMED_CLASSES) {
    const named = rare.slice(0, MAX_NAMED_CLASSES).map((k) => `"${input.classes[k]}"`);
    warnings.push({
      code: "rare_class",
      message: `${rare.length} of the ${counts.length} classes have fewer than ${MIN_CLASS_ROWS} rows (${named.join(", ")}, …): the figures about them mean nothing yet. Is the label a quantity, or free text? Give it as classes.`,
    });
    return warnings;
  }
  for (const k of rare) {
    warnings.push({
      code: "rare_class",
      message: `The class "${input.classes[k]}" has ${counts[k]} ${counts[k] === 1 ? "row" : "rows"}, fewer than ${MIN_CLASS_ROWS}: the figures about it mean nothing yet.`,
    });
  }
  return warnings;
}

function listConstantFeatures(input: TrainingTable): BundleWarning[] {
  const warnings: BundleWarning[] = [];
  input.table.columns.forEach((values, column) => {
    if (values.some((value) => value !== values[0])) return;
    warnings.push({
      code: "constant_feature",
      message: `The feature ${input.featureNames[column]} is ${values[0]} in every row: the model cannot learn from it.`,
    });
  });
  return warnings;
}

function listSeparable(input: TrainingTable, kind: ModelKind, trainingAccuracy: number): BundleWarning[] {
  return kind.isSeparable(input, trainingAccuracy)
    ? [{ code: "separable", message: kind.separableMessage }]
    : [];
}

function formatPercent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
