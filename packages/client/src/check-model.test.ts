import { expect, test } from "vitest";
import { checkDecisionConfig, checkModel } from "./check-model.ts";
import { binary, multinomial, tree } from "./reference-models.fixture.ts";

const config = {
  features: binary.feature_names.map((name) => ({ name, path: name, kind: "number", default: 0 })),
  positive: "quarantine",
  model: binary,
  thresholds: { risk_score_threshold: 50 },
};

test("takes what can decide", () => {
  for (const model of [binary, multinomial, tree]) expect(checkModel(model)).toBe(model);
  expect(checkDecisionConfig(config)).toBe(config);
});

const nodes = tree.tree.nodes;
const withNode = (at: number, change: object) => ({
  ...tree,
  tree: { nodes: nodes.map((node, index) => (index === at ? { ...node, ...change } : node)) },
});

test.each([
  ["no object", null, "model"],
  ["a model of another kind", { ...binary, model_type: "Oracle" }, "model.model_type"],
  ["one class", { ...binary, classes: ["safe"] }, "model.classes"],
  ["a class twice", { ...binary, classes: ["safe", "safe"] }, "model.classes"],
  ["a coefficient that is no number", { ...binary, coef: [[1, "2", 3]] }, "model.coef[0][1]"],
  ["a coefficient that is null, as JSON writes NaN", { ...binary, coef: [[1, null, 3]] }, "model.coef[0][1]"],
  ["too few coefficients", { ...binary, coef: [[1, 2]] }, "model.coef[0]"],
  ["too few rows", { ...multinomial, coef: multinomial.coef.slice(1) }, "model.coef"],
  ["a scale of 0", { ...binary, scaler: { ...binary.scaler, scale: [1, 0, 1] } }, "model.scaler.scale[1]"],
  [
    "calibration of the wrong size",
    { ...multinomial, calibration: { slope: [1], intercept: [0] } },
    "model.calibration.slope",
  ],
  ["no nodes", { ...tree, tree: { nodes: [] } }, "model.tree.nodes"],
  ["a child that is the root", withNode(1, { left: 0 }), "model.tree.nodes[1].left"],
  ["a child out of range", withNode(1, { right: 13 }), "model.tree.nodes[1].right"],
  ["a child with two parents", withNode(3, { left: 2 }), "model.tree.nodes[3].left"],
  ["a feature that does not exist", withNode(0, { feature: 3 }), "model.tree.nodes[0].feature"],
  ["negative counts", withNode(2, { counts: [-1, 0, 0] }), "model.tree.nodes[2].counts"],
])("refuses %s", (_, model, path) => {
  expect(() => checkModel(model)).toThrow(expect.objectContaining({ code: "invalid_document", path }));
});

test.each([
  [
    "features in another order",
    { ...config, features: config.features.toReversed() },
    "config.model.feature_names",
  ],
  ["a positive class the model does not know", { ...config, positive: "x" }, "config.positive"],
  ["a threshold that is no number", { ...config, thresholds: { t: "1" } }, "config.thresholds.t"],
  [
    "an unknown kind of feature",
    { ...config, features: [{ ...config.features[0], kind: "word" }] },
    "config.features[0].kind",
  ],
])("refuses a config with %s", (_, input, path) => {
  expect(() => checkDecisionConfig(input)).toThrow(expect.objectContaining({ path }));
});
