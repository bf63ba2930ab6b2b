import type { BundleContent, FeatureDeclaration } from "@relearn/client";

/** Side of a threshold on which the decision is the positive class. */
export type ThresholdSide = BundleContent["threshold_sides"][string];

/** A feature and the range that its values can have. */
export type FeatureBounds = Pick<FeatureDeclaration, "name" | "min" | "max">;

/** A threshold or weight that a model gives, or the reason why it gives none. */
export type DerivedValue =
  | {
      readonly value: number;
      readonly formula: string;
      readonly side?: ThresholdSide;
      /** The boundary before it was clamped to the feature's bounds. */
      readonly clampedFrom?: number;
    }
  | { readonly value: null; readonly reason: string };

/**
 * Clamps a value to the declared bounds of a feature.
 *
 * @example
 * clampToBounds({ name: "risk", min: 0, max: 100 }, 120) // 100
 */
export function clampToBounds({ min = -Infinity, max = Infinity }: FeatureBounds, value: number): number {
  return Math.min(max, Math.max(min, value));
}
