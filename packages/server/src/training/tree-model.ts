import type { TreeModelDocument } from "@relearn/client";
import { boundedLogit } from "@relearn/client/models";
import { type DecisionTree, fitTree } from "../numerics/decision-tree.ts";
import { presortColumns } from "../numerics/presorted-columns.ts";
import { leafShares, treeLeaves, treeProbabilities } from "../numerics/tree-prediction.ts";
import { toTrainingError } from "./fit-failure.ts";
import type { FittedModel, ModelKind } from "./model-kind.ts";
import { findFirstSplit } from "./tree-thresholds.ts";

/** Decision tree of depth 5 on the raw features. */
export const treeModel: ModelKind<TreeModelDocument> = {
  modelType: "DecisionTree",
  separableMessage:
    "The tree tells the classes of all training rows apart: check that no feature gives the answer away, and trust the held-out figures alone.",

  createTrainer(input, onStep) {
    const presorted = presortColumns(input.table, onStep);
    return {
      fit({ rows, labels, classes, onPass }) {
        const result = fitTree(input.table, labels, classes, {
          weights: input.weights,
          excluded: rows === null ? null : excludeAllBut(rows, input.table.rows),
          presorted,
          ...(onPass === undefined ? {} : { onColumn: onPass }),
        });
        if (!result.ok) throw toTrainingError(input, result);
        return toFittedModel(result.tree);
      },
    };
  },

  isSeparable: (_input, trainingAccuracy) => trainingAccuracy === 1,

  findBoundary: findFirstSplit,
  computeWeight: () => ({ value: null, reason: "a tree has no coefficients" }),
};

function excludeAllBut(rows: Int32Array, total: number): Uint8Array {
  const excluded = new Uint8Array(total).fill(1);
  for (let i = 0; i < rows.length; i++) excluded[rows[i]!] = 0;
  return excluded;
}

function toFittedModel(tree: DecisionTree): FittedModel {
  const { classes } = tree;
  return {
    classes,

    predict: (table, rows) => treeProbabilities(tree, table, rows),

    predictWithLogOdds(table, rows) {
      const leaves = treeLeaves(tree, table, rows);
      const shares = leafShares(tree);
      const odds = shares.map(boundedLogit);
      const probabilities = new Float64Array(leaves.length * classes);
      const logOdds = new Float64Array(leaves.length * classes);
      for (let i = 0; i < leaves.length; i++) {
        for (let k = 0; k < classes; k++) {
          probabilities[i * classes + k] = shares[leaves[i]! * classes + k]!;
          logOdds[i * classes + k] = odds[leaves[i]! * classes + k]!;
        }
      }
      return { probabilities, logOdds };
    },

    createColumnPredictor: (table) => (column, values) => {
      const columns = [...table.columns];
      columns[column] = values;
      return treeProbabilities(tree, { rows: table.rows, columns }, null);
    },

    usesColumn: (column) => tree.nodes.some((node) => node.feature === column),

    /** Decrease of impurity. */
    computeImportances: () => [...tree.importances],

    toDocument: (classNames, featureNames) => ({
      model_type: "DecisionTree",
      classes: [...classNames],
      feature_names: [...featureNames],
      tree: { nodes: tree.nodes.map((node) => ({ ...node, counts: [...node.counts] })) },
      calibration: null,
    }),
  };
}
