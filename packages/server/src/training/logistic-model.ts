import type { LogisticModelDocument } from "@relearn/client";
import { logOddsAgainstRest } from "@relearn/client/models";
import { logisticMargins, probabilitiesOfMargins } from "../numerics/logistic-prediction.ts";
import { fitLogistic, type LogisticModel } from "../numerics/logistic-regression.ts";
import { predictLabels } from "../numerics/predict-labels.ts";
import { toTrainingError } from "./fit-failure.ts";
import { computeLogisticWeight, findLogisticBoundary } from "./logistic-thresholds.ts";
import type { FittedModel, ModelKind } from "./model-kind.ts";
import type { TrainingTable } from "./training-table.ts";

/** Logistic regression on standardised features, multinomial for more than two classes. */
export const logisticModel: ModelKind<LogisticModelDocument> = {
  modelType: "LogisticRegression",
  separableMessage:
    "The features separate the classes of the training rows completely: check that none gives the answer away; without the penalty the coefficients would grow without bound.",

  createTrainer(input) {
    return {
      fit({ rows, labels, classes, onPass }) {
        const result = fitLogistic(input.table, labels, classes, {
          rows,
          weights: input.weights,
          ...(onPass === undefined ? {} : { onPass }),
        });
        if (!result.ok) throw toTrainingError(input, result);
        return toFittedModel(result.model);
      },
    };
  },

  isSeparable(input, trainingAccuracy) {
    if (trainingAccuracy === 1) return true;
    const values = input.table.rows * input.table.columns.length;
    return trainingAccuracy >= 0.9 && values <= MAX_SEPARABLE_VALUES && separatesUnpenalised(input);
  },

  findBoundary: findLogisticBoundary,
  computeWeight: computeLogisticWeight,
};

/** Maximum of rows times columns for a second, nearly unpenalised fit that tests whether the classes are separable. */
const MAX_SEPARABLE_VALUES = 2_000_000;

function separatesUnpenalised(input: TrainingTable): boolean {
  const classes = input.classes.length;
  const free = fitLogistic(input.table, input.labels, classes, {
    inverseRegularisation: 1e6,
    maxIterations: 60,
  });
  if (!free.ok) return false;
  const predictions = predictLabels(toFittedModel(free.model).predict(input.table, null), classes);
  return predictions.every((label, row) => label === input.labels[row]);
}

function toFittedModel(model: LogisticModel): FittedModel {
  const { classes, coef, intercept, scaler } = model;
  const vectors = intercept.length;
  const width = coef.length / vectors;
  return {
    classes,

    predict: (table, rows) => probabilitiesOfMargins(logisticMargins(model, table, rows), classes),

    predictWithLogOdds(table, rows) {
      const margins = logisticMargins(model, table, rows);
      const probabilities = probabilitiesOfMargins(margins, classes);
      const logOdds = new Float64Array(probabilities.length);
      if (classes === 2) {
        for (let i = 0; i < margins.length; i++) {
          logOdds[2 * i] = -margins[i]!;
          logOdds[2 * i + 1] = margins[i]!;
        }
      } else {
        for (let at = 0; at < margins.length; at += classes) {
          logOddsAgainstRest(margins.subarray(at, at + classes), logOdds.subarray(at, at + classes));
        }
      }
      return { probabilities, logOdds };
    },

    createColumnPredictor(table) {
      // Margins are sums over the columns, so only the term of this column is replaced.
      const margins = logisticMargins(model, table, null);
      return (column, values) => {
        const own = table.columns[column]!;
        const changed = margins.slice();
        for (let v = 0; v < vectors; v++) {
          const weight = coef[v * width + column]! / scaler.scale[column]!;
          for (let i = 0; i < table.rows; i++) changed[i * vectors + v]! += weight * (values[i]! - own[i]!);
        }
        return probabilitiesOfMargins(changed, classes);
      };
    },

    usesColumn: () => true,

    /** |coefficient|, mean over the rows of `coef`. */
    computeImportances() {
      const sums = new Array<number>(width).fill(0);
      for (let at = 0; at < coef.length; at++) sums[at % width]! += Math.abs(coef[at]!);
      const total = sums.reduce((sum, value) => sum + value, 0);
      return total > 0 ? sums.map((value) => value / total) : sums;
    },

    toDocument: (classNames, featureNames) => ({
      model_type: "LogisticRegression",
      classes: [...classNames],
      feature_names: [...featureNames],
      scaler: { mean: [...scaler.mean], scale: [...scaler.scale] },
      coef: Array.from(intercept, (_, v) => [...coef.subarray(v * width, (v + 1) * width)]),
      intercept: [...intercept],
      calibration: null,
    }),
  };
}
