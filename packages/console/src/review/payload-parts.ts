/** A payload taken apart for the eye: what the model reads, the mail in it, the rest. */

import type { FeatureDeclaration } from "@relearn/client";
import type { FeatureDistribution } from "@relearn/contract";

export interface FeatureRow {
  readonly name: string;
  /** The number that the model reads; null where the value is absent or unusable. */
  readonly number: number | null;
  readonly kind: FeatureDeclaration["kind"];
  /** As a person reads it: "84", "Yes", "3 entries", "missing, default 0". */
  readonly text: string;
  /** The entries of a list that only its length is read of. */
  readonly entries: readonly string[];
}

export interface MailPart {
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

export interface PayloadParts {
  readonly features: readonly FeatureRow[];
  readonly mail: MailPart | null;
  /** Remaining members of the payload. */
  readonly rest: Readonly<Record<string, unknown>>;
}

const headerNames = ["subject", "from", "sender", "sender_domain", "to", "cc", "date"];
const bodyNames = ["body", "text", "excerpt", "content"];

export function payloadParts(
  payload: Readonly<Record<string, unknown>>,
  declarations: readonly FeatureDeclaration[],
): PayloadParts {
  const read = new Set(declarations.map((feature) => feature.path).filter((path) => !path.includes(".")));
  const mail = toMail(payload);
  const shown = new Set([...read, ...(mail?.names ?? [])]);
  return {
    features: declarations.map((feature) => featureRow(feature, valueAt(payload, feature.path))),
    mail: mail?.part ?? null,
    rest: Object.fromEntries(Object.entries(payload).filter(([name]) => !shown.has(name))),
  };
}

function featureRow(feature: FeatureDeclaration, value: unknown): FeatureRow {
  const row = (text: string, number: number | null = null, entries: readonly string[] = []): FeatureRow => ({
    name: feature.name,
    kind: feature.kind,
    number,
    text,
    entries,
  });
  if (value === undefined || value === null) return row(`missing, default ${defaultText(feature)}`);
  switch (feature.kind) {
    case "boolean":
      if (value === true || value === 1 || value === "true" || value === "1") return row("Yes", 1);
      if (value === false || value === 0 || value === "false" || value === "0") return row("No", 0);
      break;
    case "length":
      if (Array.isArray(value)) {
        const entries = value.map((entry) => (typeof entry === "string" ? entry : JSON.stringify(entry)));
        return row(value.length === 1 ? "1 entry" : `${value.length} entries`, value.length, entries);
      }
      break;
    case "number":
      if (typeof value === "number") return row(String(value), value);
      if (typeof value === "string") {
        const number = value.trim() === "" ? Number.NaN : Number(value);
        if (Number.isFinite(number)) return row(value, number);
      }
  }
  return row(`${JSON.stringify(value)}: invalid, default ${defaultText(feature)}`);
}

/** Describes a value's place among the agent's payloads: "above 84 %", "44 % Yes"; empty if it is unknown. */
export function placeText(row: FeatureRow, spread: FeatureDistribution): string {
  const values = spread.features.find((one) => one.name === row.name);
  if (row.number === null || values === undefined || values.payloads === 0) return "";
  const { quantiles } = values;
  const value = row.number;
  const share = (holds: (quantile: number) => boolean) =>
    Math.round((100 * quantiles.filter(holds).length) / quantiles.length);
  if (row.kind === "boolean") {
    return `${share((one) => one === value)} % ${value === 1 ? "Yes" : "No"}`;
  }
  const below = share((one) => one < value);
  const above = share((one) => one > value);
  if (below === 0 && above === 0) return "same as all";
  return below >= above ? `above ${below} %` : `below ${above} %`;
}

function defaultText(feature: FeatureDeclaration): string {
  if (feature.kind === "boolean") return feature.default ? "Yes" : "No";
  return String(Number(feature.default));
}

function valueAt(payload: unknown, path: string): unknown {
  let value = payload;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

/** A mail where there is a subject or a sender, and text. */
function toMail(
  payload: Readonly<Record<string, unknown>>,
): { readonly part: MailPart; readonly names: readonly string[] } | null {
  const present = headerNames.filter((name) => typeof payload[name] === "string");
  const bodyName = bodyNames.find((name) => typeof payload[name] === "string");
  if (bodyName === undefined || !present.some((name) => name !== "date")) return null;
  return {
    part: {
      headers: present.map((name) => [name, String(payload[name])] as const),
      body: String(payload[bodyName]),
    },
    names: [...present, bodyName],
  };
}
