/**
 * The specification's uncertainty of one evaluation result, exactly: ordered rules of which the first that applies
 * decides. Its limits: docs/methods/uncertainty.md.
 */
import { getConfidenceShare, getVerdict, type JudgeScores } from "../judges/judge-scores.ts";
import { type JudgeWeights, UNPROVEN_JUDGE_WEIGHT } from "../judges/specification-weights.ts";
import { roundToPlaces } from "../numerics/round-to-places.ts";

export type UncertaintyMethod =
  /** No judges. */
  | "no_judges"
  /** Judges, but no verdict. */
  | "no_verdicts"
  /** Entropy of the verdicts, as a share of its maximum. */
  | "disagreement"
  /** One agreed verdict with a weighted confidence below 60 %. */
  | "low_confidence"
  /** One agreed verdict; four times the weighted variance of the confidences. */
  | "weighted_variance";

export interface Uncertainty {
  /** 0-1, three places. */
  readonly uncertainty: number;
  readonly method: UncertaintyMethod;
}

/** Weighted confidence below which an agreed verdict counts as uncertain. */
const LOW_CONFIDENCE = 0.6;

/** Computes the uncertainty from the judges that gave a verdict. A judge without a weight has weight 0.5. */
export function specificationUncertainty(
  judgeScores: JudgeScores | null | undefined,
  weights: JudgeWeights = {},
): Uncertainty {
  const judges = Object.entries(judgeScores ?? {});
  if (judges.length === 0) return { uncertainty: 1, method: "no_judges" };

  const counts = new Map<string, number>();
  const confidences: number[] = [];
  const judgeWeights: number[] = [];
  for (const [judge, score] of judges) {
    const verdict = getVerdict(score);
    if (verdict === null) continue;
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    confidences.push(getConfidenceShare(score));
    judgeWeights.push(Object.hasOwn(weights, judge) ? weights[judge]! : UNPROVEN_JUDGE_WEIGHT);
  }
  if (confidences.length === 0) return { uncertainty: 1, method: "no_verdicts" };

  if (counts.size > 1) {
    let entropy = 0;
    for (const count of counts.values()) {
      const share = count / confidences.length;
      entropy -= share * Math.log2(share);
    }
    return { uncertainty: roundShare(entropy / Math.log2(counts.size)), method: "disagreement" };
  }

  const confidence = computeWeightedMean(confidences, judgeWeights);
  if (confidence < LOW_CONFIDENCE) {
    return { uncertainty: roundShare(1 - confidence), method: "low_confidence" };
  }
  const variance = computeWeightedMean(
    confidences.map((value) => (value - confidence) ** 2),
    judgeWeights,
  );
  return { uncertainty: roundShare(4 * variance), method: "weighted_variance" };
}

function roundShare(value: number): number {
  return roundToPlaces(Math.min(1, Math.max(0, value)), 3);
}

/** Computes the weighted mean; the plain mean if the weights sum to zero. */
function computeWeightedMean(values: readonly number[], weights: readonly number[]): number {
  let sum = 0;
  let total = 0;
  for (let index = 0; index < values.length; index++) {
    sum += values[index]! * weights[index]!;
    total += weights[index]!;
  }
  if (total > 0) return sum / total;
  return values.reduce((all, value) => all + value, 0) / values.length;
}
