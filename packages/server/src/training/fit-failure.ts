import { RelearnError } from "../errors.ts";
import type { TreeFit } from "../numerics/decision-tree.ts";
import type { LogisticFit } from "../numerics/logistic-regression.ts";
import type { TrainingTable } from "./training-table.ts";

/** Reason why a fit gave no model; refers to columns, rows and classes by number. */
export type FitFailure = Extract<LogisticFit | TreeFit, { ok: false }>;

/**
 * Converts the reason of a failed fit to an error that names the feature, row or class and says what to do:
 * `insufficient_data` or `training_failed`.
 *
 * @example
 * const input = { featureNames: ["x"], table: { rows: 0, columns: [new Float64Array(0)] }, classes: ["no", "yes"], labels: new Uint16Array(0), weights: null, groups: null };
 * toTrainingError(input, { ok: false, reason: "empty_class", class: 1 }).message // "Insufficient data: the class \"yes\" has no row to train on."
 */
export function toTrainingError(input: TrainingTable, failure: FitFailure): RelearnError {
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
        `Training failed: the values of ${name(failure.column)} have a standard deviation that is too large or too small to divide by. Use another unit or leave the feature out.`,
        { details: { feature: input.featureNames[failure.column] } },
      );
    case "no_convergence":
      return new RelearnError(
        "training_failed",
        `Training failed: no convergence after ${failure.iterations} iterations; ${name(failure.column)} still changes most. Check its values, leave it out, or train a tree.`,
        {
          details: {
            feature: input.featureNames[failure.column] ?? null,
            iterations: failure.iterations,
          },
        },
      );
  }
}
