/**
 * The specification's judge weights, exactly: a judge's recent agreement with people, minus half of the mean
 * distance between its stated confidence and its agreement. Additive over tasks, so a store streams its rows
 * through `add`.
 *
 *   agreement = sum(w * [verdict = label]) / sum(w),  w = exp(-days * ln 2 / half-life)
 *   error     = mean |confidence/100 - [verdict = label]|            (not decayed)
 *   weight    = clamp(agreement - 0.5 * error, 0.1, 1), three places
 *
 * Its errors, and the panel that is the default instead: docs/methods/judge-weights.md.
 */
import { roundToPlaces } from "../numerics/round-to-places.ts";
import { getConfidenceShare, getVerdict, type JudgedTask } from "./judge-scores.ts";

/** Judge -> weight in [0.1, 1]. */
export type JudgeWeights = Readonly<Record<string, number>>;

/** Weights of an agent that has no evaluation results. */
export const defaultJudgeWeights: JudgeWeights = {
  "gpt-4": 0.8,
  "gpt-3.5-turbo": 0.6,
  "claude-3-opus": 0.8,
  "claude-3-sonnet": 0.7,
};

/** Weight of a judge with too few labeled predictions, and of a judge without a weight. */
export const UNPROVEN_JUDGE_WEIGHT = 0.5;

export interface SpecificationWeightOptions {
  /** Reference time. Tasks after it, or more than `lookbackDays` (default 30) before it, do not count. */
  readonly asOf: Date;
  readonly lookbackDays?: number;
  readonly halfLifeDays?: number;
  /** Labeled predictions below which a judge gets `UNPROVEN_JUDGE_WEIGHT`; 5 by default. */
  readonly minPredictions?: number;
  readonly defaults?: JudgeWeights;
}

/** A judge's weight and the figures that it is computed from. */
export interface SpecificationWeightEvidence {
  /** Labeled predictions in the window. */
  readonly predictions: number;
  /** Decayed, 0-1; null without predictions. */
  readonly agreement: number | null;
  /** 0-1; null without predictions. */
  readonly calibration_error: number | null;
  readonly weight: number;
}

interface Tally {
  predictions: number;
  weight: number;
  agreeing: number;
  error: number;
}

const DAY_MS = 86_400_000;

/** Judge -> labeled predictions, decayed sum of their weights, of the agreeing ones' weights, sum of errors. */
export type SpecificationTallies = Readonly<
  Record<string, readonly [predictions: number, weight: number, agreeing: number, error: number]>
>;

export interface SpecificationWeightSum {
  /** Adds one task. A missing or unreadable time counts as `asOf`. */
  add(task: JudgedTask): void;
  /** Adds the tallies of another sum with reference time `asOf`, which may lie before or after that of this sum. */
  addTallies(tallies: SpecificationTallies, asOf: Date): void;
  tallies(): SpecificationTallies;
  /** Weights of every judge seen in the window; the defaults if there was none. */
  weights(): JudgeWeights;
  /** The same weights with their evidence; empty if no task was in the window. */
  evidence(): Readonly<Record<string, SpecificationWeightEvidence>>;
}

/**
 * Starts a sum that tasks are added to in any order. Memory: one small record per judge.
 *
 * @example
 * const sum = sumSpecificationWeights({ asOf: new Date("2026-03-08T00:00:00Z"), minPredictions: 2 });
 * const judge_scores = { ann: { verdict: "spam", confidence: 80 } };
 * sum.add({ judge_scores, label: "spam", created_at: "2026-03-08T00:00:00Z" });
 * sum.add({ judge_scores, label: "ham", created_at: "2026-03-01T00:00:00Z" });
 * sum.tallies() // { ann: [2, 1.5, 1, 1] }  (7 days ago counts half)
 * sum.evidence().ann // { predictions: 2, agreement: 0.666667, calibration_error: 0.5, weight: 0.417 }
 */
