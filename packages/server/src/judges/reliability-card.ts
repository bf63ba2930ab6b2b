/** The reliability card of one judge: its measured accuracy, and the evidence that it rests on. */
import type { ReliabilityCard } from "@relearn/contract";
import { betaQuantile } from "../numerics/beta-quantile.ts";
import { cohenKappa } from "../numerics/cohen-kappa.ts";
import { seededRandom } from "../numerics/random.ts";
import { parseJudgeKey } from "./judge-identity.ts";
import type { ReliabilityEvidence } from "./reliability-evidence.ts";

export interface RateWithInterval {
  readonly value: number;
  /** 95 %, lower and upper. */
  readonly interval: readonly [number, number];
}

export interface CalibrationPoint {
  /** Mean stated confidence in the bin, 0-1. */
  readonly confidence: number;
  /** Agreement with people in the bin. */
  readonly agreement: number;
  /** 95 % bootstrap band of the agreement. */
  readonly band: readonly [number, number];
  /** Decayed labels in the bin. */
  readonly weight: number;
}

export interface DriftWarning {
  /** Agreement of the newest `recent_days` and of the days before them. */
  readonly recent: number;
  readonly before: number;
  readonly recent_labels: number;
  readonly before_labels: number;
  readonly recent_days: number;
  /** One sentence with the numbers. */
  readonly message: string;
}

/** Effective labels below which `enough_labels` is false: the figures depend on the prior. */
export const ENOUGH_LABELS = 25;

const RECENT_DAYS = 14;
/** Labels needed on either side of the drift test. */
const DRIFT_MIN_LABELS = 20;
/** Two-sided 1 %: with ten stable judges one of ten checks shows a false drift; at 5 % four of ten would. */
const DRIFT_Z = 2.576;
const BOOTSTRAP_DRAWS = 400;
const DAY_MS = 86_400_000;

/**
 * Computes the card of `evidence` for the class `positive`, as of the evidence's time.
 *
 * t ~ Beta(2 + hits, 1 + misses) and f ~ Beta(1 + false alarms, 2 + correct rejections) on decayed counts,
 * so their means are t = (2 + hits)/(3 + positives) and f = (1 + false alarms)/(3 + negatives): a judge without
 * labels is right with probability 2/3. Agreement has Jeffreys' prior Beta(½, ½). The band of the calibration
 * curve resamples each bin's agreements at its effective sample size, with a fixed seed.
 *
 * @example
 * const asOf = new Date("2026-03-08T00:00:00Z");
 * const records = ["spam", "spam", "spam", "ham"].map((label) => ({
 *   score: { verdict: "spam", confidence: 80 },
 *   label,
 *   at: asOf,
 * }));
 * const card = reliabilityCard(addReliabilityEvidence(emptyReliabilityEvidence("ann", asOf), records, asOf), "spam");
 * card.sensitivity // { value: 0.833333, interval: [0.478176, 0.994949] }
 * card.false_alarm_rate.value // 0.5
 * [card.agreement.value, card.brier, card.enough_labels] // [0.7, 0.19, false]
 */
export function reliabilityCard(evidence: ReliabilityEvidence, positive: string): ReliabilityCard {
  const { weight } = evidence;
  let hits = 0;
  let positives = 0;
  let falseAlarms = 0;
  let agreeing = 0;
  for (const [label, row] of Object.entries(evidence.counts)) {
    for (const [verdict, count] of Object.entries(row)) {
      if (label === positive) positives += count;
      if (label === positive && verdict === positive) hits += count;
      if (label !== positive && verdict === positive) falseAlarms += count;
      if (label === verdict) agreeing += count;
    }
  }
  const negatives = weight - positives;
  const effective = evidence.squared_weight > 0 ? weight ** 2 / evidence.squared_weight : 0;
  const seen = weight > 0;
  return {
    judge: evidence.judge,
    ...parseJudgeKey(evidence.judge),
    positive,
    labels: evidence.labels,
    abstentions: evidence.abstentions,
    order_inconsistency: evidence.both_orders > 0 ? evidence.order_inconsistent / evidence.both_orders : null,
    effective_sample_size: effective,
    enough_labels: Math.min(effective, weight) >= ENOUGH_LABELS,
    agreement: computeBetaRate(agreeing + 0.5, weight - agreeing + 0.5),
    sensitivity: computeBetaRate(2 + hits, 1 + positives - hits),
    false_alarm_rate: computeBetaRate(1 + falseAlarms, 2 + negatives - falseAlarms),
    cohen_kappa: computeKappa(evidence),
    base_rate: seen ? positives / weight : null,
    brier: seen ? evidence.brier / weight : null,
    log_loss: seen ? evidence.log_loss / weight : null,
    calibration_error: seen
      ? evidence.bins.reduce((sum, bin) => sum + Math.abs(bin[2] - bin[3]), 0) / weight
      : null,
    calibration_curve: computeCalibrationCurve(evidence),
    confusion: evidence.counts,
    days: evidence.days,
    drift: findDrift(evidence),
    last_evidence: evidence.last_evidence,
  };
}

