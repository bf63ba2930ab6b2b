/** The form of an agent's definition: text in its fields, and the definition that the text says. */

import type { FeatureDeclaration, ThresholdDeclaration } from "@relearn/client";
import type { AgentDefinition } from "@relearn/contract";

export interface FeatureFields {
  readonly name: string;
  readonly path: string;
  readonly kind: FeatureDeclaration["kind"];
  readonly default: string;
  readonly min: string;
  readonly max: string;
}

export interface ThresholdFields {
  readonly name: string;
  /** Source of its value. */
  readonly from: "boundary_of" | "weight_of" | "constant";
  /** Feature of a boundary, or features of a weight, separated by commas. */
  readonly of: string;
  /** The constant, or what holds where the model says nothing. */
  readonly value: string;
}

export interface MappingFields {
  readonly label: string;
  readonly to: string;
}

/** All of the form's texts. */
export interface AgentFields {
  readonly name: string;
  readonly description: string;
  /** One a line. */
  readonly classes: string;
  readonly positive: string;
  readonly labelMap: readonly MappingFields[];
  readonly features: readonly FeatureFields[];
  readonly thresholds: readonly ThresholdFields[];
  /** Paths, one a line. */
  readonly redact: string;
  readonly errorCost: string;
  readonly reviewCost: string;
  readonly reviewsPerItem: string;
}

export const emptyFeature: FeatureFields = {
  name: "",
  path: "",
  kind: "number",
  default: "0",
  min: "",
  max: "",
};
export const emptyThreshold: ThresholdFields = { name: "", from: "boundary_of", of: "", value: "" };
export const emptyMapping: MappingFields = { label: "", to: "" };

/** The fields of a stored definition, or of a new one. */
export function agentFields(stored: AgentDefinition | undefined): AgentFields {
  const textOf = (value: number | undefined) => (value === undefined ? "" : String(value));
  return {
    name: stored?.name ?? "",
    description: stored?.description ?? "",
    classes: (stored?.classes ?? []).join("\n"),
    positive: stored?.positive ?? "",
    labelMap: Object.entries(stored?.label_map ?? {}).map(([label, to]) => ({ label, to })),
    features: stored?.features.map(featureFields) ?? [emptyFeature],
    thresholds: (stored?.thresholds ?? []).map(thresholdFields),
    redact: (stored?.redact ?? []).join("\n"),
    errorCost: textOf(stored?.costs?.error),
    reviewCost: textOf(stored?.costs?.review),
    reviewsPerItem: textOf(stored?.reviews_per_item),
  };
}

function featureFields(feature: FeatureDeclaration): FeatureFields {
  return {
    name: feature.name,
    path: feature.path,
    kind: feature.kind,
    default: String(feature.default),
    min: feature.min === undefined ? "" : String(feature.min),
    max: feature.max === undefined ? "" : String(feature.max),
  };
}

function thresholdFields(threshold: ThresholdDeclaration): ThresholdFields {
  const { name } = threshold;
  if ("constant" in threshold) return { name, from: "constant", of: "", value: String(threshold.constant) };
  const value = String(threshold.fallback);
  return "boundary_of" in threshold
    ? { name, from: "boundary_of", of: threshold.boundary_of, value }
    : { name, from: "weight_of", of: threshold.weight_of.join(", "), value };
}

/** A field that is not right: its place in the form ("features.2.default"), its name, what is accepted. */
export interface AgentFault {
  readonly id: string;
  readonly label: string;
  readonly message: string;
}

const NAME = /^[a-z][a-z0-9_]{0,62}$/;
const NAME_ACCEPTED = "small letters, digits and _, beginning with a letter, at most 63";
const PATH = /^[^.\s][^.]*(\.[^.]+)*$/;

/**
 * The definition that the form says, or each fault with its field. The service checks it once more: what stands
 * here is what a person can mistype.
 */
export function definitionOf(
  fields: AgentFields,
): { readonly definition: AgentDefinition } | { readonly faults: readonly AgentFault[] } {
  const faults: AgentFault[] = [];
  const refuse = (id: string, label: string, message: string) => faults.push({ id, label, message });
  const name = fields.name.trim();
  if (!NAME.test(name)) refuse("name", "Name", `enter ${NAME_ACCEPTED}`);
  const classes = linesOf(fields.classes);
  if (classes.length === 1) refuse("classes", "Classes", "enter two or more, or none");
  if (new Set(classes).size < classes.length) refuse("classes", "Classes", "contains a duplicate");
  const isClass = (text: string) => classes.length === 0 || classes.includes(text);
  if (fields.positive !== "" && !isClass(fields.positive)) {
    refuse("positive", "Positive class", `"${fields.positive}" is not one of the classes`);
  }
  const features = fields.features.map((row, at) => parseFeature(row, at, refuse));
  noteRepeats(features, "features", "Feature", refuse);
  const featureNames = new Set(features.map((feature) => feature.name));
  const thresholds = fields.thresholds.map((row, at) => parseThreshold(row, at, featureNames, refuse));
  noteRepeats(thresholds, "thresholds", "Threshold", refuse);
  for (const [at, { label, to }] of fields.labelMap.entries()) {
    if (label === "") refuse(`labelMap.${at}.label`, `Label ${at + 1}`, "is empty");
    if (to === "" || !isClass(to)) {
      refuse(`labelMap.${at}.to`, `Class of ${label || `label ${at + 1}`}`, "choose one of the classes");
    }
  }
  const redact = linesOf(fields.redact);
  for (const path of redact) {
    if (!PATH.test(path))
      refuse("redact", "Redacted paths", `"${path}" is not a path of names joined by dots`);
  }
  const costs = costsOf(fields, refuse);
  const reviews = fields.reviewsPerItem.trim();
  if (reviews !== "" && !/^[1-5]$/.test(reviews)) {
    refuse("reviewsPerItem", "Reviewers per item", "enter a whole number from 1 to 5");
  }
  if (faults.length > 0) return { faults };
  const description = fields.description.trim();
  return {
    definition: {
      name,
      ...(description === "" ? {} : { description }),
      ...(classes.length === 0 ? {} : { classes }),
      ...(fields.positive === "" ? {} : { positive: fields.positive }),
      ...(fields.labelMap.length === 0
        ? {}
        : { label_map: Object.fromEntries(fields.labelMap.map(({ label, to }) => [label, to])) }),
      features,
      ...(thresholds.length === 0 ? {} : { thresholds }),
      ...(redact.length === 0 ? {} : { redact }),
      ...(costs === undefined ? {} : { costs }),
      ...(reviews === "" ? {} : { reviews_per_item: Number(reviews) }),
    },
  };
}

