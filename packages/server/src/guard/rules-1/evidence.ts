import type { RolloutPolicy } from "@relearn/contract";
import { type Guardrail, guardrailNames } from "@relearn/contract/values";
import { type ArmDifference, addToDifference, emptyArmDifference } from "../../numerics/arm-difference.ts";
import {
  type ArmTotals,
  addToTotals,
  emptyArmTotals,
  type PredictableMeans,
  predictableMeans,
} from "../../numerics/arm-means.ts";
import {
  type DeltaIntervalState,
  growDeltaInterval,
  startDeltaInterval,
} from "../../numerics/delta-interval.ts";
import {
  growWealth,
  type LinearStream,
  logEValue,
  logWeightedMean,
  meanBets,
  rareBets,
  startWealth,
} from "../../numerics/e-process.ts";
import {
  freezeLogScale,
  type LogScale,
  notHigherStream,
  ratioStream,
  scaleColumns,
  scaleStreams,
} from "../../numerics/log-scale.ts";
import { getPromotionAlpha } from "../../numerics/promotion-alpha.ts";
import { logSplitBayesFactor, type SplitCounts } from "../../numerics/sample-ratio.ts";
import { countCells, type UnitCells } from "../../numerics/unit-cells.ts";
import { addToHistogram, emptyHistogram, type WeightedHistogram } from "../../numerics/weighted-histogram.ts";
import type { MaturedColumns } from "../rules/matured-units.ts";

/**
 * Evidence from a rollout's units so far, as one JSON document: stored with the rollout, extended by each analysis
 * with the units that matured since, never recomputed from the start.
 *
 * Harm, gain, missing outcomes and the estimate of the rollout run from its start to its end; `stage` and the
 * not-worse streams start with each stage, since evidence at 10 % must not count for harm that begins at 50 %.
 * Within an analysis units are taken in batches in order of first exposure, and the bets on a batch depend only on
 * the units before it. The borders follow from the counts alone, so the journal needs no more than the units of each
 * analysis.
 *
 * Rejected: keeping units and recomputing each analysis (seconds at 10⁶ units, and a result that depends on when
 * rows were erased); one batch per analysis (a nightly analysis would bet on a whole day with the same means).
 */
export interface Evidence {
  readonly version: 1;
  readonly started_at: string;
  readonly alpha: number;
  /** Alpha of promotions in the current attempt. */
  readonly widening_alpha: number;
  /** Judge of quality when the evidence began; numbers of another judge are not comparable. */
  readonly judge_identity: string | null;
  readonly baseline: Baseline;
  /** Shares of the measures in the harm e-value; sum 1 over the measures that are watched. */
  readonly weights: Readonly<Partial<Record<Guardrail, number>>>;
  readonly quality: MeanEvidence;
  readonly success: MeanEvidence | null;
  readonly latency: ScaleEvidence | null;
  readonly cost: ScaleEvidence | null;
  /** The weighted mean over the measures. */
  readonly harm: Latch;
  readonly missing: MissingEvidence;
  /** Matured units of the rollout. */
  readonly units: { readonly canary: number; readonly active: number };
  readonly stage: StageEvidence;
  /** Log Bayes factors of the stages before, summed. */
  readonly closed_split_log: number;
  /** Highest log Bayes factor against the planned split at any analysis. */
  readonly split_peak: number;
}

/** Values frozen before the first unit, from the active arm's last 7 days. */
export interface Baseline {
  /** Mean quality; null if there is no past. */
  readonly quality_mean: number | null;
  readonly latency: LogScale | null;
  readonly cost: LogScale | null;
  readonly has_success: boolean;
}

/** Highest log e-value at a batch border, and when it first reached its line. */
export interface Latch {
  readonly log_e: number;
  readonly peak: number;
  readonly proven: { readonly units: number; readonly at: string } | null;
}

