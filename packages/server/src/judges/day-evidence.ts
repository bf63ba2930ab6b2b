/**
 * Evidence about an agent's judges from people's labels, as sums by the UTC day of the verdicts.
 *
 * Labels arrive late, change and are undone. So the days that changed are counted again, the sums of the other days
 * are kept, and all of them decay to the present by one factor per day.
 */
import { canonicalJson } from "../canonical-json.ts";
import { byIdentity } from "./judge-identity.ts";
import type { JudgeScore, JudgeScores } from "./judge-scores.ts";
import type { PanelTask } from "./panel-table.ts";
import {
  addReliabilityEvidence,
  DEFAULT_HALF_LIFE_DAYS,
  emptyReliabilityEvidence,
  type JudgedLabel,
  type ReliabilityEvidence,
} from "./reliability-evidence.ts";
import { type SpecificationTallies, sumSpecificationWeights } from "./specification-weights.ts";

/** A labeled evaluation result; label and verdicts are the agent's classes. */
export interface LabeledResult {
  readonly judge_scores: JudgeScores;
  /**
   * The same scores with the feature model's score, for cards and panel; the specification's weights do not use it.
   * Absent if there is no model.
   */
  readonly panel_scores?: JudgeScores;
  readonly label: string;
  readonly created_at: Date;
}

/** One combination of votes and label, with its decayed count. */
export interface VotePatternCount {
  readonly judge_scores: JudgeScores;
  readonly label: string;
  /** Decayed to the evidence's `as_of`. */
  readonly weight: number;
}

export interface DayEvidence {
  readonly day: string;
  /** The end of the day, or the time of counting if that was earlier. */
  readonly as_of: string;
  /** Every judge with a verdict on the day, labeled or not, except the feature model. */
  readonly seen: readonly string[];
  /** Labeled results. */
  readonly labels: number;
  readonly specification: SpecificationTallies;
  readonly judges: Readonly<Record<string, ReliabilityEvidence>>;
  readonly patterns: readonly VotePatternCount[];
}

const DAY_MS = 86_400_000;

/**
 * Returns 00:00 UTC of `day` (YYYY-MM-DD).
 *
 * @example
 * parseUtcDay("2026-03-02").toISOString() // "2026-03-02T00:00:00.000Z"
 */
export function parseUtcDay(day: string): Date {
  return new Date(`${day}T00:00:00.000Z`);
}

/**
 * Returns the UTC day of a time as YYYY-MM-DD.
 *
 * @example
 * toUtcDay(new Date("2026-03-02T23:59:59Z")) // "2026-03-02"
 */
