/**
 * What people's labels say about an agent's judges, by the day of the verdicts (UTC), as sums.
 *
 * Labels come late, change and are taken back, so sums that only grow will not do: the days that changed are
 * counted again, the others are taken as they are, and everything decays to the present by one factor a day.
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
   * The same with the feature model's score, for cards and panel; the specification's weights know nothing of
   * it. Left out: there is no model.
   */
  readonly panel_scores?: JudgeScores;
  readonly label: string;
  readonly created_at: Date;
}

/** One combination of votes and label, with how often it came. */
export interface VotePatternCount {
  readonly judge_scores: JudgeScores;
  readonly label: string;
  /** Decayed to the evidence's `as_of`. */
  readonly weight: number;
}

export interface DayEvidence {
  readonly day: string;
  /** The end of the day, or when it was counted if that was before. */
  readonly as_of: string;
  /** Every judge that judged on the day, labeled or not, but for the feature model. */
  readonly seen: readonly string[];
  /** Labeled results. */
  readonly labels: number;
  readonly specification: SpecificationTallies;
  readonly judges: Readonly<Record<string, ReliabilityEvidence>>;
  readonly patterns: readonly VotePatternCount[];
}

const DAY_MS = 86_400_000;

/** 00:00 UTC of `day` (YYYY-MM-DD). */
export function startOfDay(day: string): Date {
  return new Date(`${day}T00:00:00.000Z`);
}

/** The UTC day of a time, YYYY-MM-DD. */
export function utcDay(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/** Starts counting a day; results are added in pages of any size. Memory: the distinct vote patterns. */
export function startDayEvidence(day: string, now: Date) {
  const end = new Date(startOfDay(day).getTime() + DAY_MS);
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

/** Tasks and weights for `countVotePatterns`, decayed to `asOf`. */
export function patternTasks(
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

/** The day's patterns without what these results put into them; results of other days are left aside. */
export function withoutResults(day: DayEvidence, results: readonly LabeledResult[]): DayEvidence {
  const own = results.filter((result) => utcDay(result.created_at) === day.day);
  if (own.length === 0) return day;
  const taken = startDayEvidence(day.day, new Date(day.as_of));
  taken.add(own);
  const weights = new Map(
    taken.document([]).patterns.map((pattern) => [toPatternKey(pattern), pattern.weight]),
  );
  return {
    ...day,
    patterns: day.patterns.map((pattern) => ({
      ...pattern,
      weight: Math.max(0, pattern.weight - (weights.get(toPatternKey(pattern)) ?? 0)),
    })),
  };
}

/** The day's patterns as they are without this judge's votes. */
export function withoutJudge(day: DayEvidence, judge: string): DayEvidence {
  const patterns = new Map<string, VotePatternCount>();
  for (const pattern of day.patterns) {
    const { [judge]: _own, ...judge_scores } = pattern.judge_scores;
    const key = toPatternKey({ ...pattern, judge_scores });
    const weight = pattern.weight + (patterns.get(key)?.weight ?? 0);
    patterns.set(key, { judge_scores, label: pattern.label, weight });
  }
  return { ...day, patterns: [...patterns.values()] };
}

/** Whatever the order of the judges: a stored document has its keys in an order of the database's. */
function toPatternKey({ label, judge_scores }: Pick<VotePatternCount, "label" | "judge_scores">): string {
  return canonicalJson([label, judge_scores]);
}

/** The votes alone: what a panel reads of the scores. */
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
