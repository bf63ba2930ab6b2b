/** How each of an agent's features lies in its recent payloads: what a single value is held against. */
import { FEATURE_STATES, type FeatureDeclaration, prepareFeatures } from "@relearn/client";

export interface FeatureSpread {
  readonly agent: string;
  readonly from: string;
  readonly to: string;
  /** Payloads looked at, one a task; the newest where there are more. */
  readonly payloads: number;
  readonly features: readonly FeatureValues[];
}

export interface FeatureValues {
  readonly name: string;
  /** Payloads that carry a usable value of it. */
  readonly payloads: number;
  /** The values at 0, 1, …, 100 %, ascending, each one that occurred; empty without a value. */
  readonly quantiles: readonly number[];
}

const STEPS = 100;

export function featureValues(
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
