import type { ModelDocument } from "@relearn/client";
import { boundedLogit, logOddsAgainstRest } from "@relearn/client/models";
import { RelearnError } from "../errors.ts";
import { type DecisionTree, fitTree } from "../numerics/decision-tree.ts";
import type { FeatureColumns } from "../numerics/feature-columns.ts";
import { logisticMargins, probabilitiesOfMargins } from "../numerics/logistic-prediction.ts";
import { fitLogistic, type LogisticFit, type LogisticModel } from "../numerics/logistic-regression.ts";
import type { PresortedColumn } from "../numerics/presorted-columns.ts";
import { leafShares, treeLeaves, treeProbabilities } from "../numerics/tree-prediction.ts";
import type { TrainingTable } from "./training-table.ts";

export type ModelKind = "logistic" | "tree";

/** A model of either kind, as numbers. */
export type FittedModel =
  | { readonly kind: "logistic"; readonly model: LogisticModel }
  | { readonly kind: "tree"; readonly tree: DecisionTree };

export interface FitRows {
  /** The rows to fit; null: all. */
  readonly rows: Int32Array | null;
  /** Number of classes and the class of each row of the table, where they differ from the table's own. */
  readonly labels: Uint16Array;
  readonly classes: number;
  readonly presorted?: readonly PresortedColumn[] | undefined;
  readonly onPass?: (() => void) | undefined;
}

/** Fits one model; throws `training_failed` with the column's name where it cannot. */
export function fitModel(kind: ModelKind, input: TrainingTable, fit: FitRows): FittedModel {
  if (kind === "logistic") {
    const result = fitLogistic(input.table, fit.labels, fit.classes, {
      rows: fit.rows,
      weights: input.weights,
      ...(fit.onPass === undefined ? {} : { onPass: fit.onPass }),
    });
    if (!result.ok) throw trainingFailed(input, result);
    return { kind, model: result.model };
  }
  const result = fitTree(input.table, fit.labels, fit.classes, {
    weights: input.weights,
    excluded: fit.rows === null ? null : excludedBut(fit.rows, input.table.rows),
    ...(fit.presorted === undefined ? {} : { presorted: fit.presorted }),
    ...(fit.onPass === undefined ? {} : { onColumn: fit.onPass }),
  });
  if (!result.ok) throw trainingFailed(input, result);
  return { kind, tree: result.tree };
}

/** Class probabilities of rows (null: all), rows x classes, row-major. */
export function predictProbabilities(
  fitted: FittedModel,
  table: FeatureColumns,
  rows: Int32Array | null,
): Float64Array {
  if (fitted.kind === "tree") return treeProbabilities(fitted.tree, table, rows);
  return probabilitiesOfMargins(logisticMargins(fitted.model, table, rows), fitted.model.classes);
}

/**
 * Probabilities and, for the calibration, each class's log-odds against the others, both rows x classes;
 * the same log-odds that the client's `scoreModel` calibrates.
 */
export function predictWithLogOdds(
  fitted: FittedModel,
  table: FeatureColumns,
  rows: Int32Array | null,
): { probabilities: Float64Array; logOdds: Float64Array } {
  if (fitted.kind === "tree") {
    const { classes } = fitted.tree;
    const leaves = treeLeaves(fitted.tree, table, rows);
    const shares = leafShares(fitted.tree);
    const odds = shares.map(boundedLogit);
    const probabilities = new Float64Array(leaves.length * classes);
    const logOdds = new Float64Array(leaves.length * classes);
    for (let i = 0; i < leaves.length; i++) {
      for (let k = 0; k < classes; k++) {
        probabilities[i * classes + k] = shares[leaves[i]! * classes + k]!;
        logOdds[i * classes + k] = odds[leaves[i]! * classes + k]!;
      }
    }
    return { probabilities, logOdds };
  }
  const { classes } = fitted.model;
  const margins = logisticMargins(fitted.model, table, rows);
  const probabilities = probabilitiesOfMargins(margins, classes);
  const logOdds = new Float64Array(probabilities.length);
  if (classes === 2) {
    for (let i = 0; i < margins.length; i++) {
      logOdds[2 * i] = -margins[i]!;
      logOdds[2 * i + 1] = margins[i]!;
    }
  } else {
    for (let at = 0; at < margins.length; at += classes) {
      logOddsAgainstRest(margins.subarray(at, at + classes), logOdds.subarray(at, at + classes));
    }
  }
  return { probabilities, logOdds };
}

