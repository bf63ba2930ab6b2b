import { describe, expect, it } from "vitest";
import { describeWithSharedData } from "../../../../scripts/testing/describe-with-shared-data.ts";
import { readTableFile } from "../cli/read-table-file.ts";
import { seededRandom } from "../numerics/random.ts";
import reference from "../numerics/reference-values.json" with { type: "json" };
import { type Evaluation, type EvaluationOptions, evaluateModel } from "./evaluate-model.ts";
import { type ModelKindName, modelKinds } from "./model-kinds.ts";
import { groupRepeatedRows } from "./repeated-rows.ts";
import { trainModel } from "./train-model.ts";
import type { TrainingTable } from "./training-table.ts";

/** One feature decides by its sign, one is noise. */
function signs(rows: number, seed = 1): TrainingTable {
  const random = seededRandom(seed);
  const x = Float64Array.from({ length: rows }, () => random.normal());
  const noise = Float64Array.from({ length: rows }, () => random.normal());
  return {
    featureNames: ["x", "noise"],
    table: { rows, columns: [x, noise] },
    classes: ["no", "yes"],
    labels: Uint16Array.from(x, (value) => (value + 0.5 * random.normal() > 0 ? 1 : 0)),
    weights: null,
    groups: null,
  };
}

function evaluateKind(kind: ModelKindName, input: TrainingTable, options: EvaluationOptions): Evaluation {
  return evaluateModel(modelKinds[kind].createTrainer(input), input, options);
}

describe("the evaluation", () => {
  it("finds what there is to find, and nothing in labels drawn by lot", () => {
    for (const kind of ["logistic", "tree"] as const) {
      const { document } = evaluateKind(kind, signs(1000), { positive: 1 });
      expect(document.folds).toBe(5);
      expect(document.accuracy).toBeGreaterThan(0.8);
      expect(document.accuracy_interval[0]).toBeLessThan(document.accuracy);
      expect(document.permutation_importances["x"]).toBeGreaterThan(0.2);
      expect(Math.abs(document.permutation_importances["noise"]!)).toBeLessThan(0.05);
      const random = seededRandom(9);
      const lots = { ...signs(1000), labels: Uint16Array.from({ length: 1000 }, () => random.below(2)) };
      expect(evaluateKind(kind, lots, { positive: 1 }).document.accuracy).toBeLessThan(0.56);
    }
  });

  it("permutes rows from all over a fold, however the table is sorted", () => {
    // 60,000 rows sorted by what decides: the first 4,000 of a fold alone would all be the same.
    const rows = 60_000;
    const x = Float64Array.from({ length: rows }, (_, row) => (row < rows / 2 ? 0 : 1));
    const sorted = { ...signs(rows), table: { rows, columns: [x] }, featureNames: ["x"] };
    const labels = Uint16Array.from(x);
    for (const kind of ["logistic", "tree"] as const) {
      const { document } = evaluateKind(kind, { ...sorted, labels }, { positive: 1 });
      expect(document.permutation_importances["x"]).toBeGreaterThan(0.45);
    }
  });

  it("does not reward rows learned by heart: copies in other folds would, in one they do not", () => {
    const lots = signs(150);
    const random = seededRandom(9);
    const labels = Uint16Array.from({ length: 150 }, () => random.below(2));
    const twice = <Values extends Float64Array | Uint16Array>(values: Values): Values => {
      const both = new (values.constructor as new (length: number) => Values)(300);
      both.set(values);
      both.set(values, 150);
      return both;
    };
    const copied: TrainingTable = {
      ...lots,
      labels: twice(labels),
      table: { rows: 300, columns: lots.table.columns.map(twice) },
    };
    const flattered = evaluateKind("tree", copied, { positive: 1 }).document.accuracy;
    const { input, warnings } = groupRepeatedRows(copied);
    const honest = evaluateKind("tree", input, { positive: 1 }).document.accuracy;
    expect(warnings[0]!.code).toBe("repeated_rows");
    expect(flattered).toBeGreaterThan(honest + 0.05);
  });

  it("gives a class that a fold lacks probability 0 there, and stays finite", () => {
    const input = signs(40);
    const labels = input.labels.slice();
    labels[7] = 2;
    const lone = { ...input, labels, classes: ["no", "yes", "once"] };
    for (const kind of ["logistic", "tree"] as const) {
      const { document } = evaluateKind(kind, lone, { positive: 2 });
      expect(document.per_class["once"]).toMatchObject({ support: 1, recall: 0 });
      expect(Number.isFinite(document.log_loss)).toBe(true);
    }
  });

  it("calibrates from 50 rows on, and towards what happened", () => {
    expect(evaluateKind("logistic", signs(49), { positive: 1 }).calibration).toBeNull();
    const { calibration } = evaluateKind("tree", signs(1000), { positive: 1 });
    // A tree's leaves overstate; the slope draws them in.
    expect(calibration!.slope[0]).toBeGreaterThan(0);
    expect(calibration!.slope[0]).toBeLessThan(1);
  });

  it("reports progress from which it can be ended", () => {
    const folds: number[] = [];
    evaluateKind("logistic", signs(100), { positive: 1, onFold: (done) => folds.push(done) });
    expect(folds).toEqual([1, 2, 3, 4, 5]);
    const stop = (): never => {
      throw new Error("enough");
    };
    expect(() => trainModel(signs(100), 1, { onProgress: stop })).toThrow("enough");
  });
});

describeWithSharedData("spambase/spambase.csv", "on spambase", (spambase) => {
  const { input } = readTableFile(spambase, { label: "is_spam", encoding: "utf-8" });

  // Values: /usr/bin/python3 scripts/trainer-reference.py
  it("the coefficients are scikit-learn's to 1e-6", () => {
    const { model } = trainModel(input, 1, { evaluate: false });
    if (model.model_type !== "LogisticRegression") throw new Error("expected a logistic model");
    const expected = [...reference.spambase.logistic.coef.flat(), ...reference.spambase.logistic.intercept];
    [...model.coef[0]!, ...model.intercept].forEach((value, at) => {
      expect(Math.abs(value - expected[at]!)).toBeLessThan(1e-6);
    });
  });

  it("the tree has scikit-learn's accuracy, root and leaf impurity", () => {
    const trained = trainModel(input, 1, { evaluate: false, modelType: "tree" });
    if (trained.model.model_type !== "DecisionTree") throw new Error("expected a tree");
    const { nodes } = trained.model.tree;
    expect(nodes[0]!.feature).toBe(reference.spambase.tree.root_feature);
    expect(nodes[0]!.threshold).toBeCloseTo(reference.spambase.tree.root_threshold, 6);
    expect(trained.trainingAccuracy).toBeCloseTo(reference.spambase.tree.accuracy, 12);
    const leaves = nodes.filter((node) => node.feature === -1);
    const impurity = leaves.reduce((sum, { counts }) => {
      const total = counts[0]! + counts[1]!;
      return sum + total - (counts[0]! ** 2 + counts[1]! ** 2) / total;
    }, 0);
    expect(impurity / input.table.rows).toBeCloseTo(reference.spambase.tree.impurity, 9);
  });

  it("copies stay in one fold, and the held-out accuracy is about 91.5 %", () => {
    const { input: grouped } = groupRepeatedRows(input);
    const { document } = evaluateKind("logistic", grouped, { positive: 1 });
    expect(document.accuracy).toBeGreaterThan(0.905);
    expect(document.accuracy).toBeLessThan(0.93);
  });
});