type Refuse = (id: string, label: string, message: string) => void;

function parseFeature(fields: FeatureFields, at: number, refuse: Refuse): FeatureDeclaration {
  const id = `features.${at}`;
  const name = fields.name.trim();
  const label = name === "" ? `Feature ${at + 1}` : name;
  if (!NAME.test(name)) refuse(`${id}.name`, label, `the name must be ${NAME_ACCEPTED}`);
  const path = fields.path.trim() || name;
  if (!PATH.test(path))
    refuse(`${id}.path`, label, "the path must be names joined by dots, such as sender.age_days");
  const bounds: { min?: number; max?: number } = {};
  for (const member of ["min", "max"] as const) {
    const text = fields[member].trim();
    if (text === "") continue;
    if (fields.kind === "boolean") refuse(`${id}.${member}`, label, "a yes/no feature has no limits");
    else if (!isNumber(text)) refuse(`${id}.${member}`, label, `the limit "${text}" is not a number`);
    else bounds[member] = Number(text);
  }
  const { min, max } = bounds;
  if (min !== undefined && max !== undefined && min >= max) {
    refuse(`${id}.max`, label, `the maximum must be greater than the minimum, ${min}`);
  }
  const fallback = fields.default.trim();
  if (fields.kind === "boolean") {
    if (fallback !== "true" && fallback !== "false") {
      refuse(`${id}.default`, label, `the default must be true or false, not "${fallback}"`);
    }
    return { name, path, kind: fields.kind, default: fallback === "true" };
  }
  if (!isNumber(fallback)) refuse(`${id}.default`, label, `the default "${fallback}" is not a number`);
  else if (Number(fallback) < (min ?? -Infinity) || Number(fallback) > (max ?? Infinity)) {
    refuse(`${id}.default`, label, `the default must be from ${min ?? "-∞"} to ${max ?? "∞"}`);
  }
  return { name, path, kind: fields.kind, default: Number(fallback), ...bounds };
}

function parseThreshold(
  fields: ThresholdFields,
  at: number,
  features: ReadonlySet<string>,
  refuse: Refuse,
): ThresholdDeclaration {
  const id = `thresholds.${at}`;
  const name = fields.name.trim();
  const label = name === "" ? `Threshold ${at + 1}` : name;
  if (!NAME.test(name)) refuse(`${id}.name`, label, `the name must be ${NAME_ACCEPTED}`);
  if (!isNumber(fields.value)) refuse(`${id}.value`, label, `"${fields.value}" is not a number`);
  const value = Number(fields.value);
  if (fields.from === "constant") return { name, constant: value };
  const of = fields.of.split(/[\s,]+/).filter((one) => one !== "");
  const unknown = of.find((one) => !features.has(one));
  if (of.length === 0) refuse(`${id}.of`, label, "enter a feature");
  else if (unknown !== undefined) refuse(`${id}.of`, label, `"${unknown}" is not one of the features`);
  return fields.from === "boundary_of"
    ? { name, boundary_of: of[0] ?? "", fallback: value }
    : { name, weight_of: of, fallback: value };
}

function noteRepeats(
  rows: readonly { readonly name: string }[],
  id: string,
  label: string,
  refuse: Refuse,
): void {
  for (const [at, { name }] of rows.entries()) {
    if (name !== "" && rows.findIndex((row) => row.name === name) < at) {
      refuse(`${id}.${at}.name`, `${label} ${at + 1}`, `"${name}" is a duplicate`);
    }
  }
}

function costsOf({ errorCost, reviewCost }: AgentFields, refuse: Refuse): AgentDefinition["costs"] {
  if (errorCost.trim() === "" && reviewCost.trim() === "") return undefined;
  if (!isNumber(errorCost) || !(Number(errorCost) > 0)) {
    refuse("errorCost", "Cost of an error", "enter a number greater than 0, or leave both costs empty");
  }
  if (!isNumber(reviewCost) || Number(reviewCost) < 0) {
    refuse("reviewCost", "Cost of a review", "enter a number of 0 or more, or leave both costs empty");
  }
  return { error: Number(errorCost), review: Number(reviewCost) };
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
