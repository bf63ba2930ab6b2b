/** The card that people see of one judge: how far it can be trusted, and on how much evidence. */
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
  /** How often the judge was then right. */
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

/** Effective labels under which a card says that it leans on the prior. */
export const ENOUGH_LABELS = 25;

/** A change of agreement within two weeks is seen while it can still be acted upon. */
const RECENT_DAYS = 14;
/** Under so many labels on either side two shares differ by luck. */
const DRIFT_MIN_LABELS = 20;
/** Two-sided 1 %: among ten steady judges one looks drifted on one look in ten; at 5 % on two looks in five. */
const DRIFT_Z = 2.576;
const BOOTSTRAP_DRAWS = 400;
const DAY_MS = 86_400_000;

/**
 * The card of `evidence` for the class `positive`, as of the evidence's time.
 *
 * t ~ Beta(2 + hits, 1 + misses) and f ~ Beta(1 + false alarms, 2 + correct rejections) on decayed counts,
 * so their means are t = (2 + hits)/(3 + positives) and f = (1 + false alarms)/(3 + negatives): an unknown
 * judge is right two times of three. Agreement has Jeffreys' prior Beta(½, ½). The band of the calibration
 * curve resamples each bin's agreements at its effective sample size, with a fixed seed.
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
    agreement: betaRate(agreeing + 0.5, weight - agreeing + 0.5),
    sensitivity: betaRate(2 + hits, 1 + positives - hits),
    false_alarm_rate: betaRate(1 + falseAlarms, 2 + negatives - falseAlarms),
    cohen_kappa: computeKappa(evidence),
    base_rate: seen ? positives / weight : null,
    brier: seen ? evidence.brier / weight : null,
    log_loss: seen ? evidence.log_loss / weight : null,
    calibration_error: seen
      ? evidence.bins.reduce((sum, bin) => sum + Math.abs(bin[2] - bin[3]), 0) / weight
      : null,
    calibration_curve: calibrationCurve(evidence),
    confusion: evidence.counts,
    days: evidence.days,
    drift: findDrift(evidence),
    last_evidence: evidence.last_evidence,
  };
}

/** Mean and 95 % interval of Beta(a, b). Rounding of decayed sums may leave a count a hair below 0. */
function betaRate(a: number, b: number): RateWithInterval {
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

function calibrationCurve(evidence: ReliabilityEvidence): CalibrationPoint[] {
  const random = seededRandom(1);
  const points: CalibrationPoint[] = [];
  for (const [weight, squared, confidence, agreeing] of evidence.bins) {
    if (!(weight > 0)) continue;
    const effective = Math.max(1, Math.round(weight ** 2 / squared));
    // Half a pseudo-label on each side: a bin where all agreed is not certain to.
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

/** A two-proportion z test of the newest days against those before; null where it says nothing. */
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
      `(${recentLabels} labels) in the last ${RECENT_DAYS} days: look at the judge's model or rubric.`,
  };
}