/** The class of greatest probability in each row; between equals the first, as the client decides. */
export function predictLabels(probabilities: Float64Array, classes: number): Uint16Array {
  const out = new Uint16Array(probabilities.length / classes);
  for (let i = 0; i < out.length; i++) {
    let best = 0;
    for (let k = 1; k < classes; k++) {
      if (probabilities[i * classes + k]! > probabilities[i * classes + best]!) best = k;
    }
    out[i] = best;
  }
  return out;
}

/** Share of each feature in the model, sum 1: |coefficient| (mean over the rows of `coef`), or fall of impurity. */
export function featureImportances(fitted: FittedModel, features: number): number[] {
  if (fitted.kind === "tree") return [...fitted.tree.importances];
  const { coef } = fitted.model;
  const sums = new Array<number>(features).fill(0);
  for (let at = 0; at < coef.length; at++) sums[at % features]! += Math.abs(coef[at]!);
  const total = sums.reduce((sum, value) => sum + value, 0);
  return total > 0 ? sums.map((value) => value / total) : sums;
}

/** The model as it stands in a bundle, without calibration. */
export function modelDocument(
  fitted: FittedModel,
  classes: readonly string[],
  featureNames: readonly string[],
): ModelDocument {
  const shared = { classes: [...classes], feature_names: [...featureNames] };
  if (fitted.kind === "tree") {
    const nodes = fitted.tree.nodes.map((node) => ({ ...node, counts: [...node.counts] }));
    return { model_type: "DecisionTree", ...shared, tree: { nodes }, calibration: null };
  }
  const { model } = fitted;
  const width = featureNames.length;
  return {
    model_type: "LogisticRegression",
    ...shared,
    scaler: { mean: [...model.scaler.mean], scale: [...model.scaler.scale] },
    coef: Array.from(model.intercept, (_, v) => [...model.coef.subarray(v * width, (v + 1) * width)]),
    intercept: [...model.intercept],
    calibration: null,
  };
}

function excludedBut(rows: Int32Array, total: number): Uint8Array {
  const excluded = new Uint8Array(total).fill(1);
  for (let i = 0; i < rows.length; i++) excluded[rows[i]!] = 0;
  return excluded;
}

function trainingFailed(input: TrainingTable, failure: Extract<LogisticFit, { ok: false }>): RelearnError {
  const name = (column: number): string =>
    column < input.featureNames.length ? `the feature "${input.featureNames[column]}"` : "the intercept";
  switch (failure.reason) {
    case "no_rows":
      return new RelearnError("insufficient_data", "Insufficient data: there are no rows to train on.");
    case "empty_class":
      return new RelearnError(
        "insufficient_data",
        `Insufficient data: the class "${input.classes[failure.class]}" has no row to train on.`,
      );
    case "not_finite":
      return new RelearnError(
        "training_failed",
        `Training failed: ${name(failure.column)} is not a finite number in row ${failure.row + 1}. Correct the value or leave the feature out.`,
        { details: { feature: input.featureNames[failure.column], row: failure.row + 1 } },
      );
    case "spread_out_of_range":
      return new RelearnError(
        "training_failed",
        `Training failed: the values of ${name(failure.column)} lie so far apart, or so close together, that their standard deviation cannot be divided by. Give it in another unit or leave it out.`,
        { details: { feature: input.featureNames[failure.column] } },
      );
    case "no_convergence":
      return new RelearnError(
        "training_failed",
        `Training failed: no convergence after ${failure.iterations} iterations; ${name(failure.column)} still moves most. Look at its values, leave it out, or train a tree.`,
        {
          details: {
            feature: input.featureNames[failure.column] ?? null,
            iterations: failure.iterations,
          },
        },
      );
  }
}
