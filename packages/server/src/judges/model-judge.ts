/**
 * The trained feature model as one more judge of the panel.
 *
 * It judges what a bundle decides: a task's payload, by the bundle's features and model. On tasks that people
 * labeled it is asked out of sample alone: five models of the same kind, each trained without one fold of keys
 * (`training/cross-fit.ts`), so that the panel never takes what the model learned by heart for skill. On tasks
 * that nobody labeled the bundle itself answers. Another bundle is another judge, with a card of its own.
 */
import {
  type BundleDocument,
  type FeatureDeclaration,
  type ModelDocument,
  prepareFeatures,
  prepareModel,
} from "@relearn/client";
import { roundToPlaces } from "../numerics/round-to-places.ts";
import { judgeKey } from "./judge-identity.ts";
import type { JudgeScore } from "./judge-scores.ts";

/** The name under which the trained feature model sits among the judges. */
const MODEL_JUDGE = "feature-model";

/** What the model judge is made of, as it is stored. */
export interface ModelJudgeDocument {
  /** Its version. */
  readonly bundle_id: string;
  readonly features: readonly FeatureDeclaration[];
  readonly model: ModelDocument;
  /** By the fold that each has not seen; null where none could be fitted. */
  readonly fold_models: readonly (ModelDocument | null)[];
}

/** A type, not an interface, so that it passes for a stored score, which may hold more. */
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
  /** What the bundle says of a task that it was not trained on; no verdict where the payload has no feature of it. */
  score(payload: unknown): ModelScore;
  /** What a model says that has seen no label of this task. */
  heldOutScore(taskKey: string, payload: unknown): ModelScore;
  /** A score with this verdict, whatever the payload. */
  scoreOf(verdict: string | null): ModelScore;
  /** The judges' scores and this judge's; as they are where somebody else's judge has the name. */
  join<Score extends JudgeScore>(
    scores: Readonly<Record<string, Score>>,
    score: ModelScore,
  ): Readonly<Record<string, Score | ModelScore>>;
}

export function modelJudgeDocument(
  bundle: BundleDocument,
  foldModels: readonly (ModelDocument | null)[],
): ModelJudgeDocument {
  const { bundle_id, features, model } = bundle;
  return { bundle_id, features, model, fold_models: foldModels };
}

/**
 * `foldOf`: the fold that the models were trained by. Undefined where no fold could be fitted: a judge that cannot be
 * asked out of sample cannot be weighed. The document says so for good, as a bundle's training never changes.
 */
export function prepareModelJudge(
  document: ModelJudgeDocument,
  foldOf: (taskKey: string) => number,
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
      return { ...modelJudgeScore(prepared.classes, probabilities), model_version: version };
    };
  };
  const folds = document.fold_models.map(scorer);
  return {
    identity: judgeKey({ name: MODEL_JUDGE, model_version: version }),
    bundleId: version,
    classes: document.model.classes,
    score: scorer(document.model),
    heldOutScore: (taskKey, payload) => folds[foldOf(taskKey)]!(payload),
    scoreOf: (verdict) => ({ verdict, model_version: version }),
    join: (scores, score) =>
      Object.hasOwn(scores, MODEL_JUDGE) ? scores : { ...scores, [MODEL_JUDGE]: score },
  };
}

/** The likeliest class with that class's probability as the confidence; none where two classes share the top. */
export function modelJudgeScore(
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
