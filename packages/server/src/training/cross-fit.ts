import { type ModelDocument, murmurHash3 } from "@relearn/client";
import { RelearnError } from "../errors.ts";
import { presortColumns } from "../numerics/presorted-columns.ts";
import { fitModel, modelDocument } from "./model-fit.ts";
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
  const kind = like.model_type === "DecisionTree" ? "tree" : "logistic";
  const presorted = kind === "tree" ? presortColumns(rows.table, () => {}) : undefined;
  return Array.from({ length: CROSS_FOLDS }, (_, fold) => {
    const train = Int32Array.from(folds.keys()).filter((row) => folds[row] !== fold);
    const seen = new Uint8Array(rows.classes.length);
    for (const row of train) seen[rows.labels[row]!] = 1;
    const present = [...seen.keys()].filter((k) => seen[k] === 1);
    if (present.length < 2) return null;
    const place = new Uint16Array(seen.length);
    present.forEach((k, index) => {
      place[k] = index;
    });
    try {
      const fitted = fitModel(kind, rows, {
        rows: train,
        labels: rows.labels.map((label) => place[label]!),
        classes: present.length,
        presorted,
      });
      const classes = present.map((k) => rows.classes[k]!);
      const same =
        classes.length === like.classes.length && classes.every((name, k) => name === like.classes[k]);
      return {
        ...modelDocument(fitted, classes, rows.featureNames),
        calibration: same ? like.calibration : null,
      };
    } catch (error) {
      if (error instanceof RelearnError && error.code === "training_failed") return null;
      throw error;
    }
  });
}
