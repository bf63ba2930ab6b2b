/** How far the reviewers of an agent agree with one another, and each with what was settled in the end. */
import { cohenKappaOf } from "../numerics/cohen-kappa.ts";
import { dawidSkene } from "../numerics/dawid-skene.ts";
import { krippendorffAlpha } from "../numerics/krippendorff-alpha.ts";

/** One person's label of one item. */
export interface ReviewAnswer {
  readonly item: string;
  readonly reviewer: string;
  readonly label: string;
}

export interface ReviewerFigures {
  readonly reviewer: string;
  /** Labels given, and those of items that somebody else labeled too. */
  readonly labels: number;
  readonly shared_labels: number;
  /** With the settled labels, over the items that have one; null without any. */
  readonly agreement: number | null;
  readonly cohen_kappa: number | null;
  /** P(right) by Dawid and Skene, averaged over the classes' frequencies; null where nobody shares an item. */
  readonly estimated_accuracy: number | null;
}

export interface ReviewerPair {
  readonly first: string;
  readonly second: string;
  readonly items: number;
  readonly agreement: number;
  readonly cohen_kappa: number | null;
}

export interface ReviewerAgreement {
  readonly items: number;
  /** Items with two or more people's labels. */
  readonly shared_items: number;
  readonly krippendorff_alpha: number | null;
  readonly reviewers: readonly ReviewerFigures[];
  /** Pairs that share an item, by name. */
  readonly pairs: readonly ReviewerPair[];
}

/**
 * `settled`: item -> the label that counts (of an adjudicator, or where all agreed); a reviewer whose own
 * label it is agrees with it, so agreement on items with one label says nothing: those are left out.
 * Of several labels of one person for one item the last counts. Cost: labels x reviewers of an item.
 */
export function reviewerAgreement(
  answers: Iterable<ReviewAnswer>,
  settled: ReadonlyMap<string, string> = new Map(),
): ReviewerAgreement {
  const items = new Map<string, Map<string, string>>();
  for (const { item, reviewer, label } of answers) {
    const labels = items.get(item) ?? new Map<string, string>();
    labels.set(reviewer, label);
    items.set(item, labels);
  }
  const shared = [...items].filter(([, labels]) => labels.size > 1);
  const reviewers = [...new Set([...items.values()].flatMap((labels) => [...labels.keys()]))].sort();
  const accuracies = estimatedAccuracies(shared, reviewers);
  return {
    items: items.size,
    shared_items: shared.length,
    krippendorff_alpha: krippendorffAlpha(shared.map(([, labels]) => [...labels.values()])),
    reviewers: reviewers.map((reviewer, index) => {
      const compared = shared.filter(([item, labels]) => labels.has(reviewer) && settled.has(item));
      const own = compared.map(([, labels]) => labels.get(reviewer)!);
      const final = compared.map(([item]) => settled.get(item)!);
      return {
        reviewer,
        labels: countWhere(items.values(), (labels) => labels.has(reviewer)),
        shared_labels: countWhere(shared, ([, labels]) => labels.has(reviewer)),
        agreement: own.length === 0 ? null : agreementOf(own, final),
        cohen_kappa: cohenKappaOf(own, final),
        estimated_accuracy: accuracies?.[index] ?? null,
      };
    }),
    pairs: pairsOf(shared),
  };
}

function pairsOf(shared: readonly (readonly [string, ReadonlyMap<string, string>])[]): ReviewerPair[] {
  const pairs = new Map<string, { names: [string, string]; first: string[]; second: string[] }>();
  for (const [, labels] of shared) {
    const names = [...labels.keys()].sort();
    for (let a = 0; a < names.length; a++) {
      for (let b = a + 1; b < names.length; b++) {
        const key = JSON.stringify([names[a], names[b]]);
        const pair = pairs.get(key) ?? { names: [names[a]!, names[b]!], first: [], second: [] };
        pair.first.push(labels.get(names[a]!)!);
        pair.second.push(labels.get(names[b]!)!);
        pairs.set(key, pair);
      }
    }
  }
  return [...pairs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { names, first, second }]) => ({
      first: names[0],
      second: names[1],
      items: first.length,
      agreement: agreementOf(first, second),
      cohen_kappa: cohenKappaOf(first, second),
    }));
}

/** In the order of `reviewers`; null where no item is shared, and for those who share none. */
function estimatedAccuracies(
  shared: readonly (readonly [string, ReadonlyMap<string, string>])[],
  reviewers: readonly string[],
): (number | null)[] | null {
  if (shared.length === 0) return null;
  const classes = [...new Set(shared.flatMap(([, labels]) => [...labels.values()]))].sort();
  const classNumbers = new Map(classes.map((name, index) => [name, index]));
  const numbers = new Map(reviewers.map((name, index) => [name, index]));
  const given = shared.flatMap(([, labels], item) => [...labels].map((entry) => [item, ...entry] as const));
  const fit = dawidSkene({
    items: shared.length,
    raters: reviewers.length,
    classes: classes.length,
    item: given.map(([item]) => item),
    rater: given.map(([, reviewer]) => numbers.get(reviewer)!),
    answer: given.map(([, , label]) => classNumbers.get(label)!),
  });
  const seen = new Set(given.map(([, reviewer]) => reviewer));
  return reviewers.map((name, rater) => {
    if (!seen.has(name)) return null;
    let accuracy = 0;
    for (let k = 0; k < classes.length; k++) {
      accuracy +=
        fit.classProbabilities[k]! * fit.confusion[(rater * classes.length + k) * classes.length + k]!;
    }
    return accuracy;
  });
}

function agreementOf(first: readonly string[], second: readonly string[]): number {
  return countWhere(first.entries(), ([index, label]) => label === second[index]) / first.length;
}

function countWhere<Item>(items: Iterable<Item>, holds: (item: Item) => boolean): number {
  let count = 0;
  for (const item of items) if (holds(item)) count += 1;
  return count;
}
