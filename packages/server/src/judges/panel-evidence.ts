/**
 * What a panel has learned from, as a document that new labels are added to: state + records -> state. Votes
 * are counted by pattern and everything decays by one factor, so last night's state and the labels since then
 * give the panel that counting everything again would give.
 */
import { type JudgeScores, verdictOf } from "./judge-scores.ts";
import type { VotePatterns } from "./vote-patterns.ts";

export interface LabeledVotes {
  readonly judge_scores: JudgeScores;
  readonly label: string;
  /** When the task was judged; left out: as of the state's time. */
  readonly at?: Date | string | null;
}

export interface PanelEvidence {
  /** Null: labels never decay. */
  readonly half_life_days: number | null;
  /** ISO 8601; the moment that the counts are decayed to. */
  readonly as_of: string;
  /** Labels added, not decayed, by class. */
  readonly labels: Readonly<Record<string, number>>;
  /** Distinct votes (judge -> class, sorted by judge; abstentions left out) and the decayed labels they got. */
  readonly patterns: readonly {
    readonly votes: Readonly<Record<string, string>>;
    readonly counts: Readonly<Record<string, number>>;
  }[];
}

const DAY_MS = 86_400_000;
/** A pattern whose labels have decayed below this no longer moves a panel by anything that shows. */
const FORGOTTEN = 1e-6;

export function emptyPanelEvidence(asOf: Date, halfLifeDays: number | null): PanelEvidence {
  return { half_life_days: halfLifeDays, as_of: asOf.toISOString(), labels: {}, patterns: [] };
}

/**
 * The evidence as of `asOf`, with `records` added; `asOf` must not lie before the evidence's own time. A vote
 * that its judge contradicted in the other answer order counts as none. Cost: records + distinct patterns.
 */
export function addPanelEvidence(
  evidence: PanelEvidence,
  records: Iterable<LabeledVotes>,
  asOf: Date,
): PanelEvidence {
  const halfLifeMs =
    evidence.half_life_days === null ? Number.POSITIVE_INFINITY : evidence.half_life_days * DAY_MS;
  const decay = (elapsedMs: number): number => 2 ** (-Math.max(0, elapsedMs) / halfLifeMs);
  const factor = decay(asOf.getTime() - Date.parse(evidence.as_of));
  const labels = new Map(Object.entries(evidence.labels));
  const patterns = new Map<string, { votes: [string, string][]; counts: Map<string, number> }>();
  for (const { votes, counts } of evidence.patterns) {
    const entries = Object.entries(votes);
    const decayed = Object.entries(counts).map(([label, count]) => [label, count * factor] as const);
    patterns.set(JSON.stringify(entries), { votes: entries, counts: new Map(decayed) });
  }
  for (const { judge_scores, label, at } of records) {
    const votes = Object.entries(judge_scores)
      .filter(([, score]) => verdictOf(score) !== null && score.order_consistent !== false)
      .map(([judge, score]): [string, string] => [judge, verdictOf(score)!])
      .sort(byKey);
    const key = JSON.stringify(votes);
    let pattern = patterns.get(key);
    if (pattern === undefined) {
      pattern = { votes, counts: new Map() };
      patterns.set(key, pattern);
    }
    const time = at == null ? Number.NaN : new Date(at).getTime();
    const weight = Number.isNaN(time) ? 1 : decay(asOf.getTime() - time);
    pattern.counts.set(label, (pattern.counts.get(label) ?? 0) + weight);
    labels.set(label, (labels.get(label) ?? 0) + 1);
  }
  return {
    half_life_days: evidence.half_life_days,
    as_of: new Date(Math.max(asOf.getTime(), Date.parse(evidence.as_of))).toISOString(),
    labels: Object.fromEntries([...labels].sort(byKey)),
    patterns: [...patterns]
      .sort(byKey)
      .map(([, { votes, counts }]) => ({
        votes: Object.fromEntries(votes),
        counts: Object.fromEntries([...counts].filter(([, count]) => count > FORGOTTEN).sort(byKey)),
      }))
      .filter(({ counts }) => Object.keys(counts).length > 0),
  };
}

/**
 * The evidence as what panels are fitted on, for these judges and classes: a vote of another judge, or for
 * something that is no class, counts as none; a label that is no class is left out.
 */
export function votePatternsOf(
  evidence: PanelEvidence,
  judges: readonly string[],
  classes: readonly string[],
): VotePatterns {
  const numbers = new Map(classes.map((name, index) => [name, index]));
  const merged = new Map<string, { votes: number[]; counts: Float64Array }>();
  for (const { votes, counts } of evidence.patterns) {
    const row = judges.map((judge) =>
      Object.hasOwn(votes, judge) ? (numbers.get(votes[judge]!) ?? -1) : -1,
    );
    const key = row.join(",");
    let pattern = merged.get(key);
    if (pattern === undefined) {
      pattern = { votes: row, counts: new Float64Array(classes.length) };
      merged.set(key, pattern);
    }
    for (const [label, count] of Object.entries(counts)) {
      const number = numbers.get(label);
      if (number !== undefined) pattern.counts[number]! += count;
    }
  }
  const rows = [...merged]
    .filter(([, { counts }]) => counts.some((count) => count > 0))
    .sort(byKey)
    .map(([, pattern]) => pattern);
  const counts = Float64Array.from(rows.flatMap((row) => [...row.counts]));
  return {
    judges,
    classes,
    patterns: rows.length,
    votes: Int16Array.from(rows.flatMap((row) => row.votes)),
    counts,
    total: counts.reduce((sum, count) => sum + count, 0),
  };
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
