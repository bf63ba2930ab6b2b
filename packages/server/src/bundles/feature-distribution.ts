/** Distribution of an agent's features in its recent payloads, with which single values are compared. */

import { FEATURE_STATES, type FeatureDeclaration, prepareFeatures } from "@relearn/client";
import type { FeatureValues } from "@relearn/contract";

const STEPS = 100;

/** Computes the quantiles of each feature over the payloads that contain it, in steps of one percent. */
export function computeFeatureDistribution(
  declarations: readonly FeatureDeclaration[],
  payloads: readonly unknown[],
): FeatureValues[] {
  const extractor = prepareFeatures(declarations);
  const row = new Float64Array(declarations.length);
  const states = new Uint8Array(declarations.length);
  const found: number[][] = declarations.map(() => []);
  for (const payload of payloads) {
    extractor.extractInto(payload, row, 0, states);
    for (let at = 0; at < row.length; at++) {
      const state = FEATURE_STATES[states[at]!];
      if (state === "read" || state === "clamped") found[at]!.push(row[at]!);
    }
  }
  return declarations.map(({ name }, at) => {
    const values = Float64Array.from(found[at]!).sort();
    return {
      name,
      payloads: values.length,
      quantiles:
        values.length === 0
          ? []
          : Array.from(
              { length: STEPS + 1 },
              (_, step) => values[Math.round((step / STEPS) * (values.length - 1))]!,
            ),
    };
  });
}
