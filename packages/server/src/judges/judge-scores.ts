/**
 * What judges said about one task, as the specification stores it: judge -> verdict and confidence.
 * A judge is named by its identity; `judge-identity.ts` says what belongs to it.
 */
export interface JudgeScore {
  /** The judge's answer; null, left out or empty: it gave none. */
  readonly verdict?: string | null;
  /** 0-100; null or left out: not stated, which the specification's formulas take as 50. */
  readonly confidence?: number | null;
  /** False: asked in both answer orders, the judge contradicted itself. Null or left out: not known. */
  readonly order_consistent?: boolean | null;
  /** With the judge's name they make its identity (`judge-identity.ts`). */
  readonly model_version?: string | null;
  readonly rubric_digest?: string | null;
}

export type JudgeScores = Readonly<Record<string, JudgeScore>>;

/** One judged task, with a person's label where there is one. */
export interface JudgedTask {
  readonly judge_scores: JudgeScores;
  readonly label?: string | null;
  /** When the judges answered. ISO 8601; left out: not known. */
  readonly created_at?: string | Date | null;
}

/** Confidence taken where a judge states none. */
const UNSTATED_CONFIDENCE = 50;

/** The judge's verdict, null where it gave none. */
export function getVerdict(score: JudgeScore): string | null {
  return score.verdict === undefined || score.verdict === "" ? null : score.verdict;
}

/** The stated confidence as a share in [0, 1]; values beyond 0-100 are clamped, unusable ones count as unstated. */
export function getConfidenceShare(score: JudgeScore): number {
  const confidence = score.confidence ?? UNSTATED_CONFIDENCE;
  if (Number.isNaN(confidence)) return UNSTATED_CONFIDENCE / 100;
  return Math.min(100, Math.max(0, confidence)) / 100;
}
