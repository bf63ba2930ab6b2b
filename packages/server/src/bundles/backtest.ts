import { type Decider, type DecisionConfig, prepareDecider } from "@relearn/client";
import type { BacktestDecision, BacktestExample, LabeledScore } from "@relearn/contract";

/** Payload of past traffic, with its label if there is one. */
export interface BacktestItem {
  readonly task_key: string;
  readonly at: string;
  readonly payload: unknown;
  readonly label: string | null;
}

/** Differences between the decisions of two bundles on past traffic. */
export interface BacktestReport {
  readonly payloads: number;
  /** Number of payloads decided differently, and their share of all payloads (0 if there are none). */
  readonly different: number;
  readonly share: number;
  /** Number of payloads without any of the features of the old and the new bundle, decided from defaults only. */
  readonly without_features: { readonly old: number; readonly new: number };
  /** Pairs of different old and new labels, most frequent first. */
  readonly by_class: readonly { readonly old: string; readonly new: string; readonly count: number }[];
  /** Number of decisions for each label, by the old and the new bundle. */
  readonly labels: Readonly<Record<string, { readonly old: number; readonly new: number }>>;
  /** Correct decisions among all labeled payloads, and among those decided differently. */
  readonly labeled: LabeledScore;
  readonly labeled_different: LabeledScore;
  /** At most 20 examples, the most informative first. */
  readonly examples: readonly BacktestExample[];
}

const MAX_EXAMPLES = 20;

/**
 * Decides every payload with both configs and reports the differences. Examples are ordered by how informative
 * they are: labeled ones first, then by the lower of the two probabilities, descending. They alternate between
 * the pairs of labels, so that rare differences appear beside frequent ones, with one example for each task.
 *
 * The configs are trusted, the payloads are not. Cost: about a microsecond for each payload and config.
 */
export function compareDecisions(
  oldConfig: DecisionConfig,
  newConfig: DecisionConfig,
  items: readonly BacktestItem[],
): BacktestReport {
  const before = prepareDecider(oldConfig);
  const after = prepareDecider(newConfig);
  const pairs = new Map<string, Pair>();
  const labels = new Map<string, { old: number; new: number }>();
  const withoutFeatures = { old: 0, new: 0 };
  const all = emptyScore();
  const differing = emptyScore();
  let different = 0;
  for (const [index, item] of items.entries()) {
    const oldIndex = before.decide(item.payload);
    const oldSure = before.probabilities[oldIndex]!;
    if (before.featuresFound === 0) withoutFeatures.old += 1;
    const newIndex = after.decide(item.payload);
    const newSure = after.probabilities[newIndex]!;
    if (after.featuresFound === 0) withoutFeatures.new += 1;
    const oldLabel = before.classes[oldIndex]!;
    const newLabel = after.classes[newIndex]!;
    getOrCreate(labels, oldLabel, () => ({ old: 0, new: 0 })).old += 1;
    getOrCreate(labels, newLabel, () => ({ old: 0, new: 0 })).new += 1;
    if (item.label !== null) addToScore(all, item.label, oldLabel, newLabel);
    if (oldLabel === newLabel) continue;
    different += 1;
    if (item.label !== null) addToScore(differing, item.label, oldLabel, newLabel);
    // A label can contain any character, so the key is JSON rather than joined by a separator.
    const pair = getOrCreate(pairs, JSON.stringify([oldLabel, newLabel]), () => ({
      old: oldLabel,
      new: newLabel,
      found: [],
    }));
    pair.found.push({ index, sure: Math.min(oldSure, newSure) });
  }
  const ordered = [...pairs.values()].sort(
    (a, b) => b.found.length - a.found.length || compareText(a.old, b.old) || compareText(a.new, b.new),
  );
  return {
    payloads: items.length,
    different,
    share: items.length === 0 ? 0 : different / items.length,
    without_features: withoutFeatures,
    by_class: ordered.map((pair) => ({ old: pair.old, new: pair.new, count: pair.found.length })),
    labels: Object.fromEntries([...labels].sort(([a], [b]) => compareText(a, b))),
    labeled: all,
    labeled_different: differing,
    examples: selectExamples(ordered, items).map((index) => toBacktestExample(items[index]!, before, after)),
  };
}

interface Pair {
  readonly old: string;
  readonly new: string;
  readonly found: { readonly index: number; readonly sure: number }[];
}

/** Selects the indices of the examples: alternating between the pairs, the best of each first, each task once. */
function selectExamples(pairs: readonly Pair[], items: readonly BacktestItem[]): number[] {
  const queues = pairs.map((pair) =>
    [...pair.found].sort((a, b) => {
      const labeled = Number(items[b.index]!.label !== null) - Number(items[a.index]!.label !== null);
      return (
        labeled ||
        b.sure - a.sure ||
        compareText(items[a.index]!.task_key, items[b.index]!.task_key) ||
        a.index - b.index
      );
    }),
  );
  const places = queues.map(() => 0);
  const tasks = new Set<string>();
  const chosen: number[] = [];
  for (let isProgress = true; isProgress && chosen.length < MAX_EXAMPLES; ) {
    isProgress = false;
    for (const [at, queue] of queues.entries()) {
      while (places[at]! < queue.length && tasks.has(items[queue[places[at]!]!.index]!.task_key))
        places[at]! += 1;
      if (places[at]! >= queue.length || chosen.length >= MAX_EXAMPLES) continue;
      const { index } = queue[places[at]!]!;
      tasks.add(items[index]!.task_key);
      chosen.push(index);
      isProgress = true;
    }
  }
  return chosen;
}

function toBacktestExample(item: BacktestItem, before: Decider, after: Decider): BacktestExample {
  const old = toBacktestDecision(before, item.payload);
  const next = toBacktestDecision(after, item.payload);
  return {
    task_key: item.task_key,
    at: item.at,
    old,
    new: next,
    label: item.label,
    right: item.label === null ? null : findCorrect(item.label, old.label, next.label),
  };
}

function toBacktestDecision(decider: Decider, payload: unknown): BacktestDecision {
  const index = decider.decide(payload);
  return {
    label: decider.classes[index]!,
    probability: decider.probabilities[index]!,
    explanation: decider.explain(payload),
  };
}

type Score = { -readonly [Member in keyof LabeledScore]: number };

function emptyScore(): Score {
  return { payloads: 0, old_right: 0, new_right: 0, neither_right: 0 };
}

function addToScore(score: Score, label: string, oldLabel: string, newLabel: string): void {
  score.payloads += 1;
  if (oldLabel === label) score.old_right += 1;
  if (newLabel === label) score.new_right += 1;
  if (oldLabel !== label && newLabel !== label) score.neither_right += 1;
}

function findCorrect(label: string, oldLabel: string, newLabel: string): "old" | "new" | "neither" {
  return oldLabel === label ? "old" : newLabel === label ? "new" : "neither";
}

function getOrCreate<Value>(map: Map<string, Value>, name: string, make: () => Value): Value {
  const found = map.get(name) ?? make();
  map.set(name, found);
  return found;
}

/** Compares by UTF-16 code units, so that the order is the same on every machine. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
