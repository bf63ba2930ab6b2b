import type { Served } from "./config-snapshot.ts";
import type { ShadowComparison } from "./decision.ts";

/**
 * Compares the canary's decision on a payload with the decision that was used. `counted`: label and probability of the
 * positive class of that decision, null if no bundle is active.
 */
export function compareShadow(
  counted: { readonly label: string | null; readonly positiveProbability: number | null },
  { decider, bundleDigest }: Served,
  payload: unknown,
  explain: boolean,
): ShadowComparison {
  const labelIndex = decider.decide(payload);
  const canaryLabel = decider.classes[labelIndex]!;
  const canaryProbability = decider.probabilities[labelIndex]!;
  const positive = decider.probabilities[decider.positiveIndex]!;
  const sameLabel = canaryLabel === counted.label;
  return {
    sameLabel,
    label: counted.label,
    canaryLabel,
    canaryProbability,
    positiveProbabilityDifference:
      counted.positiveProbability === null ? null : positive - counted.positiveProbability,
    canaryBundleDigest: bundleDigest,
    ...(explain && !sameLabel ? { canaryExplanation: decider.explain(payload) } : {}),
  };
}