/** Computes mean and 95 % interval of Beta(a, b). Rounding of decayed sums may leave a count slightly below 0. */
function computeBetaRate(a: number, b: number): RateWithInterval {
  const right = Math.max(a, 1e-9);
  const wrong = Math.max(b, 1e-9);
  return {
    value: right / (right + wrong),
    interval: [betaQuantile(0.025, right, wrong), betaQuantile(0.975, right, wrong)],
  };
}

function computeKappa(evidence: ReliabilityEvidence): number | null {
  const names = new Set<string>();
  for (const [label, row] of Object.entries(evidence.counts)) {
    names.add(label);
    for (const verdict of Object.keys(row)) names.add(verdict);
  }
  const order = [...names].sort();
  const table = order.flatMap((label) =>
    order.map((verdict) => {
      const row = Object.hasOwn(evidence.counts, label) ? evidence.counts[label]! : {};
      return Object.hasOwn(row, verdict) ? row[verdict]! : 0;
    }),
  );
  return cohenKappa(table, order.length);
}

function computeCalibrationCurve(evidence: ReliabilityEvidence): CalibrationPoint[] {
  const random = seededRandom(1);
  const points: CalibrationPoint[] = [];
  for (const [weight, squared, confidence, agreeing] of evidence.bins) {
    if (!(weight > 0)) continue;
    const effective = Math.max(1, Math.round(weight ** 2 / squared));
    // Half a pseudo-label on each side, so that a bin with full agreement still has a band.
    const share = (agreeing + 0.5) / (weight + 1);
    const draws = Array.from({ length: BOOTSTRAP_DRAWS }, () => {
      let right = 0;
      for (let label = 0; label < Math.min(effective, 2000); label++)
        right += random.uniform() < share ? 1 : 0;
      return right / Math.min(effective, 2000);
    }).sort((a, b) => a - b);
    points.push({
      confidence: confidence / weight,
      agreement: agreeing / weight,
      band: [draws[Math.floor(0.025 * BOOTSTRAP_DRAWS)]!, draws[Math.ceil(0.975 * BOOTSTRAP_DRAWS) - 1]!],
      weight,
    });
  }
  return points;
}

/** Tests the newest days against those before (two-proportion z test); null if the difference is not significant. */
function findDrift(evidence: ReliabilityEvidence): DriftWarning | null {
  const cut = new Date(Date.parse(evidence.as_of) - RECENT_DAYS * DAY_MS).toISOString().slice(0, 10);
  let recentLabels = 0;
  let recentAgreeing = 0;
  let beforeLabels = 0;
  let beforeAgreeing = 0;
  for (const [day, [n, agreeing]] of Object.entries(evidence.days)) {
    if (day > cut) {
      recentLabels += n;
      recentAgreeing += agreeing;
    } else {
      beforeLabels += n;
      beforeAgreeing += agreeing;
    }
  }
  if (recentLabels < DRIFT_MIN_LABELS || beforeLabels < DRIFT_MIN_LABELS) return null;
  const recent = recentAgreeing / recentLabels;
  const before = beforeAgreeing / beforeLabels;
  const pooled = (recentAgreeing + beforeAgreeing) / (recentLabels + beforeLabels);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / recentLabels + 1 / beforeLabels));
  if (!(Math.abs(recent - before) > DRIFT_Z * error)) return null;
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  return {
    recent,
    before,
    recent_labels: recentLabels,
    before_labels: beforeLabels,
    recent_days: RECENT_DAYS,
    message:
      `Agreement with people went from ${percent(before)} (${beforeLabels} labels) to ${percent(recent)} ` +
      `(${recentLabels} labels) in the last ${RECENT_DAYS} days. Check the judge's model and rubric.`,
  };
}
