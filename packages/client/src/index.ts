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
export type { CachedConfig, ConfigAnswer, ConfigCache, ConfigSource } from "./config-source.ts";
export type { Assignment, Decision, Reason, ShadowComparison } from "./decision.ts";
export type { EventBufferCounts, SendResult } from "./event-buffer.ts";
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
export type { EventSink } from "./http-service.ts";
export { InvalidDocumentError } from "./invalid-document-error.ts";
export * from "./models.ts";
export { murmurHash3, murmurHash3After } from "./murmur-hash.ts";
export type { Outcome } from "./outcome.ts";
export { type Decider, type PayloadExplanation, prepareDecider } from "./prepare-decider.ts";
export {
  createSwitchboard,
  type DecideOptions,
  type RecordedOutcome,
  type ReportedPart,
  type Switchboard,
  type SwitchboardOptions,
  type SwitchboardStats,
} from "./switchboard.ts";
export {
  parseSwitchboardConfig,
  type SwitchboardBundle,
  type SwitchboardConfig,
  type SwitchboardDefaults,
} from "./switchboard-config.ts";
export { UNLEASH_VARIANT_SEED, unleashBucket } from "./unleash-hash.ts";
