import type { FittedModel, ModelTrainer } from "./model-kind.ts";
import type { TrainingTable } from "./training-table.ts";

export interface PresentClassesFit {
  /** The classes that the rows have, ascending; class `k` of the model is class `present[k]` of the table. */
  readonly present: readonly number[];
  /** `null` if fewer than two classes are present. */
  readonly fitted: FittedModel | null;
}

/**
 * Fits a model to some rows of a table over the classes that occur among them, which may be fewer than the table has.
 * Throws as `ModelTrainer.fit`. Cost: one fit.
 *
 * @example
 * const table = { rows: 5, columns: [Float64Array.of(1, 2, 3, 4, 5)] };
 * const input = { featureNames: ["x"], table, classes: ["a", "b", "c"], labels: Uint16Array.of(0, 0, 2, 2, 1), weights: null, groups: null };
 * const { present, fitted } = fitPresentClasses(modelKinds.tree.createTrainer(input), input, Int32Array.of(0, 1, 2, 3));
 * present // [0, 2]
 * fitted.predict(table, Int32Array.of(4)) // [0, 1]
 */
export function fitPresentClasses(
  trainer: ModelTrainer,
  input: TrainingTable,
  rows: Int32Array,
  onPass?: () => void,
): PresentClassesFit {
  const seen = new Uint8Array(input.classes.length);
  for (let i = 0; i < rows.length; i++) seen[input.labels[rows[i]!]!] = 1;
  const present = [...seen.keys()].filter((k) => seen[k] === 1);
  if (present.length < 2) return { present, fitted: null };
  const labels = relabel(input.labels, present, seen.length);
  return { present, fitted: trainer.fit({ rows, labels, classes: present.length, onPass }) };
}

/** Numbers the present classes from 0. Labels of rows with another class are undefined. */
function relabel(labels: Uint16Array, present: readonly number[], classes: number): Uint16Array {
  if (present.length === classes) return labels;
  const place = new Uint16Array(classes);
  present.forEach((k, index) => {
    place[k] = index;
  });
  return labels.map((label) => place[label]!);
}
