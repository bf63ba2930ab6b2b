export {
  type Arm,
  ASSIGNMENT_METHODS,
  type AssignmentMethod,
  assignArm,
  canaryBorder,
  type PreparedSplit,
  prepareSplit,
  type Split,
} from "./assign-arm.ts";
export type * from "./bundle-document.ts";
export { checkDecisionConfig, checkModel } from "./check-model.ts";
export type * from "./event-documents.ts";
export {
  type DecisionExplanation,
  explainDecision,
  type FeatureContribution,
  type LogisticExplanation,
  type TreeExplanation,
  type TreeStep,
} from "./explain-decision.ts";
export {
  type ExtractedFeatures,
  extractFeatures,
  FEATURE_STATES,
  type FeatureExtractor,
  type FeatureState,
  namesByState,
  prepareFeatures,
} from "./extract-features.ts";
export { growthbookHash } from "./growthbook-hash.ts";
export { InvalidDocumentError } from "./invalid-document-error.ts";
export { boundedLogit, sigmoid, softmaxInPlace } from "./link-functions.ts";
export { murmurHash3, murmurHash3After } from "./murmur-hash.ts";
export {
  classShares,
  logOddsAgainstRest,
  type ModelScore,
  type ModelScorer,
  prepareCalibration,
  prepareModel,
  scoreModel,
} from "./score-model.ts";
export {
  parseSwitchboardConfig,
  type SwitchboardBundle,
  type SwitchboardConfig,
  type SwitchboardDefaults,
} from "./switchboard-config.ts";
export { UNLEASH_VARIANT_SEED, unleashBucket } from "./unleash-hash.ts";
