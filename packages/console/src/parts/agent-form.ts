/** The form of an agent's definition: text in its fields, and the definition that the text says. */
import type { AgentDefinition, FeatureDeclaration } from "../../../server/src/http-contract.ts";

export interface FeatureFields {
  readonly name: string;
  readonly path: string;
  readonly kind: FeatureDeclaration["kind"];
  readonly default: string;
  readonly min: string;
  readonly max: string;
}

export const emptyFeature: FeatureFields = {
  name: "",
  path: "",
  kind: "number",
  default: "0",
  min: "",
  max: "",
};

export function featureFields(feature: FeatureDeclaration): FeatureFields {
  return {
    name: feature.name,
    path: feature.path,
    kind: feature.kind,
    default: String(feature.default),
    min: feature.min === undefined ? "" : String(feature.min),
    max: feature.max === undefined ? "" : String(feature.max),
  };
}

type Parsed<Key extends string, Value> = { readonly [Name in Key]: Value } | { readonly fault: string };

/** The declaration that a row of fields says, or what is wrong with it and what is accepted. */
export function parseFeature(fields: FeatureFields): Parsed<"feature", FeatureDeclaration> {
  const name = fields.name.trim();
  if (name === "") return { fault: "A feature has no name: give it one." };
  const path = fields.path.trim() || name;
  const bounds: { min?: number; max?: number } = {};
  for (const member of ["min", "max"] as const) {
    const text = fields[member].trim();
    if (text === "") continue;
    if (!Number.isFinite(Number(text))) return { fault: `${name}: the bound "${text}" is no number.` };
    bounds[member] = Number(text);
  }
  if (bounds.min !== undefined && bounds.max !== undefined && bounds.min > bounds.max) {
    return { fault: `${name}: the least value ${bounds.min} is above the greatest, ${bounds.max}.` };
  }
  const fallback = fields.default.trim();
  if (fields.kind === "boolean") {
    if (fallback !== "true" && fallback !== "false") {
      return { fault: `${name}: the default of a yes or no is true or false, not "${fallback}".` };
    }
    return { feature: { name, path, kind: fields.kind, default: fallback === "true", ...bounds } };
  }
  if (fallback === "" || !Number.isFinite(Number(fallback))) {
    return { fault: `${name}: the default "${fallback}" is no number.` };
  }
  return { feature: { name, path, kind: fields.kind, default: Number(fallback), ...bounds } };
}

/** The definition that the whole form says; the service checks it once more, with the paths of all faults. */
export function definitionOf(form: {
  readonly name: string;
  readonly features: readonly FeatureFields[];
  readonly rest: string;
}): Parsed<"definition", AgentDefinition> {
  if (form.name.trim() === "") return { fault: "The agent has no name: give it one." };
  const features: FeatureDeclaration[] = [];
  for (const fields of form.features) {
    const parsed = parseFeature(fields);
    if ("fault" in parsed) return parsed;
    features.push(parsed.feature);
  }
  let rest: unknown;
  try {
    rest = JSON.parse(form.rest);
  } catch (error) {
    return { fault: `The rest is no JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (typeof rest !== "object" || rest === null || Array.isArray(rest)) {
    return { fault: "The rest is to be a JSON object: { … }." };
  }
  const kept = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => !(Array.isArray(value) && value.length === 0)),
  );
  return { definition: { name: form.name.trim(), ...kept, features } };
}

export interface DefinitionChange {
  readonly path: string;
  readonly old: string;
  readonly next: string;
}

/** What saving would change, a row a member and a feature. */
export function definitionDiff(
  stored: AgentDefinition | undefined,
  next: AgentDefinition,
): DefinitionChange[] {
  const before = members(stored);
  const after = members(next);
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .map((path) => ({ path, old: before.get(path) ?? "not there", next: after.get(path) ?? "gone" }));
}

function members(definition: AgentDefinition | undefined): Map<string, string> {
  if (definition === undefined) return new Map();
  const { features, thresholds = [], ...rest } = definition;
  return new Map([
    ...Object.entries(rest).map(([name, value]) => [name, JSON.stringify(value)] as const),
    ["order of features", features.map((feature) => feature.name).join(", ")] as const,
    ...features.map((feature) => [`features.${feature.name}`, sorted(feature)] as const),
    ...thresholds.map((threshold) => [`thresholds.${threshold.name}`, sorted(threshold)] as const),
  ]);
}

/** As JSON, whatever order the members were written in. */
function sorted(value: object): string {
  return JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))));
}