/** A stream "not worse by the stage's margin", begun on entering the stage. */
export interface NotWorseEvidence extends Latch {
  /** Relative margin, or points of the mean if `in_points`. */
  readonly margin: number;
  readonly in_points: boolean;
  readonly log_wealth: readonly number[];
}

/** A mean of values in [0, 1], higher is better: quality, success. */
export interface MeanEvidence {
  readonly totals: ArmTotals;
  readonly harm: readonly number[];
  readonly gain: readonly number[];
  readonly gained: Latch;
  /** Null in the last stage, which opens no other. */
  readonly not_worse: NotWorseEvidence | null;
  readonly rollout: ArmDifference;
  readonly stage: ArmDifference;
  readonly interval: DeltaIntervalState | null;
}

/** A heavy-tailed measure, higher is worse: latency, cost. */
export interface ScaleEvidence {
  /** In the order of `scaleStreams`. */
  readonly streams: readonly { readonly totals: ArmTotals; readonly harm: readonly number[] }[];
  readonly not_worse: NotWorseEvidence | null;
  /** On the scaled logarithm. */
  readonly rollout: ArmDifference;
  readonly stage: ArmDifference;
  readonly histograms: {
    readonly rollout: { readonly canary: WeightedHistogram; readonly active: WeightedHistogram };
    readonly stage: { readonly canary: WeightedHistogram; readonly active: WeightedHistogram };
  };
  readonly interval: DeltaIntervalState | null;
}

/** Units without an outcome, both directions. */
export interface MissingEvidence {
  readonly totals: ArmTotals;
  readonly canary_more: readonly number[];
  readonly active_more: readonly number[];
  readonly canary_peak: number;
  /** Of the mean of both directions. */
  readonly peak: number;
  readonly rollout: ArmDifference;
}

export interface StageEvidence {
  readonly index: number;
  readonly entered_at: string;
  readonly units: { readonly canary: number; readonly active: number };
  /** First exposure of the newest matured unit of each arm. */
  readonly newest: { readonly canary: string | null; readonly active: string | null };
  /** Units of the other arm that were exposed after it: measures in traffic how long the arm is silent. */
  readonly others_since: { readonly canary: number; readonly active: number };
  /** Assignments (exposures) of this stage by planned probability. */
  readonly assignments: readonly SplitCounts[];
}

export interface EvidenceStart {
  readonly policy: RolloutPolicy;
  readonly stage: number;
  readonly attempt: number;
  readonly baseline: Baseline;
  readonly judge_identity: string | null;
  /** Whether to compute the interval of the differences as well; it is for display, no verdict needs it. */
  readonly with_interval: boolean;
}

/** Freezes the baseline for `startEvidence` from the active arm's last 7 days; absent values are NaN. */
export function freezeBaseline(past: {
  readonly quality: Iterable<number>;
  readonly latency_ms: Iterable<number>;
  readonly cost: Iterable<number>;
  readonly success: Iterable<number>;
}): Baseline {
  let sum = 0;
  let units = 0;
  for (const value of past.quality) {
    if (value >= 0 && value <= 1) {
      sum += value;
      units += 1;
    }
  }
  let has_success = false;
  for (const value of past.success) has_success ||= value >= 0 && value <= 1;
  return {
    // A mean of a few units would freeze the wrong kind of margin.
    quality_mean: units >= 50 ? sum / units : null,
    latency: freezeLogScale(past.latency_ms),
    cost: freezeLogScale(past.cost),
    has_success,
  };
}

