import { type ModelDocument, murmurHash3 } from "@relearn/client";
import { RelearnError } from "../errors.ts";
import { fitPresentClasses } from "./fit-present-classes.ts";
import { findModelKind } from "./model-kinds.ts";
import type { SelectedRows } from "./training-rows.ts";

/** Folds that a model is cross-fitted over. */
export const CROSS_FOLDS = 5;
/** Any number would do; unlike 0 it shares no bits with the assignment of traffic. */
const FOLD_SEED = 20_260_103;

/** The fold of a key: known without the other keys, so that a label which comes later has its fold too. */
export function crossFold(key: string): number {
  return murmurHash3(key, FOLD_SEED) % CROSS_FOLDS;
}

/**
 * The models of one kind that each have seen all rows but those of a fold: what model `i` says of a key of fold
 * `i` is out of sample. Null where a fold leaves fewer than two classes, or cannot be fitted. Each takes over
 * the calibration of `like`, which was itself fitted on out-of-fold scores. Cost: five fits.
 */
export function crossFit(rows: SelectedRows, like: ModelDocument): (ModelDocument | null)[] {
  const { folds } = rows;
  if (folds === null) throw new RelearnError("internal", "Rows without folds cannot be cross-fitted.");
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
