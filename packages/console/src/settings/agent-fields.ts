/** The form of an agent's definition: text in its fields, and the definition that the text says. */

import type { FeatureDeclaration, ThresholdDeclaration } from "@relearn/client";
import { type AgentDefinition, agentDefinitionSchema } from "@relearn/contract";

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
  const toText = (value: number | undefined) => (value === undefined ? "" : String(value));
  return {
    name: stored?.name ?? "",
    description: stored?.description ?? "",
    classes: (stored?.classes ?? []).join("\n"),
    positive: stored?.positive ?? "",
    labelMap: Object.entries(stored?.label_map ?? {}).map(([label, to]) => ({ label, to })),
    features: stored?.features.map(featureFields) ?? [emptyFeature],
    thresholds: (stored?.thresholds ?? []).map(thresholdFields),
    redact: (stored?.redact ?? []).join("\n"),
    errorCost: toText(stored?.costs?.error),
    reviewCost: toText(stored?.costs?.review),
    reviewsPerItem: toText(stored?.reviews_per_item),
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

/** The definition that the form says, or each fault with its field, as the contract's schema finds it. */
export function toDefinition(
  fields: AgentFields,
): { readonly definition: AgentDefinition } | { readonly faults: readonly AgentFault[] } {
  const definition = readFields(fields);
  const parsed = agentDefinitionSchema.safeParse(definition);
  if (parsed.success) return { definition };
  return { faults: parsed.error.issues.map((issue) => toFault(issue, fields)) };
}

/** The definition as the texts say it; a text that should be a number and is none becomes NaN. */
function readFields(fields: AgentFields): AgentDefinition {
  const description = fields.description.trim();
  const classes = toLines(fields.classes);
  const redact = toLines(fields.redact);
  const reviews = fields.reviewsPerItem.trim();
  const hasCosts = fields.errorCost.trim() !== "" || fields.reviewCost.trim() !== "";
  return {
    name: fields.name.trim(),
    ...(description === "" ? {} : { description }),
    ...(classes.length === 0 ? {} : { classes }),
    ...(fields.positive === "" ? {} : { positive: fields.positive }),
    ...(fields.labelMap.length === 0
      ? {}
      : { label_map: Object.fromEntries(fields.labelMap.map(({ label, to }) => [label, to])) }),
    features: fields.features.map(readFeature),
    ...(fields.thresholds.length === 0 ? {} : { thresholds: fields.thresholds.map(readThreshold) }),
    ...(redact.length === 0 ? {} : { redact }),
    ...(hasCosts
      ? { costs: { error: readNumber(fields.errorCost), review: readNumber(fields.reviewCost) } }
      : {}),
    ...(reviews === "" ? {} : { reviews_per_item: readNumber(reviews) }),
  };
}

function readFeature(fields: FeatureFields): FeatureDeclaration {
  const name = fields.name.trim();
  const fallback = fields.default.trim();
  const isWord = fallback === "true" || fallback === "false";
  return {
    name,
    path: fields.path.trim() || name,
    kind: fields.kind,
    default: fields.kind === "boolean" && isWord ? fallback === "true" : readNumber(fallback),
    ...(fields.min.trim() === "" ? {} : { min: readNumber(fields.min) }),
    ...(fields.max.trim() === "" ? {} : { max: readNumber(fields.max) }),
  };
}

function readThreshold(fields: ThresholdFields): ThresholdDeclaration {
  const name = fields.name.trim();
  const value = readNumber(fields.value);
  const of = fields.of.split(/[\s,]+/).filter((one) => one !== "");
  switch (fields.from) {
    case "constant":
      return { name, constant: value };
    case "boundary_of":
      return { name, boundary_of: of.join(" "), fallback: value };
    case "weight_of":
      return { name, weight_of: of, fallback: value };
  }
}

function readNumber(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}

interface Issue {
  readonly code?: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Of a union: the issues of each of its kinds. */
  readonly errors?: readonly (readonly Issue[])[];
}

/** The kinds of a threshold in the order of the schema's union. */
const thresholdKinds: readonly ThresholdFields["from"][] = ["boundary_of", "weight_of", "constant"];

/** Where the form has a fault that the schema found. */
function toFault(issue: Issue, fields: AgentFields): AgentFault {
  const [member, at, part] = issue.path.map(String);
  const { message } = issue;
  switch (member) {
    case "name":
      return { id: "name", label: "Name", message };
    case "description":
      return { id: "description", label: "Description", message };
    case "classes":
      return { id: "classes", label: "Classes", message };
    case "positive":
      return { id: "positive", label: "Positive class", message };
    case "label_map": {
      const row = fields.labelMap.findIndex(({ label }) => label === at);
      return issue.code === "invalid_key"
        ? { id: `labelMap.${row}.label`, label: `Label ${row + 1}`, message: "must not be empty" }
        : { id: `labelMap.${row}.to`, label: `Class of ${at || `label ${row + 1}`}`, message };
    }
    case "features": {
      const name = fields.features[Number(at)]?.name.trim();
      return {
        id: `features.${at ?? 0}.${part ?? "name"}`,
        label: name || `Feature ${Number(at ?? 0) + 1}`,
        message,
      };
    }
    case "thresholds":
      return toThresholdFault(issue, fields);
    case "redact":
      return { id: "redact", label: "Redacted paths", message };
    case "costs":
      return at === "review"
        ? { id: "reviewCost", label: "Cost of a review", message }
        : { id: "errorCost", label: "Cost of an error", message };
    default:
      return { id: "reviewsPerItem", label: "Reviewers per item", message };
  }
}

function toThresholdFault(issue: Issue, fields: AgentFields): AgentFault {
  const at = Number(issue.path[1] ?? 0);
  const threshold = fields.thresholds[at];
  // Of the union only the kind that the form has counts.
  const own = issue.errors?.[thresholdKinds.indexOf(threshold?.from ?? "constant")]?.[0];
  const part = String(own?.path[0] ?? issue.path[2] ?? "of");
  const place = part === "name" ? "name" : part === "fallback" || part === "constant" ? "value" : "of";
  return {
    id: `thresholds.${at}.${place}`,
    label: threshold?.name.trim() || `Threshold ${at + 1}`,
    message: own?.message ?? issue.message,
  };
}

function toLines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
