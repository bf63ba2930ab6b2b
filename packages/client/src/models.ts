/** Scoring of models without the switchboard: `@relearn/client/models`. */
export { boundedLogit, sigmoid, softmaxInPlace } from "./link-functions.ts";
export {
  classShares,
  logOddsAgainstRest,
  type ModelScore,
  type ModelScorer,
  prepareCalibration,
  prepareModel,
  scoreModel,
} from "./score-model.ts";
