import { type Decider, type DecisionConfig, prepareDecider } from "@relearn/client";
import type { BacktestDecision, BacktestExample, LabeledScore } from "@relearn/contract";

/** One payload of past traffic, and its label where a person has given one since. */
export interface BacktestItem {
  readonly task_key: string;
  readonly at: string;
  readonly payload: unknown;
  readonly label: string | null;
}

/** What another bundle would have decided on past traffic; a document. */
export interface BacktestReport {
  readonly payloads: number;
  /** Decided differently: how many, and of all payloads (0 where there are none). */
  readonly different: number;
  readonly share: number;
  /** Payloads without any of the bundle's features: decided from defaults alone, by old and new. */
  readonly without_features: { readonly old: number; readonly new: number };
  /** Every pair of old and new label that differs, most frequent first. */
  readonly by_class: readonly { readonly old: string; readonly new: string; readonly count: number }[];
  /** How often each label was and would be given. */
  readonly labels: Readonly<Record<string, { readonly old: number; readonly new: number }>>;
  /** Where a label says who was right: over all labeled payloads, and over those decided differently. */
  readonly labeled: LabeledScore;
  readonly labeled_different: LabeledScore;
  /** At most 20, the most telling first. */
  readonly examples: readonly BacktestExample[];
}

const MAX_EXAMPLES = 20;

/**
 * Decides every payload with both configs and says where they differ. Which examples tell most: labeled ones
 * before others, then those where the less sure of the two bundles was surest; the pairs of labels take
 * turns, so that a rare kind of difference is seen beside a frequent one; one example a task.
 *
 * The configs are trusted, the payloads are not. Cost: about a microsecond a payload and config.
 */
export function backtest(
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
    // A label may hold any character: the pair is kept apart by JSON, not by a separator.
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
    examples: mostTelling(ordered, items).map((index) => toBacktestExample(items[index]!, before, after)),
  };
}

interface Pair {
  readonly old: string;
  readonly new: string;
  readonly found: { readonly index: number; readonly sure: number }[];
}

/** Indices of the examples: the pairs in turns, the best of each first, no task twice. */
function mostTelling(pairs: readonly Pair[], items: readonly BacktestItem[]): number[] {
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
  for (let taken = true; taken && chosen.length < MAX_EXAMPLES; ) {
    taken = false;
    for (const [at, queue] of queues.entries()) {
      while (places[at]! < queue.length && tasks.has(items[queue[places[at]!]!.index]!.task_key))
        places[at]! += 1;
      if (places[at]! >= queue.length || chosen.length >= MAX_EXAMPLES) continue;
      const { index } = queue[places[at]!]!;
      tasks.add(items[index]!.task_key);
      chosen.push(index);
      taken = true;
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
    right: item.label === null ? null : whoIsRight(item.label, old.label, next.label),
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

function whoIsRight(label: string, oldLabel: string, newLabel: string): "old" | "new" | "neither" {
  return oldLabel === label ? "old" : newLabel === label ? "new" : "neither";
}

function getOrCreate<Value>(map: Map<string, Value>, name: string, make: () => Value): Value {
  const found = map.get(name) ?? make();
  map.set(name, found);
  return found;
}

/** By code units: the same order on every machine. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
