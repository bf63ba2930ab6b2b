import { type ModelDocument, murmurHash3 } from "@relearn/client";
import { RelearnError } from "../errors.ts";
import { fitPresentClasses } from "./fit-present-classes.ts";
import { findModelKind } from "./model-kinds.ts";
import type { SelectedRows } from "./training-rows.ts";

/** Number of folds of a cross-fit. */
export const CROSS_FOLDS = 5;
/** Arbitrary, but not 0: folds must be independent of the assignment of traffic. */
const FOLD_SEED = 20_260_103;

/**
 * Returns the fold of a key, 0 to 4. It does not depend on other keys, so labels that arrive later have a fold too.
 *
 * @example
 * crossFold("mail-00017") // 2
 */
export function crossFold(key: string): number {
  return murmurHash3(key, FOLD_SEED) % CROSS_FOLDS;
}

/**
 * Fits one model per fold, on all rows outside the fold, so that the predictions of model `i` for keys of fold `i` are out
 * of sample. `null` for a fold that leaves fewer than two classes, or cannot be fitted. Each model takes the
 * calibration of `like`, which was itself fitted on out-of-fold scores. Throws `internal` if the rows have no folds.
 * Cost: five fits.
 *
 * @example
 * const x = Float64Array.from({ length: 20 }, (_, row) => (row * 7) % 20);
 * const labels = Uint16Array.from(x, (value) => (value > 9 ? 1 : 0));
 * const input = { featureNames: ["x"], table: { rows: 20, columns: [x] }, classes: ["no", "yes"], labels, weights: null, groups: null };
 * const folds = Uint8Array.from(x, (_, row) => row % 5);
 * const { model } = trainModel(input, 1, { modelType: "tree" });
 * crossFit({ ...input, folds }, model).map((each) => each.tree.nodes[0].threshold) // [10, 9.5, 9, 9.5, 9.5]
 */
export function crossFit(rows: SelectedRows, like: ModelDocument): (ModelDocument | null)[] {
  const { folds } = rows;
  if (folds === null) throw new RelearnError("internal", "Cannot cross-fit rows that have no folds.");
  const trainer = findModelKind(like.model_type).createTrainer(rows);
  return Array.from({ length: CROSS_FOLDS }, (_, fold) => {
    const train = Int32Array.from(folds.keys()).filter((row) => folds[row] !== fold);
    try {
      const { present, fitted } = fitPresentClasses(trainer, rows, train);
      if (fitted === null) return null;
      const classes = present.map((k) => rows.classes[k]!);
      const same =
        classes.length === like.classes.length && classes.every((name, k) => name === like.classes[k]);
      return {
        ...fitted.toDocument(classes, rows.featureNames),
        calibration: same ? like.calibration : null,
      };
    } catch (error) {
      if (error instanceof RelearnError && error.code === "training_failed") return null;
      throw error;
    }
  });
}
