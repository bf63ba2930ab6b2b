import type { LogisticModelDocument, ModelDocument, TreeModelDocument } from "./bundle-document.ts";
import { classShares, scoreModel } from "./score-model.ts";

/** Contribution of one feature to the decision. */
export interface FeatureContribution {
  readonly feature: string;
  /** Raw value of the feature. */
  readonly value: number;
  readonly contribution: number;
}

/**
 * Explanation of a logistic model's decision: the log-odds of `class` against `against`, as a sum. Exact: `intercept`
 * plus the contributions is `log_odds`. A contribution is coefficient times standardised value; with more
 * than two classes the coefficients are the difference of the two classes' rows, since the odds of two
 * classes of a softmax depend on that difference alone.
 */
export interface LogisticExplanation {
  readonly model_type: "LogisticRegression";
  readonly label: string;
  readonly class: string;
  readonly against: string;
  readonly intercept: number;
  readonly contributions: readonly (FeatureContribution & {
    readonly coefficient: number;
    readonly standardised: number;
  })[];
  readonly log_odds: number;
  /** Probability of `class` among all classes, calibrated if the model is. */
  readonly probability: number;
  readonly uncalibrated_probability: number;
}

/** One split of a tree on the path to the leaf. */
export interface TreeStep {
  readonly feature: string;
  readonly value: number;
  readonly threshold: number;
  readonly side: "at_or_below" | "above";
  /** Share of `class` in the training weight before and after the split. */
  readonly share_before: number;
  readonly share_after: number;
}

/**
 * Explanation of a tree's decision: its path, and the change of the share of `class` by the splits on each feature. Exact: `base_share` plus the contributions is `uncalibrated_probability`. After Saabas,
 * "Interpreting random forests" (2014); it attributes a change to the feature of the split, not to its interactions.
 */
export interface TreeExplanation {
  readonly model_type: "DecisionTree";
  readonly label: string;
  readonly class: string;
  readonly base_share: number;
  readonly path: readonly TreeStep[];
  /** One per feature of the model; 0 if the path does not split on it. */
  readonly contributions: readonly FeatureContribution[];
  readonly probability: number;
  readonly uncalibrated_probability: number;
}

export type DecisionExplanation = LogisticExplanation | TreeExplanation;

/**
 * Explains one decision over raw feature values (as `extractFeatures` returns them). `about`: class that the figures refer
 * to; the label if it is omitted or not a class of the model. Takes a few microseconds.
 */
export function explainDecision(
  model: ModelDocument,
  values: Float64Array,
  about?: string,
): DecisionExplanation {
  const score = scoreModel(model, values);
  const named = about === undefined ? -1 : model.classes.indexOf(about);
  const chosen = named >= 0 ? named : score.labelIndex;
  const common = {
    label: score.label,
    class: model.classes[chosen]!,
    probability: score.probabilities[chosen]!,
    uncalibrated_probability: score.uncalibrated[chosen]!,
  };
  if (model.model_type === "DecisionTree") {
    return { model_type: model.model_type, ...common, ...explainTree(model, values, chosen) };
  }
  const rival = findStrongestOther(score.uncalibrated, chosen);
  return {
    model_type: model.model_type,
    ...common,
    against: model.classes[rival]!,
    ...explainLogOdds(model, values, chosen, rival),
  };
}

function explainLogOdds(
  model: LogisticModelDocument,
  values: Float64Array,
  chosen: number,
  rival: number,
): Pick<LogisticExplanation, "intercept" | "contributions" | "log_odds"> {
  const intercept = getRowWeight(model.intercept, chosen) - getRowWeight(model.intercept, rival);
  let logOdds = intercept;
  const contributions = model.feature_names.map((feature, j) => {
    const column = model.coef.map((row) => row[j]!);
    const coefficient = getRowWeight(column, chosen) - getRowWeight(column, rival);
    const standardised = (values[j]! - model.scaler.mean[j]!) / model.scaler.scale[j]!;
    const contribution = coefficient * standardised;
    logOdds += contribution;
    return { feature, value: values[j]!, coefficient, standardised, contribution };
  });
  return { intercept, contributions, log_odds: logOdds };
}

/** Returns the weight of a class; with two classes there is one row, for the second class. */
function getRowWeight(rows: readonly number[], classIndex: number): number {
  if (rows.length > 1) return rows[classIndex]!;
  return classIndex === 1 ? rows[0]! : 0;
}

function explainTree(
  model: TreeModelDocument,
  values: Float64Array,
  chosen: number,
): Pick<TreeExplanation, "base_share" | "path" | "contributions"> {
  const { nodes } = model.tree;
  const getShare = (at: number): number => classShares(nodes[at]!.counts)[chosen]!;
  const moved = new Float64Array(model.feature_names.length);
  const path: TreeStep[] = [];
  let at = 0;
  while (nodes[at]!.feature >= 0) {
    const { feature, threshold, left, right } = nodes[at]!;
    const below = values[feature]! <= threshold;
    const next = below ? left : right;
    const before = getShare(at);
    const after = getShare(next);
    moved[feature]! += after - before;
    path.push({
      feature: model.feature_names[feature]!,
      value: values[feature]!,
      threshold,
      side: below ? "at_or_below" : "above",
      share_before: before,
      share_after: after,
    });
    at = next;
  }
  return {
    base_share: getShare(0),
    path,
    contributions: model.feature_names.map((feature, j) => ({
      feature,
      value: values[j]!,
      contribution: moved[j]!,
    })),
  };
}

function findStrongestOther(shares: Float64Array, chosen: number): number {
  let best = chosen === 0 ? 1 : 0;
  for (let k = 0; k < shares.length; k++) if (k !== chosen && shares[k]! > shares[best]!) best = k;
  return best;
}
