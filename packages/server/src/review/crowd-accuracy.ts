/** Accuracy of reviewers, estimated without taking any reviewer's label as the truth. */
import { dawidSkene } from "../numerics/dawid-skene.ts";

export interface CrowdLabel {
  readonly item_id: number;
  readonly reviewer: string;
  readonly label: string;
}

/** Two different labels do not show which of them is wrong. */
const MIN_LABELS_PER_ITEM = 3;
/** With fewer items the error of an accuracy is above 0.2. */
const MIN_ITEMS_PER_REVIEWER = 20;

/**
 * Estimates each reviewer's P(correct label) by the method of Dawid and Skene, averaged over the class frequencies.
 * Uses items with at least three labels; reviewers with fewer than 20 such items are left out. `labels` holds at
 * most one label per person and item. Cost: labels x classes x rounds.
 */
export function estimateAccuracies(labels: Iterable<CrowdLabel>): ReadonlyMap<string, number> {
  const items = new Map<number, CrowdLabel[]>();
  for (const label of labels) {
    const list = items.get(label.item_id);
    if (list === undefined) items.set(label.item_id, [label]);
    else list.push(label);
  }
  const crowd = [...items.values()].filter((list) => list.length >= MIN_LABELS_PER_ITEM);
  const given = crowd.flatMap((list, item) => list.map(({ reviewer, label }) => ({ item, reviewer, label })));
  const reviewers = [...new Set(given.map((one) => one.reviewer))].sort();
  const classes = [...new Set(given.map((one) => one.label))].sort();
  if (given.length === 0) return new Map();
  const fit = dawidSkene({
    items: crowd.length,
    raters: reviewers.length,
    classes: classes.length,
    item: given.map((one) => one.item),
    rater: given.map((one) => reviewers.indexOf(one.reviewer)),
    answer: given.map((one) => classes.indexOf(one.label)),
  });
  const accuracies = new Map<string, number>();
  reviewers.forEach((name, rater) => {
    if (given.filter((one) => one.reviewer === name).length < MIN_ITEMS_PER_REVIEWER) return;
    const accuracy = classes.reduce((sum, _, k) => {
      const right = fit.confusion[(rater * classes.length + k) * classes.length + k]!;
      return sum + fit.classProbabilities[k]! * right;
    }, 0);
    accuracies.set(name, accuracy);
  });
  return accuracies;
}
