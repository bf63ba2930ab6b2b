/**
 * The specification's judge weights, exactly: how often a judge agreed with people lately, less half of how
 * far its stated confidence was from that. Additive over tasks, so a store streams its rows through `add`.
 *
 *   agreement = sum(w * [verdict = label]) / sum(w),  w = exp(-days * ln 2 / half-life)
 *   error     = mean |confidence/100 - [verdict = label]|            (not decayed)
 *   weight    = clamp(agreement - 0.5 * error, 0.1, 1), three places
 *
 * What it gets wrong, and the panel that is the default instead: docs/methods/judge-weights.md.
 */
import { roundToPlaces } from "../numerics/round-to-places.ts";
import { getConfidenceShare, getVerdict, type JudgedTask } from "./judge-scores.ts";

/** Judge -> weight in [0.1, 1]. */
export type JudgeWeights = Readonly<Record<string, number>>;

/** The weights of an agent that has no evaluation results. */
export const defaultJudgeWeights: JudgeWeights = {
  "gpt-4": 0.8,
  "gpt-3.5-turbo": 0.6,
  "claude-3-opus": 0.8,
  "claude-3-sonnet": 0.7,
};

/** The weight of a judge with too few labeled predictions, and of one without a weight. */
export const UNPROVEN_JUDGE_WEIGHT = 0.5;

export interface SpecificationWeightOptions {
  /** Now. Tasks after it, or more than `lookbackDays` before it, do not count. */
  readonly asOf: Date;
  readonly lookbackDays?: number;
  readonly halfLifeDays?: number;
  /** Labeled predictions below which a judge gets `UNPROVEN_JUDGE_WEIGHT`. */
  readonly minPredictions?: number;
  readonly defaults?: JudgeWeights;
}

/** What a judge's weight is made of. */
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
  /** Counts one task; a time that cannot be read counts as unknown, and unknown as now. */
  add(task: JudgedTask): void;
  /** Counts what another sum has counted by `asOf`, which may be before or after this sum's own time. */
  addTallies(tallies: SpecificationTallies, asOf: Date): void;
  tallies(): SpecificationTallies;
  /** The weights over everything added: every judge seen in the window, or the defaults where none was. */
  weights(): JudgeWeights;
  /** The same with what they are made of; empty where no task was in the window. */
  evidence(): Readonly<Record<string, SpecificationWeightEvidence>>;
}

/** Starts a sum that tasks are added to, in any order. Memory: one small record per judge. */
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

  // The floor keeps a ratio defined where a long window lets the decay underflow.
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

/** The specification's weight of every judge in `tasks`; the defaults where no task is in the window. */
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