/** Returns evidence before the first unit. Measures that the active arm has not reported so far are not watched. */
export function startEvidence(start: EvidenceStart, now: Date): Evidence {
  const { policy, baseline, with_interval } = start;
  const watched: Record<Guardrail, boolean> = {
    quality: true,
    latency: baseline.latency !== null,
    cost: baseline.cost !== null,
    success: baseline.has_success,
  };
  const names = guardrailNames.filter((name) => watched[name] && policy.guardrail_weights[name] > 0);
  const total = names.reduce((sum, name) => sum + policy.guardrail_weights[name], 0);
  const evidence: Evidence = {
    version: 1,
    started_at: now.toISOString(),
    alpha: policy.alpha,
    widening_alpha: getPromotionAlpha(policy.alpha, start.attempt),
    judge_identity: start.judge_identity,
    baseline,
    weights: Object.fromEntries(names.map((name) => [name, policy.guardrail_weights[name] / total])),
    quality: startMean(with_interval),
    success: names.includes("success") ? startMean(with_interval) : null,
    latency: names.includes("latency") ? startScale(with_interval) : null,
    cost: names.includes("cost") ? startScale(with_interval) : null,
    harm: openLatch(),
    missing: {
      totals: emptyArmTotals(),
      canary_more: startWealth(rareBets),
      active_more: startWealth(rareBets),
      canary_peak: 0,
      peak: 0,
      rollout: emptyArmDifference(),
    },
    units: { canary: 0, active: 0 },
    stage: emptyStage(start.stage, now),
    closed_split_log: 0,
    split_peak: 0,
  };
  return enterStage(evidence, policy, start.stage, now);
}

/**
 * Returns the evidence with quality judged by `identity` if it has no unit yet, else as it is: the judge that it began
 * with stays. If another judge took over, a restart of the evidence follows, since numbers of two judges do not compare.
 */
export function withJudge(evidence: Evidence, identity: string | null): Evidence {
  const isEmpty = evidence.units.canary + evidence.units.active === 0;
  return isEmpty ? { ...evidence, judge_identity: identity } : evidence;
}

/** Returns the evidence as it enters a stage: the not-worse streams and the numbers of the stage start from scratch. */
export function enterStage(evidence: Evidence, policy: RolloutPolicy, stage: number, now: Date): Evidence {
  const margins = policy.not_worse[stage];
  const { baseline } = evidence;
  // Frozen at the start of the stream: the past week's mean, else what the rollout itself has seen.
  const seen = evidence.quality.totals;
  const activeMean =
    baseline.quality_mean ?? (seen.active_units >= 50 ? seen.active_sum / seen.active_units : null);
  const mean = (of: MeanEvidence, base: number | null): MeanEvidence => ({
    ...of,
    not_worse: margins ? startNotWorse(margins.quality, policy.not_worse_floor, base) : null,
    stage: emptyArmDifference(),
  });
  const scale = (of: ScaleEvidence): ScaleEvidence => ({
    ...of,
    not_worse: margins ? startNotWorse(margins.latency, 0, null) : null,
    stage: emptyArmDifference(),
    histograms: { ...of.histograms, stage: { canary: emptyHistogram(), active: emptyHistogram() } },
  });
  return {
    ...evidence,
    quality: mean(evidence.quality, activeMean),
    success: evidence.success && mean(evidence.success, null),
    latency: evidence.latency && scale(evidence.latency),
    cost: evidence.cost && scale(evidence.cost),
    stage: emptyStage(stage, now),
    closed_split_log: evidence.closed_split_log + splitLog(evidence.stage.assignments),
  };
}

/**
 * Returns the evidence extended by the units that matured since the last analysis, in order of first exposure, all of
 * the current stage, and by the stage's assignments so far (all of them, not only the new ones).
 * A million units take well under a second. The same units in the same analyses give the same document.
 */
