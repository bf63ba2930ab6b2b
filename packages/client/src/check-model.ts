import type { DecisionConfig, ModelDocument } from "./bundle-document.ts";
import {
  type Fields,
  readFinite,
  readList,
  readNumbers,
  readRecord,
  readText,
  readWhole,
} from "./document-fields.ts";
import { InvalidDocumentError } from "./invalid-document-error.ts";

/**
 * Validates a decision config: consistent shapes, finite numbers, a tree without cycles. Throws `InvalidDocumentError` with
 * the path of the first fault. A validated config is scored without further checks, and cannot cause an endless loop or an
 * access beyond an array.
 */
export function checkDecisionConfig(input: unknown, at = "config"): DecisionConfig {
  const config = readRecord(input, at);
  const features = readList(config["features"], `${at}.features`);
  features.forEach((entry, index) => {
    checkFeature(entry, `${at}.features[${index}]`);
  });
  const thresholds = readRecord(config["thresholds"], `${at}.thresholds`);
  for (const [name, value] of Object.entries(thresholds)) readFinite(value, `${at}.thresholds.${name}`);
  const model = checkModel(config["model"], `${at}.model`);
  const names = features.map((entry) => (entry as { name: string }).name);
  if (names.length !== model.feature_names.length || names.some((n, j) => n !== model.feature_names[j])) {
    throw new InvalidDocumentError(
      `${at}.model.feature_names`,
      `must name the ${names.length} declared features in their order (${names.join(", ")}), got ${model.feature_names.join(", ")}.`,
    );
  }
  const positive = readText(config["positive"], `${at}.positive`);
  if (!model.classes.includes(positive)) {
    throw new InvalidDocumentError(
      `${at}.positive`,
      `"${positive}" is not one of the model's classes (${model.classes.join(", ")}).`,
    );
  }
  return input as DecisionConfig;
}

/** Validates a model as `checkDecisionConfig` does. */
export function checkModel(input: unknown, at = "model"): ModelDocument {
  const model = readRecord(input, at);
  const classes = readList(model["classes"], `${at}.classes`);
  classes.forEach((name, k) => {
    readText(name, `${at}.classes[${k}]`);
  });
  if (classes.length < 2 || new Set(classes).size !== classes.length) {
    throw new InvalidDocumentError(`${at}.classes`, "must be at least two different names.");
  }
  const featureNames = readList(model["feature_names"], `${at}.feature_names`);
  featureNames.forEach((name, j) => {
    readText(name, `${at}.feature_names[${j}]`);
  });
  if (model["calibration"] !== null) {
    const calibration = readRecord(model["calibration"], `${at}.calibration`);
    const entries = classes.length === 2 ? 1 : classes.length;
    readNumbers(calibration["slope"], entries, `${at}.calibration.slope`);
    readNumbers(calibration["intercept"], entries, `${at}.calibration.intercept`);
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
  const scaler = readRecord(model["scaler"], `${at}.scaler`);
  readNumbers(scaler["mean"], width, `${at}.scaler.mean`);
  readNumbers(scaler["scale"], width, `${at}.scaler.scale`).forEach((scale, j) => {
    if (scale <= 0)
      throw new InvalidDocumentError(`${at}.scaler.scale[${j}]`, `must be above 0, got ${scale}.`);
  });
  const rows = classCount === 2 ? 1 : classCount;
  const coef = readList(model["coef"], `${at}.coef`);
  if (coef.length !== rows) {
    throw new InvalidDocumentError(
      `${at}.coef`,
      `${classCount} classes need ${rows} row(s), got ${coef.length}.`,
    );
  }
  coef.forEach((row, k) => {
    readNumbers(row, width, `${at}.coef[${k}]`);
  });
  readNumbers(model["intercept"], rows, `${at}.intercept`);
}

function checkTree(model: Fields, classCount: number, width: number, at: string): void {
  const path = `${at}.tree.nodes`;
  const nodes = readList(readRecord(model["tree"], `${at}.tree`)["nodes"], path);
  if (nodes.length === 0) throw new InvalidDocumentError(path, "must have at least the root.");
  const parents = new Uint8Array(nodes.length);
  nodes.forEach((entry, index) => {
    const here = `${path}[${index}]`;
    const node = readRecord(entry, here);
    const counts = readNumbers(node["counts"], classCount, `${here}.counts`);
    if (counts.some((count) => count < 0)) {
      throw new InvalidDocumentError(`${here}.counts`, "must not be negative.");
    }
    readFinite(node["threshold"], `${here}.threshold`);
    const feature = readWhole(node["feature"], -1, width - 1, `${here}.feature`);
    if (feature === -1) return;
    for (const side of ["left", "right"]) {
      const child = readWhole(node[side], 1, nodes.length - 1, `${here}.${side}`);
      if (parents[child] === 1) {
        throw new InvalidDocumentError(
          `${here}.${side}`,
          `node ${child} has two parents, so this is not a tree.`,
        );
      }
      parents[child] = 1;
    }
  });
  // Each node has one parent and the root has none, so a cycle cannot be reached from the root.
}

function checkFeature(entry: unknown, at: string): void {
  const feature = readRecord(entry, at);
  readText(feature["name"], `${at}.name`);
  readText(feature["path"], `${at}.path`);
  if (feature["kind"] !== "number" && feature["kind"] !== "boolean" && feature["kind"] !== "length") {
    throw new InvalidDocumentError(
      `${at}.kind`,
      `must be number, boolean or length, got ${JSON.stringify(feature["kind"])}.`,
    );
  }
  if (typeof feature["default"] !== "boolean") readFinite(feature["default"], `${at}.default`);
  if (feature["min"] !== undefined) readFinite(feature["min"], `${at}.min`);
  if (feature["max"] !== undefined) readFinite(feature["max"], `${at}.max`);
}
