/**
 * Evidence about one judge as sums that new verdicts are added to: state + records -> state. All sums decay by one
 * factor as time passes, so the last state and the records since then give the same result as counting everything
 * again.
 *
 * Decay acts on counts, not on ratios: the estimates of a judge without new verdicts return to the prior.
 */
import { getConfidenceShare, getVerdict, type JudgeScore } from "./judge-scores.ts";

/** One verdict of the judge on a task that a person labeled. */
export interface JudgedLabel {
  readonly score: JudgeScore;
  readonly label: string;
  /** Time of the verdict. Absent or unreadable: not known; it then counts as current and belongs to no day. */
  readonly at?: Date | string | null;
}

export interface ReliabilityEvidence {
  readonly judge: string;
  readonly half_life_days: number;
  /** ISO 8601; the time that the sums are decayed to. */
  readonly as_of: string;
  /** Labeled verdicts, not decayed. */
  readonly labels: number;
  /** Labeled tasks on which the judge gave no verdict, not decayed. */
  readonly abstentions: number;
  /** Labeled verdicts requested in both answer orders, and the inconsistent ones among them. */
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
  /** Labels and agreeing labels by UTC day (YYYY-MM-DD) of the newest 90 days, not decayed. */
  readonly days: Readonly<Record<string, readonly [number, number]>>;
  /** Time of the newest verdict. */
  readonly last_evidence: string | null;
}

/**
 * At the ten to twenty labels per week that the specification asks for, a half-life of one week would leave fewer
 * than thirty effective labels.
 */
export const DEFAULT_HALF_LIFE_DAYS = 30;

const DAY_MS = 86_400_000;
const BINS = 10;
const KEPT_DAYS = 90;
const LOG_LOSS_CLIP = 0.005;

/**
 * Creates evidence without labels.
 *
 * @example
 * const evidence = emptyReliabilityEvidence("ann", new Date("2026-03-08T00:00:00Z"));
 * [evidence.half_life_days, evidence.labels, evidence.weight] // [30, 0, 0]
 */
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
 * Adds `records` to the evidence and decays it to `asOf`, which must not lie before the evidence's own time. A record
 * with a later time counts as of `asOf`. Cost: linear in the records.
 *
 * @example
 * const asOf = new Date("2026-03-08T00:00:00Z");
 * const records = [
 *   { score: { verdict: "spam", confidence: 80 }, label: "spam", at: asOf },
 *   { score: { verdict: "spam", confidence: 80 }, label: "ham", at: "2026-02-06T00:00:00Z" },
 * ];
 * const evidence = addReliabilityEvidence(emptyReliabilityEvidence("ann", asOf), records, asOf);
 * evidence.counts // { ham: { spam: 0.5 }, spam: { spam: 1 } }  (30 days ago counts half)
 * [evidence.weight, evidence.brier] // [1.5, 0.36]  (.04 + .5 x .64)
 * evidence.days // { "2026-02-06": [1, 0], "2026-03-08": [1, 1] }
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