export function toUtcDay(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/**
 * Starts the evidence of a day; results are added in pages of any size. Memory: the distinct vote patterns.
 *
 * @example
 * const day = startDayEvidence("2026-03-02", new Date("2026-03-04T00:00:00Z"));
 * const created_at = new Date("2026-03-02T00:00:00Z");
 * const judge_scores = { ann: { verdict: "spam" }, bob: { verdict: "ham" } };
 * day.add([{ judge_scores, label: "spam", created_at }, { judge_scores, label: "ham", created_at }]);
 * const evidence = day.document(["bob", "ann"]);
 * [evidence.as_of, evidence.seen, evidence.labels] // ["2026-03-03T00:00:00.000Z", ["ann", "bob"], 2]
 * evidence.patterns.map((pattern) => pattern.weight) // [0.97716, 0.97716]  (24 hours at a half-life of 30 days)
 * evidence.specification // { ann: [2, 1.81145, 0.905724, 1], bob: [2, 1.81145, 0.905724, 1] }
 */
export function startDayEvidence(day: string, now: Date) {
  const end = new Date(parseUtcDay(day).getTime() + DAY_MS);
  const asOf = end < now ? end : now;
  const specification = sumSpecificationWeights({ asOf: end, lookbackDays: 1 });
  const judges = new Map<string, ReliabilityEvidence>();
  const patterns = new Map<string, { judge_scores: JudgeScores; label: string; weight: number }>();
  let labels = 0;

  return {
    add(results: readonly LabeledResult[]): void {
      labels += results.length;
      const records = new Map<string, JudgedLabel[]>();
      for (const result of results) {
        specification.add({ ...result, judge_scores: byIdentity(result.judge_scores) });
        const scores = byIdentity(result.panel_scores ?? result.judge_scores);
        for (const [judge, score] of Object.entries(scores)) {
          const list = records.get(judge);
          const record = { score, label: result.label, at: result.created_at };
          if (list === undefined) records.set(judge, [record]);
          else list.push(record);
        }
        const votes = toVotes(scores);
        const key = JSON.stringify([result.label, votes]);
        const age = Math.max(0, asOf.getTime() - result.created_at.getTime()) / DAY_MS;
        const weight = 2 ** (-age / DEFAULT_HALF_LIFE_DAYS);
        const pattern = patterns.get(key);
        if (pattern === undefined) patterns.set(key, { judge_scores: votes, label: result.label, weight });
        else pattern.weight += weight;
      }
      for (const [judge, list] of records) {
        const before = judges.get(judge) ?? emptyReliabilityEvidence(judge, asOf);
        judges.set(judge, addReliabilityEvidence(before, list, asOf));
      }
    },
    document(seen: readonly string[]): DayEvidence {
      return {
        day,
        as_of: asOf.toISOString(),
        seen: [...seen].sort(),
        labels,
        specification: specification.tallies(),
        judges: Object.fromEntries(judges),
        patterns: [...patterns.values()],
      };
    },
  };
}

/**
 * Converts days to tasks and weights for `countVotePatterns`, decayed to `asOf`.
 *
 * @example
 * const day = startDayEvidence("2026-03-02", new Date("2026-03-04T00:00:00Z"));
 * const created_at = new Date("2026-03-02T00:00:00Z");
 * const judge_scores = { ann: { verdict: "spam" }, bob: { verdict: "ham" } };
 * day.add([{ judge_scores, label: "spam", created_at }, { judge_scores, label: "ham", created_at }]);
 * const { tasks, weights } = toPatternTasks([day.document([])], new Date("2026-04-01T00:00:00Z"));
 * tasks.map((task) => task.label) // ["spam", "ham"]
 * weights // [0.5, 0.5]  (one half-life after 2026-03-02)
 */
export function toPatternTasks(
  days: Iterable<DayEvidence>,
  asOf: Date,
): { readonly tasks: PanelTask[]; readonly weights: number[] } {
  const tasks: PanelTask[] = [];
  const weights: number[] = [];
  for (const day of days) {
    const age = Math.max(0, asOf.getTime() - Date.parse(day.as_of)) / DAY_MS;
    const factor = 2 ** (-age / DEFAULT_HALF_LIFE_DAYS);
    for (const { judge_scores, label, weight } of day.patterns) {
      tasks.push({ judge_scores, label });
      weights.push(weight * factor);
    }
  }
  return { tasks, weights };
}

/**
 * Subtracts results from the day's patterns. Results of other days are ignored.
 *
 * @example
 * const day = startDayEvidence("2026-03-02", new Date("2026-03-04T00:00:00Z"));
 * const created_at = new Date("2026-03-02T00:00:00Z");
 * const judge_scores = { ann: { verdict: "spam" }, bob: { verdict: "ham" } };
 * day.add([{ judge_scores, label: "spam", created_at }, { judge_scores, label: "ham", created_at }]);
 * const held = [{ judge_scores, label: "ham", created_at }];
 * const { patterns } = subtractResults(day.document([]), held);
 * patterns.map(({ label, weight }) => [label, weight]) // [["spam", 0.97716], ["ham", 0]]
 */
export function subtractResults(day: DayEvidence, results: readonly LabeledResult[]): DayEvidence {
  const own = results.filter((result) => toUtcDay(result.created_at) === day.day);
  if (own.length === 0) return day;
  const removed = startDayEvidence(day.day, new Date(day.as_of));
  removed.add(own);
  const weights = new Map(
    removed.document([]).patterns.map((pattern) => [toPatternKey(pattern), pattern.weight]),
  );
  return {
    ...day,
    patterns: day.patterns.map((pattern) => ({
      ...pattern,
      weight: Math.max(0, pattern.weight - (weights.get(toPatternKey(pattern)) ?? 0)),
    })),
  };
}

/**
 * Removes a judge's votes from the day's patterns, and merges the patterns that are then equal.
 *
 * @example
 * const day = startDayEvidence("2026-03-02", new Date("2026-03-04T00:00:00Z"));
 * const created_at = new Date("2026-03-02T00:00:00Z");
 * const judge_scores = { ann: { verdict: "spam" }, bob: { verdict: "ham" } };
 * day.add([{ judge_scores, label: "spam", created_at }, { judge_scores, label: "ham", created_at }]);
 * day.add([{ judge_scores: { ...judge_scores, bob: { verdict: "spam" } }, label: "spam", created_at }]);
 * const { patterns } = removeJudge(day.document([]), "bob");
 * patterns.map(({ label, weight }) => [label, weight]) // [["spam", 1.95432], ["ham", 0.97716]]
 */
export function removeJudge(day: DayEvidence, judge: string): DayEvidence {
  const patterns = new Map<string, VotePatternCount>();
  for (const pattern of day.patterns) {
    const { [judge]: _own, ...judge_scores } = pattern.judge_scores;
    const key = toPatternKey({ ...pattern, judge_scores });
    const weight = pattern.weight + (patterns.get(key)?.weight ?? 0);
    patterns.set(key, { judge_scores, label: pattern.label, weight });
  }
  return { ...day, patterns: [...patterns.values()] };
}

/** Returns a key that does not depend on the order of the judges, which the database may change. */
function toPatternKey({ label, judge_scores }: Pick<VotePatternCount, "label" | "judge_scores">): string {
  return canonicalJson([label, judge_scores]);
}

/** Reduces scores to the votes, which are all that a panel reads. */
function toVotes(scores: JudgeScores): JudgeScores {
  return Object.fromEntries(
    Object.entries(scores).map(([judge, { verdict, order_consistent }]): [string, JudgeScore] => [
      judge,
      order_consistent === false
        ? { verdict: verdict ?? null, order_consistent }
        : { verdict: verdict ?? null },
    ]),
  );
}
