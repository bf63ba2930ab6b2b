import type { DecisionConfig, ModelDocument } from "./bundle-document.ts";
import { type Fields, finite, list, numbers, record, text, whole } from "./document-fields.ts";
import { InvalidDocumentError } from "./invalid-document-error.ts";

/**
 * Checks that a decision config from outside is one that can decide: shapes that fit each other, finite
 * numbers, a tree without cycles. Throws InvalidDocumentError with the path of the first fault. After it,
 * scoring needs no checks of its own and cannot loop or read beyond an array.
 */
export function checkDecisionConfig(input: unknown, at = "config"): DecisionConfig {
  const config = record(input, at);
  const features = list(config["features"], `${at}.features`);
  features.forEach((entry, index) => {
    checkFeature(entry, `${at}.features[${index}]`);
  });
  const thresholds = record(config["thresholds"], `${at}.thresholds`);
  for (const [name, value] of Object.entries(thresholds)) finite(value, `${at}.thresholds.${name}`);
  const model = checkModel(config["model"], `${at}.model`);
  const names = features.map((entry) => (entry as { name: string }).name);
  if (names.length !== model.feature_names.length || names.some((n, j) => n !== model.feature_names[j])) {
    throw new InvalidDocumentError(
      `${at}.model.feature_names`,
      `must name the ${names.length} declared features in their order (${names.join(", ")}), got ${model.feature_names.join(", ")}.`,
    );
  }
  const positive = text(config["positive"], `${at}.positive`);
  if (!model.classes.includes(positive)) {
    throw new InvalidDocumentError(
      `${at}.positive`,
      `"${positive}" is none of the model's classes (${model.classes.join(", ")}).`,
    );
  }
  return input as DecisionConfig;
}

/** The same for a model alone. */
export function checkModel(input: unknown, at = "model"): ModelDocument {
  const model = record(input, at);
  const classes = list(model["classes"], `${at}.classes`);
  classes.forEach((name, k) => {
    text(name, `${at}.classes[${k}]`);
  });
  if (classes.length < 2 || new Set(classes).size !== classes.length) {
    throw new InvalidDocumentError(`${at}.classes`, "must be at least two different names.");
  }
  const featureNames = list(model["feature_names"], `${at}.feature_names`);
  featureNames.forEach((name, j) => {
    text(name, `${at}.feature_names[${j}]`);
  });
  if (model["calibration"] !== null) {
    const calibration = record(model["calibration"], `${at}.calibration`);
    const entries = classes.length === 2 ? 1 : classes.length;
    numbers(calibration["slope"], entries, `${at}.calibration.slope`);
    numbers(calibration["intercept"], entries, `${at}.calibration.intercept`);
  }
  switch (model["model_type"]) {
    case "LogisticRegression":
      checkLogistic(model, classes.length, featureNames.length, at);
      break;
    case "DecisionTree":
      checkTree(model, classes.length, featureNames.length, at);
      break;
    default:
      throw new InvalidDocumentError(
        `${at}.model_type`,
        `must be LogisticRegression or DecisionTree, got ${JSON.stringify(model["model_type"])}.`,
      );
  }
  return input as ModelDocument;
}

function checkLogistic(model: Fields, classCount: number, width: number, at: string): void {
  const scaler = record(model["scaler"], `${at}.scaler`);
  numbers(scaler["mean"], width, `${at}.scaler.mean`);
  numbers(scaler["scale"], width, `${at}.scaler.scale`).forEach((scale, j) => {
    if (scale <= 0)
      throw new InvalidDocumentError(`${at}.scaler.scale[${j}]`, `must be above 0, got ${scale}.`);
  });
  const rows = classCount === 2 ? 1 : classCount;
  const coef = list(model["coef"], `${at}.coef`);
  if (coef.length !== rows) {
    throw new InvalidDocumentError(
      `${at}.coef`,
      `${classCount} classes need ${rows} row(s), got ${coef.length}.`,
    );
  }
  coef.forEach((row, k) => {
    numbers(row, width, `${at}.coef[${k}]`);
  });
  numbers(model["intercept"], rows, `${at}.intercept`);
}

function checkTree(model: Fields, classCount: number, width: number, at: string): void {
  const path = `${at}.tree.nodes`;
  const nodes = list(record(model["tree"], `${at}.tree`)["nodes"], path);
  if (nodes.length === 0) throw new InvalidDocumentError(path, "must have at least the root.");
  const parents = new Uint8Array(nodes.length);
  nodes.forEach((entry, index) => {
    const here = `${path}[${index}]`;
    const node = record(entry, here);
    const counts = numbers(node["counts"], classCount, `${here}.counts`);
    if (counts.some((count) => count < 0)) {
      throw new InvalidDocumentError(`${here}.counts`, "must not be negative.");
    }
    finite(node["threshold"], `${here}.threshold`);
    const feature = whole(node["feature"], -1, width - 1, `${here}.feature`);
    if (feature === -1) return;
    for (const side of ["left", "right"]) {
      const child = whole(node[side], 1, nodes.length - 1, `${here}.${side}`);
      if (parents[child] === 1) {
        throw new InvalidDocumentError(`${here}.${side}`, `node ${child} has two parents: this is no tree.`);
      }
      parents[child] = 1;
    }
  });
  // With one parent each and none for the root, a cycle can only lie apart from the root, out of reach.
}

function checkFeature(entry: unknown, at: string): void {
  const feature = record(entry, at);
  text(feature["name"], `${at}.name`);
  text(feature["path"], `${at}.path`);
  if (feature["kind"] !== "number" && feature["kind"] !== "boolean" && feature["kind"] !== "length") {
    throw new InvalidDocumentError(
      `${at}.kind`,
      `must be number, boolean or length, got ${JSON.stringify(feature["kind"])}.`,
    );
  }
  if (typeof feature["default"] !== "boolean") finite(feature["default"], `${at}.default`);
  if (feature["min"] !== undefined) finite(feature["min"], `${at}.min`);
  if (feature["max"] !== undefined) finite(feature["max"], `${at}.max`);
}
