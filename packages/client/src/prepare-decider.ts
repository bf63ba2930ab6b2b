import type { DecisionConfig } from "./bundle-document.ts";
import { type DecisionExplanation, explainDecision } from "./explain-decision.ts";
import { type ExtractedFeatures, namesByState, prepareFeatures } from "./extract-features.ts";
import { prepareModel } from "./score-model.ts";

/** Explanation of a decision, and the features that the payload lacks. */
export type PayloadExplanation = DecisionExplanation & Omit<ExtractedFeatures, "values">;

/**
 * A decision config prepared for many payloads. `decide` allocates nothing and stores the details of its last decision in
 * the fields, to be read before the next call.
 */
export interface Decider {
  readonly classes: readonly string[];
  /** Index of `config.positive` in `classes`. */
  readonly positiveIndex: number;
  /** Calibrated probabilities of the last decision, in the order of `classes`. */
  readonly probabilities: Float64Array;
  /** Number of features in the last payload; with 0 the decision is based on defaults only. */
  readonly featuresFound: number;
  /** Returns the index of the label. */
  decide(payload: unknown): number;
  /** Explains the decision for the positive class; takes a few microseconds. */
  explain(payload: unknown): PayloadExplanation;
}

/** Prepares a config without validation: call `checkDecisionConfig` first if it is not trusted. */
export function prepareDecider(config: DecisionConfig): Decider {
  const extractor = prepareFeatures(config.features);
  const scorer = prepareModel(config.model);
  const values = new Float64Array(config.features.length);
  const probabilities = new Float64Array(scorer.classes.length);
  let featuresFound = 0;
  return {
    classes: scorer.classes,
    positiveIndex: scorer.classes.indexOf(config.positive),
    probabilities,
    get featuresFound() {
      return featuresFound;
    },
    decide(payload) {
      featuresFound = extractor.extractInto(payload, values);
      return scorer.scoreInto(values, probabilities);
    },
    explain(payload) {
      const states = new Uint8Array(values.length);
      const row = new Float64Array(values.length);
      extractor.extractInto(payload, row, 0, states);
      return {
        ...explainDecision(config.model, row, config.positive),
        ...namesByState(config.features, states),
      };
    },
  };
}
