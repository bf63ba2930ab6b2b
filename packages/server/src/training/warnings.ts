import type { BundleWarning, EvaluationDocument } from "@relearn/client";
import { fitLogistic } from "../numerics/logistic-regression.ts";
import { type FittedModel, predictLabels, predictProbabilities } from "./model-fit.ts";
import type { TrainingTable } from "./training-table.ts";

/** A larger class than this share makes accuracy a poor guide. */
const UNBALANCED_SHARE = 0.9;
/** Fewer rows, and some fold has none of the class to test on. */
const RARE_ROWS = 5;
/** More rare classes than this are told in one warning. */
const NAMED_CLASSES = 5;

/** What a person should know before trusting the model, in a fixed order. `evaluation`: null where none was made. */
export function trainingWarnings(
  input: TrainingTable,
  fitted: FittedModel,
  trainingAccuracy: number,
  evaluation: EvaluationDocument | null,
): BundleWarning[] {
  return [
    ...belowBaseline(evaluation),
    ...classBalance(input),
    ...constantFeatures(input),
    ...separable(input, fitted, trainingAccuracy),
  ];
}

function belowBaseline(evaluation: EvaluationDocument | null): BundleWarning[] {
  if (evaluation === null || evaluation.accuracy > evaluation.baseline_accuracy) return [];
  return [
    {
      code: "below_baseline",
      message: `Held-out accuracy ${percent(evaluation.accuracy)} does not beat the ${percent(evaluation.baseline_accuracy)} of always answering the most frequent class.`,
    },
  ];
}

function classBalance(input: TrainingTable): BundleWarning[] {
  const counts = new Array<number>(input.classes.length).fill(0);
  for (const label of input.labels) counts[label]! += 1;
  const largest = counts.indexOf(Math.max(...counts));
  const share = counts[largest]! / input.labels.length;
  const warnings: BundleWarning[] = [];
  if (share > UNBALANCED_SHARE) {
    warnings.push({
      code: "unbalanced",
      message: `${percent(share)} of the rows are "${input.classes[largest]}" (${counts[largest]} of ${input.labels.length}): beyond 90/10 accuracy says little; label more of the others.`,
    });
  }
  const rare = [...counts.keys()].filter((k) => counts[k]! < RARE_ROWS);
  if (rare.length > NAMED_CLASSES) {
    const named = rare.slice(0, NAMED_CLASSES).map((k) => `"${input.classes[k]}"`);
    warnings.push({
      code: "rare_class",
      message: `${rare.length} of the ${counts.length} classes have fewer than ${RARE_ROWS} rows (${named.join(", ")}, …): the figures about them mean nothing yet. Is the label a quantity, or free text? Give it as classes.`,
    });
    return warnings;
  }
  for (const k of rare) {
    warnings.push({
      code: "rare_class",
      message: `The class "${input.classes[k]}" has ${counts[k]} ${counts[k] === 1 ? "row" : "rows"}, fewer than ${RARE_ROWS}: the figures about it mean nothing yet.`,
    });
  }
  return warnings;
}

function constantFeatures(input: TrainingTable): BundleWarning[] {
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

/** Rows times columns up to which a second, nearly unpenalised fit is made to tell separable from accurate. */
const SEPARABLE_VALUES = 2_000_000;

function separable(input: TrainingTable, fitted: FittedModel, trainingAccuracy: number): BundleWarning[] {
  const message =
    fitted.kind === "tree"
      ? "The tree tells the classes of all training rows apart: check that no feature gives the answer away, and trust the held-out figures alone."
      : "The features separate the classes of the training rows completely: check that none gives the answer away; without the penalty the coefficients would grow without bound.";
  if (trainingAccuracy === 1) return [{ code: "separable", message }];
  const values = input.table.rows * input.table.columns.length;
  if (fitted.kind === "tree" || trainingAccuracy < 0.9 || values > SEPARABLE_VALUES) return [];
  const free = fitLogistic(input.table, input.labels, input.classes.length, {
    inverseRegularisation: 1e6,
    maxIterations: 60,
  });
  if (!free.ok) return [];
  const model = { kind: "logistic", model: free.model } as const;
  const predictions = predictLabels(predictProbabilities(model, input.table, null), input.classes.length);
  return predictions.every((label, row) => label === input.labels[row])
    ? [{ code: "separable", message }]
    : [];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
