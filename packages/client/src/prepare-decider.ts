import type { DecisionConfig } from "./bundle-document.ts";
import { type DecisionExplanation, explainDecision } from "./explain-decision.ts";
import { type ExtractedFeatures, namesByState, prepareFeatures } from "./extract-features.ts";
import { prepareModel } from "./score-model.ts";

/** Why a decision fell as it did, and which features the payload did not give. */
export type PayloadExplanation = DecisionExplanation & Omit<ExtractedFeatures, "values">;

/**
 * A decision config made ready for many payloads. `decide` allocates nothing and leaves the particulars of
 * its last decision in the fields, to be read before the next.
 */
export interface Decider {
  readonly classes: readonly string[];
  /** Of `config.positive` among `classes`. */
  readonly positiveIndex: number;
  /** Calibrated, of the last decision, in the order of `classes`. */
  readonly probabilities: Float64Array;
  /** How many features the last payload gave; 0: the decision rests on defaults alone. */
  readonly featuresFound: number;
  /** Index of the label. */
  decide(payload: unknown): number;
  /** About the positive class; costs some microseconds. */
  explain(payload: unknown): PayloadExplanation;
}

/** The config is trusted: `checkDecisionConfig` first where it comes from outside. */
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
