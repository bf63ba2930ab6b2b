import type { AgentDefinition } from "@relearn/contract";

export interface DefinitionChange {
  readonly path: string;
  readonly old: string;
  readonly next: string;
}

/** Lists what saving would change, one row per member and feature. */
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
    ...Object.entries(rest).map(([name, value]) => [name, toText(value)] as const),
    ["order of features", features.map((feature) => feature.name).join(", ")] as const,
    ...features.map((feature) => [`features.${feature.name}`, toText(feature)] as const),
    ...thresholds.map((threshold) => [`thresholds.${threshold.name}`, toText(threshold)] as const),
  ]);
}

/** Formats a value, independently of the order of its members. */
function toText(value: unknown): string {
  if (Array.isArray(value)) return value.map(toText).join(", ");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${name} ${toText(member)}`)
    .join(", ");
}
