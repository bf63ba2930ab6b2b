/**
 * What is known of one judge, as sums that new verdicts are added to: state + records -> state. Everything
 * decays by one factor as time passes, so the state of last night and the records since are enough, and the
 * result is the same as counting everything again.
 *
 * Decay acts on counts, not on ratios: a judge that has not been seen for long drifts back to the prior
 * instead of keeping its ratio at full confidence.
 */
import { getConfidenceShare, getVerdict, type JudgeScore } from "./judge-scores.ts";

/** One verdict of the judge on a task that a person labeled. */
export interface JudgedLabel {
  readonly score: JudgeScore;
  readonly label: string;
  /** When the judge answered; left out or unreadable: not known, which decays like now and is no day's evidence. */
  readonly at?: Date | string | null;
}

export interface ReliabilityEvidence {
  readonly judge: string;
  readonly half_life_days: number;
  /** ISO 8601; the moment that the sums are decayed to. */
  readonly as_of: string;
  /** Labeled verdicts, not decayed. */
  readonly labels: number;
  /** Labeled tasks on which the judge gave no verdict, not decayed. */
  readonly abstentions: number;
  /** Labeled verdicts asked for in both answer orders, and those of them that contradicted themselves. */
  readonly both_orders: number;
  readonly order_inconsistent: number;
  /** Decayed labels: class -> verdict -> weight. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Sum of the weights and of their squares. */
  readonly weight: number;
  readonly squared_weight: number;
  /** Decayed sums of (c - a)² and of -ln P(a), with c the stated confidence and a 1 on agreement. */
  readonly brier: number;
  readonly log_loss: number;
  /** Ten bins of stated confidence: decayed sums of weight, its square, confidence and agreement. */
  readonly bins: readonly (readonly [number, number, number, number])[];
  /** Agreement by day (UTC, YYYY-MM-DD), not decayed: labels and agreeing ones. The newest 90 days. */
  readonly days: Readonly<Record<string, readonly [number, number]>>;
  /** The newest verdict. */
  readonly last_evidence: string | null;
}

/**
 * Four weeks of labels at full strength and more behind them: at the ten to twenty labels a week that the
 * specification asks for, a week's half-life would leave under thirty labels to judge by.
 */
export const DEFAULT_HALF_LIFE_DAYS = 30;

const DAY_MS = 86_400_000;
const BINS = 10;
const KEPT_DAYS = 90;
const LOG_LOSS_CLIP = 0.005;

export function emptyReliabilityEvidence(
  judge: string,
  asOf: Date,
  halfLifeDays: number = DEFAULT_HALF_LIFE_DAYS,
): ReliabilityEvidence {
  return {
    judge,
    half_life_days: halfLifeDays,
    as_of: asOf.toISOString(),
    labels: 0,
    abstentions: 0,
    both_orders: 0,
    order_inconsistent: 0,
    counts: {},
    weight: 0,
    squared_weight: 0,
    brier: 0,
    log_loss: 0,
    bins: Array.from({ length: BINS }, () => [0, 0, 0, 0] as const),
    days: {},
    last_evidence: null,
  };
}

/**
 * The evidence as of `asOf`, with `records` added. `asOf` must not lie before the evidence's own time.
 * A record from the future counts as of `asOf`. Cost: linear in the records.
 */
export function addReliabilityEvidence(
  evidence: ReliabilityEvidence,
  records: Iterable<JudgedLabel>,
  asOf: Date,
): ReliabilityEvidence {
  const halfLifeMs = evidence.half_life_days * DAY_MS;
  const elapsed = Math.max(0, asOf.getTime() - Date.parse(evidence.as_of));
  const factor = 2 ** (-elapsed / halfLifeMs);
  let { labels, abstentions, both_orders, order_inconsistent } = evidence;
  let weight = evidence.weight * factor;
  let squaredWeight = evidence.squared_weight * factor * factor;
  let brier = evidence.brier * factor;
  let logLoss = evidence.log_loss * factor;
  let last = evidence.last_evidence === null ? Number.NEGATIVE_INFINITY : Date.parse(evidence.last_evidence);
  const counts = new Map(
    Object.entries(evidence.counts).map(([label, row]) => [
      label,
      new Map(Object.entries(row).map(([verdict, count]) => [verdict, count * factor])),
    ]),
  );
  const bins = evidence.bins.map(
    ([w, squared, confidence, agreeing]) =>
      [w * factor, squared * factor * factor, confidence * factor, agreeing * factor] as [
        number,
        number,
        number,
        number,
      ],
  );
  const days = new Map(Object.entries(evidence.days).map(([day, [n, agreeing]]) => [day, [n, agreeing]]));

  for (const { score, label, at } of records) {
    const verdict = getVerdict(score);
    if (verdict === null) {
      abstentions += 1;
      continue;
    }
    const stated = at == null ? Number.NaN : new Date(at).getTime();
    const time = Number.isNaN(stated) ? null : Math.min(stated, asOf.getTime());
    const w = time === null ? 1 : 2 ** (-(asOf.getTime() - time) / halfLifeMs);
    const agreement = verdict === label ? 1 : 0;
    const confidence = getConfidenceShare(score);
    labels += 1;
    if (score.order_consistent != null) both_orders += 1;
    if (score.order_consistent === false) order_inconsistent += 1;
    weight += w;
    squaredWeight += w * w;
    brier += w * (confidence - agreement) ** 2;
    const probability = agreement === 1 ? confidence : 1 - confidence;
    logLoss -= w * Math.log(Math.min(1 - LOG_LOSS_CLIP, Math.max(LOG_LOSS_CLIP, probability)));
    let row = counts.get(label);
    if (row === undefined) {
      row = new Map();
      counts.set(label, row);
    }
    row.set(verdict, (row.get(verdict) ?? 0) + w);
    const bin = bins[Math.min(BINS - 1, Math.floor(confidence * BINS))]!;
    bin[0] += w;
    bin[1] += w * w;
    bin[2] += w * confidence;
    bin[3] += w * agreement;
    if (time === null) continue;
    const day = new Date(time).toISOString().slice(0, 10);
    const [n, agreeing] = days.get(day) ?? [0, 0];
    days.set(day, [n! + 1, agreeing! + agreement]);
    last = Math.max(last, time);
  }

  const oldestDay = new Date(asOf.getTime() - KEPT_DAYS * DAY_MS).toISOString().slice(0, 10);
  return {
    judge: evidence.judge,
    half_life_days: evidence.half_life_days,
    as_of: new Date(Math.max(asOf.getTime(), Date.parse(evidence.as_of))).toISOString(),
    labels,
    abstentions,
    both_orders,
    order_inconsistent,
    counts: Object.fromEntries(
      [...counts].sort(byKey).map(([label, row]) => [label, Object.fromEntries([...row].sort(byKey))]),
    ),
    weight,
    squared_weight: squaredWeight,
    brier,
    log_loss: logLoss,
    bins,
    days: Object.fromEntries(
      [...days]
        .filter(([day]) => day >= oldestDay)
        .sort(byKey)
        .map(([day, [n, agreeing]]) => [day, [n!, agreeing!] as const]),
    ),
    last_evidence: Number.isFinite(last) ? new Date(last).toISOString() : null,
  };
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