export function sumSpecificationWeights(options: SpecificationWeightOptions): SpecificationWeightSum {
  const { asOf, lookbackDays = 30, halfLifeDays = 7, minPredictions = 5 } = options;
  const defaults = options.defaults ?? defaultJudgeWeights;
  const tallies = new Map<string, Tally>();

  const toEvidence = (tally: Tally): SpecificationWeightEvidence => {
    const { predictions } = tally;
    if (predictions === 0) {
      return { predictions, agreement: null, calibration_error: null, weight: UNPROVEN_JUDGE_WEIGHT };
    }
    const agreement = tally.agreeing / tally.weight;
    const error = tally.error / predictions;
    const weight =
      predictions < minPredictions
        ? UNPROVEN_JUDGE_WEIGHT
        : roundToPlaces(Math.min(1, Math.max(0.1, agreement - 0.5 * error)), 3);
    return { predictions, agreement, calibration_error: error, weight };
  };

  // The floor keeps the ratio defined if the decay underflows in a long window.
  const decayOver = (days: number): number =>
    Math.max(Math.exp((-days * Math.LN2) / halfLifeDays), Number.MIN_VALUE);

  const getTally = (judge: string): Tally => {
    let tally = tallies.get(judge);
    if (tally === undefined) {
      tally = { predictions: 0, weight: 0, agreeing: 0, error: 0 };
      tallies.set(judge, tally);
    }
    return tally;
  };

  return {
    addTallies(added, addedAsOf) {
      const decay = decayOver((asOf.getTime() - addedAsOf.getTime()) / DAY_MS);
      for (const [judge, [predictions, weight, agreeing, error]] of Object.entries(added)) {
        const tally = getTally(judge);
        tally.predictions += predictions;
        tally.weight += decay * weight;
        tally.agreeing += decay * agreeing;
        tally.error += error;
      }
    },
    tallies: () =>
      Object.fromEntries(
        [...tallies]
          .sort(byName)
          .map(([judge, tally]) => [judge, [tally.predictions, tally.weight, tally.agreeing, tally.error]]),
      ),
    add(task) {
      const days = daysBefore(asOf, task.created_at);
      if (days < 0 || days > lookbackDays) return;
      const decay = decayOver(days);
      const label = task.label ?? null;
      for (const [judge, score] of Object.entries(task.judge_scores)) {
        const tally = getTally(judge);
        const verdict = getVerdict(score);
        if (label === null || verdict === null) continue;
        const agrees = verdict === label ? 1 : 0;
        tally.predictions += 1;
        tally.weight += decay;
        tally.agreeing += decay * agrees;
        tally.error += Math.abs(getConfidenceShare(score) - agrees);
      }
    },
    weights() {
      if (tallies.size === 0) return { ...defaults };
      return Object.fromEntries(
        [...tallies].sort(byName).map(([judge, tally]) => [judge, toEvidence(tally).weight]),
      );
    },
    evidence() {
      return Object.fromEntries(
        [...tallies].sort(byName).map(([judge, tally]) => [judge, toEvidence(tally)]),
      );
    },
  };
}

/**
 * Computes the specification's weight of every judge in `tasks`; the defaults if no task is in the window.
 *
 * @example
 * const tasks = Array.from({ length: 5 }, (_, at) => ({
 *   judge_scores: { ann: { verdict: "spam", confidence: 90 }, bob: { verdict: "ham", confidence: 60 } },
 *   label: at < 4 ? "spam" : "ham",
 * }));
 * specificationWeights(tasks, { asOf: new Date(0) }) // { ann: 0.67, bob: 0.1 }
 */
export function specificationWeights(
  tasks: Iterable<JudgedTask>,
  options: SpecificationWeightOptions,
): JudgeWeights {
  const sum = sumSpecificationWeights(options);
  for (const task of tasks) sum.add(task);
  return sum.weights();
}

function daysBefore(asOf: Date, createdAt: string | Date | null | undefined): number {
  if (createdAt === null || createdAt === undefined) return 0;
  const time = new Date(createdAt).getTime();
  return Number.isNaN(time) ? 0 : (asOf.getTime() - time) / DAY_MS;
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
