/** A payload taken apart for the eye: what the model reads, the mail in it, the rest. */
import type { FeatureDeclaration } from "../../../server/src/http-contract.ts";

export interface FeatureRow {
  readonly name: string;
  /** As a person reads it: "84", "Yes", "3 entries", "absent, default 0". */
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
  /** What is in neither. */
  readonly rest: Readonly<Record<string, unknown>>;
}

const headerNames = ["subject", "from", "sender", "sender_domain", "to", "cc", "date"];
const bodyNames = ["body", "text", "excerpt", "content"];

export function payloadParts(
  payload: Readonly<Record<string, unknown>>,
  declarations: readonly FeatureDeclaration[],
): PayloadParts {
  const read = new Set(declarations.map((feature) => feature.path).filter((path) => !path.includes(".")));
  const mail = mailOf(payload);
  const shown = new Set([...read, ...(mail?.names ?? [])]);
  return {
    features: declarations.map((feature) => featureRow(feature, valueAt(payload, feature.path))),
    mail: mail?.part ?? null,
    rest: Object.fromEntries(Object.entries(payload).filter(([name]) => !shown.has(name))),
  };
}

function featureRow(feature: FeatureDeclaration, value: unknown): FeatureRow {
  const row = (text: string, entries: readonly string[] = []): FeatureRow => ({
    name: feature.name,
    text,
    entries,
  });
  if (value === undefined || value === null) return row(`absent, default ${defaultText(feature)}`);
  switch (feature.kind) {
    case "boolean":
      if (value === true || value === 1 || value === "true" || value === "1") return row("Yes");
      if (value === false || value === 0 || value === "false" || value === "0") return row("No");
      break;
    case "length":
      if (Array.isArray(value)) {
        const entries = value.map((entry) => (typeof entry === "string" ? entry : JSON.stringify(entry)));
        return row(value.length === 1 ? "1 entry" : `${value.length} entries`, entries);
      }
      break;
    case "number":
      if (typeof value === "number" || typeof value === "string") return row(String(value));
  }
  return row(`${JSON.stringify(value)}: unusable, default ${defaultText(feature)}`);
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
function mailOf(
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