export function addUnits(
  evidence: Evidence,
  units: MaturedColumns,
  assignments: readonly SplitCounts[],
  now: Date,
): Evidence {
  const grown = thaw(evidence);
  const at = now.toISOString();
  const quality = withoutGaps(units.quality);
  const success = grown.success && withoutGaps(units.success);
  const latency = grown.latency && baselineColumns(grown.baseline.latency, units.latency);
  const cost = grown.cost && baselineColumns(grown.baseline.cost, units.cost);
  const missing = new Float64Array(units.length);
  for (let unit = 0; unit < units.length; unit++) missing[unit] = 1 - units.reported[unit]!;
  const batches = {
    quality: [] as BetBatch[],
    success: [] as BetBatch[],
    latency: [] as BetBatch[],
    cost: [] as BetBatch[],
  };
  let from = 0;
  while (from < units.length) {
    const seen = grown.units.canary + grown.units.active;
    const to = Math.min(units.length, from + batchSize(seen));
    for (let unit = from; unit < to; unit++) {
      const arm = units.canary[unit] === 1 ? "canary" : "active";
      grown.units[arm] += 1;
      grown.stage.units[arm] += 1;
    }
    const total = grown.units.canary + grown.units.active;
    const batch: Batch = { units, from, to, total, at, evidence: grown };
    batches.quality.push(growMean(grown.quality, quality, batch));
    if (grown.success && success) batches.success.push(growMean(grown.success, success, batch));
    if (grown.latency && latency) {
      batches.latency.push(growScale(grown.latency, grown.baseline.latency!, latency, batch));
    }
    if (grown.cost && cost) batches.cost.push(growScale(grown.cost, grown.baseline.cost!, cost, batch));
    growMissing(grown.missing, missing, batch);
    raiseLatch(grown.harm, combinedHarm(grown), toLogThreshold(grown.alpha), total, at);
    from = to;
  }
  growInterval(grown.quality, batches.quality, relativeStream, grown.alpha);
  if (grown.success) growInterval(grown.success, batches.success, relativeStream, grown.alpha);
  for (const name of ["latency", "cost"] as const) {
    const scale = grown.baseline[name];
    if (grown[name] && scale)
      growInterval(grown[name], batches[name], (r) => ratioStream(scale, r), grown.alpha);
  }
  noteNewest(grown.stage, units);
  grown.stage.assignments = assignments.map((counts) => ({ ...counts }));
  grown.split_peak = Math.max(grown.split_peak, grown.closed_split_log + splitLog(assignments));
  return grown;
}

/** Returns the log e-value of harm by one measure; null if it is not watched. */
export function harmLog(evidence: Evidence, measure: Guardrail): number | null {
  if (measure === "quality" || measure === "success") {
    const mean = evidence[measure];
    return mean && logEValue(mean.harm);
  }
  const scale = evidence[measure];
  if (!scale) return null;
  return logWeightedMean(
    scale.streams.map((stream) => logEValue(stream.harm)),
    scaleStreams.map((stream) => stream.weight),
  );
}

/** Returns the log Bayes factor against the planned split over all stages. */
export function splitEvidence(evidence: Evidence): number {
  return evidence.closed_split_log + splitLog(evidence.stage.assignments);
}

const worse: LinearStream = { canary: -1, active: 1, constant: 0 };
const more: LinearStream = { canary: 1, active: -1, constant: 0 };

function relativeStream(r: number): LinearStream {
  return { canary: 1, active: -(1 + r), constant: 0 };
}

/**
 * Returns the number of units that are bet on with the same means: at first 50, then a quarter of those seen. Smaller
 * batches learn the means sooner; growing ones keep an analysis of 10⁶ units at about forty batches.
 */
function batchSize(seen: number): number {
  return Math.max(50, Math.floor(seen / 4));
}

interface Batch {
  readonly units: MaturedColumns;
  readonly from: number;
  readonly to: number;
  /** Matured units of the rollout with this batch. */
  readonly total: number;
  readonly at: string;
  readonly evidence: Evidence;
}

interface BetBatch {
  readonly means: PredictableMeans;
  readonly cells: UnitCells;
}

