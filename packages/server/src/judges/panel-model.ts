/**
 * Probabilities of a fitted panel. A panel model is plain JSON, so it can be stored and compared; the same labels
 * give the same document.
 */
import type {
  ConfusionPanelModel,
  LinearPanelModel,
  PanelModel,
  SpecificationPanelModel,
} from "@relearn/contract";
import type { JudgeScores } from "./judge-scores.ts";
import { type PanelTable, panelTable } from "./panel-table.ts";
import { UNPROVEN_JUDGE_WEIGHT } from "./specification-weights.ts";

/** Writes the probability of each class for one row of the predictor's table; they sum to 1. */
export type PanelPredictor = (row: number, probabilities: Float64Array) => void;

/**
 * Creates the predictor of `model` for the rows of `table`, which must have the model's judges and classes in the
 * model's order (`panelTable(tasks, model)`). Judges that the model does not have are not in the table and do not
 * count until the next fit.
 *
 * @example
 * const model = { method: "majority", judges: ["ann", "bob"], classes: ["ham", "spam"], labels: 0 };
 * const tasks = [{ judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "spam" } } }, { judge_scores: {} }];
 * const predict = createPanelPredictor(model, panelTable(tasks, model));
 * const probabilities = new Float64Array(2);
 * predict(0, probabilities);
 * Array.from(probabilities) // [0, 1]
 * predict(1, probabilities);
 * Array.from(probabilities) // [0.5, 0.5]  (no votes)
 */
export function createPanelPredictor(model: PanelModel, table: PanelTable): PanelPredictor {
  switch (model.method) {
    case "majority":
      return majorityPredictor(table);
    case "specification":
      return specificationPredictor(model, table);
    case "best_judge":
    case "two_coin":
      return confusionPredictor(model, table);
    case "stacking":
    case "chosen":
      return linearPredictor(model, table);
  }
}

/**
 * Returns class -> probability for one task. For many tasks, create one table and one predictor.
 *
 * @example
 * const model = {
 *   method: "specification",
 *   judges: ["ann", "bob"],
 *   classes: ["ham", "spam"],
 *   labels: 0,
 *   weights: { ann: 0.8, bob: 0.4 },
 * };
 * const scores = { ann: { verdict: "spam", confidence: 90 }, bob: { verdict: "ham", confidence: 60 } };
 * predictPanel(model, scores) // { ham: 0.25, spam: 0.75 }  (.72 against .24)
 */
export function predictPanel(model: PanelModel, judgeScores: JudgeScores): Record<string, number> {
  const probabilities = new Float64Array(model.classes.length);
  const table = panelTable([{ judge_scores: judgeScores }], model);
  createPanelPredictor(model, table)(0, probabilities);
  return Object.fromEntries(model.classes.map((name, index) => [name, probabilities[index]!]));
}

/** p_k = 1/K + mean over all judges of (1[vote = k] - 1/K, 0 without a vote). Not smoothed. */
function majorityPredictor(table: PanelTable): PanelPredictor {
  const { votes } = table;
  const judgeCount = table.judges.length;
  const classCount = table.classes.length;
  return (row, probabilities) => {
    probabilities.fill(1 / classCount);
    for (let judge = 0; judge < judgeCount; judge++) {
      const vote = votes[row * judgeCount + judge]!;
      if (vote < 0) continue;
      for (let k = 0; k < classCount; k++) {
        probabilities[k]! += ((k === vote ? 1 : 0) - 1 / classCount) / judgeCount;
      }
    }
  };
}

/** p_k = sum of weight x confidence of the judges with verdict k over the sum of all; uniform without verdicts. */
function specificationPredictor(model: SpecificationPanelModel, table: PanelTable): PanelPredictor {
  const { verdicts, confidences } = table;
  const judgeCount = table.judges.length;
  const weights = table.judges.map((judge) =>
    Object.hasOwn(model.weights, judge) ? model.weights[judge]! : UNPROVEN_JUDGE_WEIGHT,
  );
  return (row, probabilities) => {
    probabilities.fill(0);
    let total = 0;
    for (let judge = 0; judge < judgeCount; judge++) {
      const verdict = verdicts[row * judgeCount + judge]!;
      if (verdict < 0) continue;
      const share = weights[judge]! * confidences[row * judgeCount + judge]!;
      probabilities[verdict]! += share;
      total += share;
    }
    if (total > 0) for (let k = 0; k < probabilities.length; k++) probabilities[k]! /= total;
    else probabilities.fill(1 / probabilities.length);
  };
}

/** ln p_k = β · (ln prior_k + sum over the judges that voted of ln P(vote | k)), normalised. */
function confusionPredictor(model: ConfusionPanelModel, table: PanelTable): PanelPredictor {
  const { votes } = table;
  const judgeCount = table.judges.length;
  const classCount = table.classes.length;
  const prior = model.class_probabilities.map((p) => model.inverse_temperature * Math.log(p));
  const logLikelihoods = table.judges.map((judge) =>
    Object.hasOwn(model.confusion, judge)
      ? Float64Array.from(model.confusion[judge]!.flat(), (p) => model.inverse_temperature * Math.log(p))
      : null,
  );
  return (row, probabilities) => {
    for (let k = 0; k < classCount; k++) probabilities[k] = prior[k]!;
    for (let judge = 0; judge < judgeCount; judge++) {
      const vote = votes[row * judgeCount + judge]!;
      const table = logLikelihoods[judge];
      if (vote < 0 || table == null) continue;
      for (let k = 0; k < classCount; k++) probabilities[k]! += table[k * classCount + vote]!;
    }
    normaliseLogs(probabilities);
  };
}

/** p = sum over components of share · softmax(intercepts + sum of the votes' log-odds). */
function linearPredictor(model: LinearPanelModel, table: PanelTable): PanelPredictor {
  const { votes } = table;
  const judgeCount = table.judges.length;
  const classCount = table.classes.length;
  const scores = new Float64Array(classCount);
  const components = model.components.filter((component) => component.probability > 0);
  return (row, probabilities) => {
    probabilities.fill(0);
    for (const { probability, intercepts, vote_log_odds } of components) {
      if (classCount === 2) {
        scores[0] = 0;
        scores[1] = intercepts[0]!;
      } else {
        for (let k = 0; k < classCount; k++) scores[k] = intercepts[k]!;
      }
      for (let judge = 0; judge < judgeCount; judge++) {
        const vote = votes[row * judgeCount + judge]!;
        if (vote < 0) continue;
        // Two classes: ±1 on the one contrast, so that a vote adds its log-odds to the class it names.
        scores[vote]! += vote_log_odds[judge]!;
      }
      normaliseLogs(scores);
      for (let k = 0; k < classCount; k++) probabilities[k]! += probability * scores[k]!;
    }
  };
}

/** Replaces logs by normalised probabilities, shifted by the highest so that nothing overflows. */
function normaliseLogs(values: Float64Array): void {
  let highest = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > highest) highest = value;
  let sum = 0;
  for (let k = 0; k < values.length; k++) {
    values[k] = Math.exp(values[k]! - highest);
    sum += values[k]!;
  }
  for (let k = 0; k < values.length; k++) values[k]! /= sum;
}
