/**
 * The trained feature model as an additional judge of the panel.
 *
 * It judges a task's payload by the bundle's features and model. On labeled tasks only out-of-sample scores are
 * used, from five models of the same kind that were each trained without one fold of keys (`training/cross-fit.ts`),
 * so that the panel does not mistake memorised labels for skill. On unlabeled tasks the bundle's own model is used.
 * Each bundle is a judge of its own, with its own card.
 */
import {
  type BundleDocument,
  type FeatureDeclaration,
  type ModelDocument,
  prepareFeatures,
  prepareModel,
} from "@relearn/client";
import { roundToPlaces } from "../numerics/round-to-places.ts";
import { toJudgeKey } from "./judge-identity.ts";
import type { JudgeScore } from "./judge-scores.ts";

/** Name of the trained feature model among the judges. */
const MODEL_JUDGE = "feature-model";

/** The stored model judge. */
export interface ModelJudgeDocument {
  /** The version of the judge. */
  readonly bundle_id: string;
  readonly features: readonly FeatureDeclaration[];
  readonly model: ModelDocument;
  /** Models by the fold that each was trained without; null if it could not be fitted. */
  readonly fold_models: readonly (ModelDocument | null)[];
}

/** A type, not an interface, so that it is assignable to a stored score, which may have more members. */
export type ModelScore = {
  readonly verdict: string | null;
  readonly confidence?: number;
  readonly model_version: string;
};

export interface ModelJudge {
  /** `feature-model@<bundle>`. */
  readonly identity: string;
  readonly bundleId: string;
  readonly classes: readonly string[];
  /** Scores a task that the bundle was not trained on; no verdict if the payload has none of its features. */
  score(payload: unknown): ModelScore;
  /** Scores a task by the model that was not trained on its label. */
  heldOutScore(taskKey: string, payload: unknown): ModelScore;
  /** Creates a score with this verdict. */
  toScore(verdict: string | null): ModelScore;
  /** Adds this judge's score to the judges' scores; they are unchanged if another judge has the same name. */
  join<Score extends JudgeScore>(
    scores: Readonly<Record<string, Score>>,
    score: ModelScore,
  ): Readonly<Record<string, Score | ModelScore>>;
}

/**
 * Creates the stored document of a bundle's model judge.
 *
 * @example
 * const bundle = { bundle_id: "b_1", features: [], model: { model_type: "LogisticRegression" }, agent: "inbox" };
 * Object.keys(toModelJudgeDocument(bundle, [null])) // ["bundle_id", "features", "model", "fold_models"]
 */
export function toModelJudgeDocument(
  bundle: BundleDocument,
  foldModels: readonly (ModelDocument | null)[],
): ModelJudgeDocument {
  const { bundle_id, features, model } = bundle;
  return { bundle_id, features, model, fold_models: foldModels };
}

/**
 * Prepares the judge of a stored document. `getFold` must be the split that the fold models were trained by. Undefined
 * if no fold model could be fitted, because the judge can then not be measured out of sample.
 *
 * @example
 * const model = {
 *   model_type: "LogisticRegression",
 *   classes: ["safe", "quarantine"],
 *   feature_names: ["risk"],
 *   scaler: { mean: [50], scale: [10] },
 *   coef: [[2]],
 *   intercept: [1],
 *   calibration: null,
 * };
 * const features = [{ name: "risk", path: "risk", kind: "number", default: 0 }];
 * const held = { ...model, intercept: [0] };
 * const document = { bundle_id: "b_1", features, model, fold_models: [held, null] };
 * const judge = prepareModelJudge(document, (key) => (key === "thread-1" ? 0 : 1));
 * judge.score({ risk: 55 }) // { verdict: "quarantine", confidence: 88.1, model_version: "b_1" }
 * judge.heldOutScore("thread-1", { risk: 55 }) // { verdict: "quarantine", confidence: 73.1, model_version: "b_1" }
 * judge.heldOutScore("thread-2", { risk: 55 }) // { verdict: null, model_version: "b_1" }
 */
export function prepareModelJudge(
  document: ModelJudgeDocument,
  getFold: (taskKey: string) => number,
): ModelJudge | undefined {
  if (document.fold_models.every((model) => model === null)) return undefined;
  const extractor = prepareFeatures(document.features);
  const values = new Float64Array(document.features.length);
  const version = document.bundle_id;
  const scorer = (model: ModelDocument | null): ((payload: unknown) => ModelScore) => {
    if (model === null) return () => ({ verdict: null, model_version: version });
    const prepared = prepareModel(model);
    const probabilities = new Float64Array(prepared.classes.length);
    return (payload) => {
      if (extractor.extractInto(payload, values) === 0) return { verdict: null, model_version: version };
      prepared.scoreInto(values, probabilities);
      return { ...toModelScore(prepared.classes, probabilities), model_version: version };
    };
  };
  const folds = document.fold_models.map(scorer);
  return {
    identity: toJudgeKey({ name: MODEL_JUDGE, model_version: version }),
    bundleId: version,
    classes: document.model.classes,
    score: scorer(document.model),
    heldOutScore: (taskKey, payload) => folds[getFold(taskKey)]!(payload),
    toScore: (verdict) => ({ verdict, model_version: version }),
    join: (scores, score) =>
      Object.hasOwn(scores, MODEL_JUDGE) ? scores : { ...scores, [MODEL_JUDGE]: score },
  };
}

/**
 * Returns the most probable class with its probability in percent as the confidence; no verdict if two classes are
 * equally probable.
 *
 * @example
 * toModelScore(["ham", "spam"], [0.25, 0.75]) // { verdict: "spam", confidence: 75 }
 * toModelScore(["ham", "spam"], [0.5, 0.5]) // { verdict: null }
 */
export function toModelScore(
  classes: readonly string[],
  probabilities: ArrayLike<number>,
): Pick<ModelScore, "verdict" | "confidence"> {
  let top = -1;
  let shared = false;
  for (let k = 0; k < classes.length; k++) {
    const p = probabilities[k]!;
    if (top < 0 || p > probabilities[top]!) {
      top = k;
      shared = false;
    } else if (p === probabilities[top]) {
      shared = true;
    }
  }
  if (top < 0 || shared || !Number.isFinite(probabilities[top]!)) return { verdict: null };
  return { verdict: classes[top]!, confidence: roundToPlaces(100 * probabilities[top]!, 1) };
}