function growMean(mean: Thawed<MeanEvidence>, values: Float64Array, batch: Batch): BetBatch {
  const { evidence, total, at } = batch;
  const cells = countCells(batch.units, values, batch.from, batch.to);
  const means = predictableMeans(mean.totals);
  growWealth(mean.harm, meanBets, worse, means, cells);
  growWealth(mean.gain, meanBets, more, means, cells);
  raiseLatch(mean.gained, logEValue(mean.gain), toLogThreshold(evidence.widening_alpha), total, at);
  const open = mean.not_worse;
  if (open) {
    const stream = open.in_points
      ? { canary: 1, active: -1, constant: open.margin }
      : { canary: 1, active: -(1 - open.margin), constant: 0 };
    growWealth(open.log_wealth, meanBets, stream, means, cells);
    raiseLatch(open, logEValue(open.log_wealth), toLogThreshold(evidence.widening_alpha), total, at);
  }
  addToDifference(mean.rollout, means, cells);
  addToDifference(mean.stage, means, cells);
  addToTotals(mean.totals, cells);
  return { means, cells };
}

function growScale(
  of: Thawed<ScaleEvidence>,
  scale: LogScale,
  columns: readonly Float64Array[],
  batch: Batch,
): BetBatch {
  const { evidence, total, at, units } = batch;
  let bet: BetBatch | undefined;
  for (const [index, stream] of of.streams.entries()) {
    const cells = countCells(units, columns[index]!, batch.from, batch.to);
    const means = predictableMeans(stream.totals);
    growWealth(stream.harm, index === 0 ? meanBets : rareBets, more, means, cells);
    if (index === 0) {
      bet = { means, cells };
      const open = of.not_worse;
      if (open) {
        growWealth(open.log_wealth, meanBets, notHigherStream(scale, open.margin), means, cells);
        raiseLatch(open, logEValue(open.log_wealth), toLogThreshold(evidence.widening_alpha), total, at);
      }
      addToDifference(of.rollout, means, cells);
      addToDifference(of.stage, means, cells);
    }
    addToTotals(stream.totals, cells);
  }
  const logs = columns[0]!;
  for (let unit = batch.from; unit < batch.to; unit++) {
    const probability = units.probability[unit]!;
    const inCanary = units.canary[unit] === 1;
    // Overlap weights: w / π and w / (1 - π) with w = π (1 - π), as in the estimates of the means.
    const arm = inCanary ? "canary" : "active";
    const weight = inCanary ? 1 - probability : probability;
    addToHistogram(of.histograms.rollout[arm], logs[unit]!, weight);
    addToHistogram(of.histograms.stage[arm], logs[unit]!, weight);
  }
  return bet!;
}

function growMissing(missing: Thawed<MissingEvidence>, indicator: Float64Array, batch: Batch): void {
  const cells = countCells(batch.units, indicator, batch.from, batch.to);
  const means = predictableMeans(missing.totals);
  growWealth(missing.canary_more, rareBets, more, means, cells);
  growWealth(missing.active_more, rareBets, worse, means, cells);
  addToDifference(missing.rollout, means, cells);
  addToTotals(missing.totals, cells);
  const canaryLog = logEValue(missing.canary_more);
  const bothLog = logEValue([canaryLog, logEValue(missing.active_more)]);
  missing.canary_peak = Math.max(missing.canary_peak, canaryLog);
  missing.peak = Math.max(missing.peak, bothLog);
}

function growInterval(
  of: { interval: DeltaIntervalState | null },
  batches: readonly BetBatch[],
  streamAt: (r: number) => LinearStream,
  alpha: number,
): void {
  if (of.interval && batches.length > 0)
    of.interval = growDeltaInterval(of.interval, batches, streamAt, alpha);
}

/** Returns the weighted mean of the measures' harm e-values, as a logarithm. */
function combinedHarm(evidence: Evidence): number {
  const names = guardrailNames.filter((name) => evidence.weights[name] !== undefined);
  return logWeightedMean(
    names.map((name) => harmLog(evidence, name)!),
    names.map((name) => evidence.weights[name]!),
  );
}

