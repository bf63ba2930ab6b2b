/**
 * Judges' answers on one task, as the specification stores them: judge -> verdict and confidence.
 * The key of a judge is its name or its identity (`judge-identity.ts`).
 */
export interface JudgeScore {
  /** The judge's answer; null, absent or empty if it gave none. */
  readonly verdict?: string | null;
  /** 0-100; null or absent if not stated. The specification's formulas then use 50. */
  readonly confidence?: number | null;
  /** False if the judge contradicted itself when asked in both answer orders. Null or absent: not known. */
  readonly order_consistent?: boolean | null;
  /** Parts of the judge's identity besides its name (`judge-identity.ts`). */
  readonly model_version?: string | null;
  readonly rubric_digest?: string | null;
}

export type JudgeScores = Readonly<Record<string, JudgeScore>>;

/** One judged task, with a person's label if there is one. */
export interface JudgedTask {
  readonly judge_scores: JudgeScores;
  readonly label?: string | null;
  /** Time of the verdicts in ISO 8601; absent if not known. */
  readonly created_at?: string | Date | null;
}

/** Confidence of a judge that states none. */
const UNSTATED_CONFIDENCE = 50;

/**
 * Returns the judge's verdict, null if it gave none.
 *
 * @example
 * getVerdict({ verdict: "spam", confidence: 80 }) // "spam"
 * getVerdict({ verdict: "" }) // null
 */
export function getVerdict(score: JudgeScore): string | null {
  return score.verdict === undefined || score.verdict === "" ? null : score.verdict;
}

/**
 * Returns the stated confidence as a share in [0, 1]. Values outside 0-100 are clamped; NaN counts as not stated.
 *
 * @example
 * getConfidenceShare({ confidence: 80 }) // 0.8
 * getConfidenceShare({ confidence: 120 }) // 1
 * getConfidenceShare({}) // 0.5
 */
export function getConfidenceShare(score: JudgeScore): number {
  const confidence = score.confidence ?? UNSTATED_CONFIDENCE;
  if (Number.isNaN(confidence)) return UNSTATED_CONFIDENCE / 100;
  return Math.min(100, Math.max(0, confidence)) / 100;
}
