import {
  addReliabilityEvidence,
  emptyReliabilityEvidence,
  type ReliabilityEvidence,
} from "./reliability-evidence.ts";

/**
 * Adds up one judge's evidence of several spans that do not overlap, decayed to `asOf`. The result equals counting
 * all of it at once. All parts must have the default half-life and end at `asOf` or before.
 *
 * @example
 * const at = new Date("2026-02-06T00:00:00Z");
 * const records = [{ score: { verdict: "spam", confidence: 80 }, label: "spam", at }];
 * const part = addReliabilityEvidence(emptyReliabilityEvidence("ann", at), records, at);
 * const merged = mergeReliabilityEvidence("ann", [part, part], new Date("2026-03-08T00:00:00Z"));
 * [merged.labels, merged.weight, merged.counts] // [2, 1, { spam: { spam: 1 } }]  (one half-life later)
 */
export function mergeReliabilityEvidence(
  judge: string,
  parts: Iterable<ReliabilityEvidence>,
  asOf: Date,
): ReliabilityEvidence {
  let merged = emptyReliabilityEvidence(judge, asOf);
  for (const part of parts) merged = addEvidence(merged, addReliabilityEvidence(part, [], asOf));
  return merged;
}

function addEvidence(a: ReliabilityEvidence, b: ReliabilityEvidence): ReliabilityEvidence {
  return {
    judge: a.judge,
    half_life_days: a.half_life_days,
    as_of: a.as_of,
    labels: a.labels + b.labels,
    abstentions: a.abstentions + b.abstentions,
    both_orders: a.both_orders + b.both_orders,
    order_inconsistent: a.order_inconsistent + b.order_inconsistent,
    counts: mergeRecords(a.counts, b.counts, (one, other) =>
      mergeRecords(one, other, (count, more) => count + more),
    ),
    weight: a.weight + b.weight,
    squared_weight: a.squared_weight + b.squared_weight,
    brier: a.brier + b.brier,
    log_loss: a.log_loss + b.log_loss,
    bins: a.bins.map((bin, index) => {
      const other = b.bins[index]!;
      return [bin[0] + other[0], bin[1] + other[1], bin[2] + other[2], bin[3] + other[3]] as const;
    }),
    days: mergeRecords(
      a.days,
      b.days,
      ([n, agreeing], [more, moreAgreeing]) => [n + more, agreeing + moreAgreeing] as const,
    ),
    last_evidence: findLatest(a.last_evidence, b.last_evidence),
  };
}

function mergeRecords<Value>(
  a: Readonly<Record<string, Value>>,
  b: Readonly<Record<string, Value>>,
  sum: (one: Value, other: Value) => Value,
): Record<string, Value> {
  const merged = new Map(Object.entries(a));
  for (const [key, value] of Object.entries(b)) {
    const present = merged.get(key);
    merged.set(key, present === undefined ? value : sum(present, value));
  }
  return Object.fromEntries([...merged].sort((one, other) => (one[0] < other[0] ? -1 : 1)));
}

function findLatest(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}