function raiseLatch(latch: Thawed<Latch>, logE: number, line: number, units: number, at: string): void {
  latch.log_e = logE;
  if (logE > latch.peak) latch.peak = logE;
  // Tolerance, so that rounding does not decide exactly at the line.
  if (latch.proven === null && logE >= line - 1e-12) latch.proven = { units, at };
}

function toLogThreshold(alpha: number): number {
  return Math.log(1 / alpha);
}

function splitLog(assignments: readonly SplitCounts[]): number {
  return assignments.reduce((sum, counts) => sum + logSplitBayesFactor(counts), 0);
}

function noteNewest(stage: Thawed<StageEvidence>, units: MaturedColumns): void {
  const last = { canary: -1, active: -1 };
  for (let unit = 0; unit < units.length; unit++) {
    const arm = units.canary[unit] === 1 ? "canary" : "active";
    last[arm] = unit;
    stage.others_since[arm] = 0;
    stage.others_since[arm === "canary" ? "active" : "canary"] += 1;
  }
  for (const arm of ["canary", "active"] as const) {
    if (last[arm] < 0) continue;
    const newest = new Date(units.exposedAt[last[arm]]!).toISOString();
    const before = stage.newest[arm];
    if (before === null || newest > before) stage.newest[arm] = newest;
  }
}

function withoutGaps(values: Float64Array): Float64Array {
  const filled = values.slice();
  for (let unit = 0; unit < filled.length; unit++) if (Number.isNaN(filled[unit]!)) filled[unit] = 0;
  return filled;
}

function baselineColumns(scale: LogScale | null, raw: Float64Array): Float64Array[] | null {
  return scale && scaleColumns(scale, raw);
}

function startMean(withInterval: boolean): MeanEvidence {
  return {
    totals: emptyArmTotals(),
    harm: startWealth(meanBets),
    gain: startWealth(meanBets),
    gained: openLatch(),
    not_worse: null,
    rollout: emptyArmDifference(),
    stage: emptyArmDifference(),
    interval: withInterval ? startDeltaInterval() : null,
  };
}

function startScale(withInterval: boolean): ScaleEvidence {
  return {
    streams: scaleStreams.map((_, index) => ({
      totals: emptyArmTotals(),
      harm: startWealth(index === 0 ? meanBets : rareBets),
    })),
    not_worse: null,
    rollout: emptyArmDifference(),
    stage: emptyArmDifference(),
    histograms: {
      rollout: { canary: emptyHistogram(), active: emptyHistogram() },
      stage: { canary: emptyHistogram(), active: emptyHistogram() },
    },
    interval: withInterval ? startDeltaInterval() : null,
  };
}

function startNotWorse(margin: number, floor: number, activeMean: number | null): NotWorseEvidence {
  const in_points = activeMean !== null && margin * activeMean < floor;
  return { ...openLatch(), margin: in_points ? floor : margin, in_points, log_wealth: startWealth(meanBets) };
}

function openLatch(): Latch {
  return { log_e: 0, peak: 0, proven: null };
}

function emptyStage(index: number, now: Date): StageEvidence {
  return {
    index,
    entered_at: now.toISOString(),
    units: { canary: 0, active: 0 },
    newest: { canary: null, active: null },
    others_since: { canary: 0, active: 0 },
    assignments: [],
  };
}

/** The same document with everything writable, for the one copy that an analysis makes and extends. */
type Thawed<Document> = Document extends string | number | boolean | null | undefined
  ? Document
  : { -readonly [Member in keyof Document]: Thawed<Document[Member]> };

function thaw(evidence: Evidence): Thawed<Evidence> {
  return copyDeep(evidence) as Thawed<Evidence>;
}

/** A deep copy of a JSON document; takes a quarter of the time of `structuredClone`, which would dominate an analysis. */
function copyDeep(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return typeof value[0] === "object" ? value.map(copyDeep) : value.slice();
  const copy: Record<string, unknown> = {};
  for (const name in value) copy[name] = copyDeep((value as Record<string, unknown>)[name]);
  return copy;
}
