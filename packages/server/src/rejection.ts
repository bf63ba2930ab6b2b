/**
 * Validation of one record of a batch. An invalid record is rejected by itself; the others are accepted.
 * This file parses a record with a schema and describes its first fault in a sentence.
 */
import type { RejectionReason } from "@relearn/contract";
import type { z } from "zod";
import { formatPath } from "./format-path.ts";

export interface RecordFault {
  readonly reason: RejectionReason;
  /** Path in the record, for example `payload.risk_score`; `(root)` for the record itself. */
  readonly path: string;
  /** The value at the path, shortened. */
  readonly value: string;
  /** Predicate that follows the path: what is wrong or what is accepted. */
  readonly message: string;
}

export type ParsedRecord<Document> =
  | { readonly ok: true; readonly record: Document }
  | { readonly ok: false; readonly fault: RecordFault };

/** Tolerated clock skew of a sender. */
const FUTURE_TOLERANCE_MS = 86_400_000;

/**
 * Parses one record with its schema, then compares its times with `now`. A null member is treated as absent,
 * because exports write both. Never throws.
 */
export function parseRecord<Schema extends z.ZodType<object>>(
  schema: Schema,
  timeFields: readonly (keyof z.output<Schema>)[],
  value: unknown,
  now: Date,
): ParsedRecord<z.output<Schema>> {
  const parsed = schema.safeParse(withoutNulls(value));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const unknownName = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
    const path = unknownName === undefined ? issue.path : [...issue.path, unknownName];
    return rejected(
      "invalid",
      path,
      valueAt(value, path),
      unknownName === undefined ? issue.message : "is not a field of this kind of record",
    );
  }
  for (const field of timeFields) {
    const time = parsed.data[field];
    if (typeof time === "string" && Date.parse(time) > now.getTime() + FUTURE_TOLERANCE_MS) {
      return rejected(
        "in_future",
        [field],
        time,
        `is more than a day ahead of the server's clock (${now.toISOString()})`,
      );
    }
  }
  return { ok: true, record: parsed.data };
}

function rejected(
  reason: RejectionReason,
  path: readonly PropertyKey[],
  value: unknown,
  message: string,
): { readonly ok: false; readonly fault: RecordFault } {
  return { ok: false, fault: recordFault(reason, path, value, message) };
}

export function recordFault(
  reason: RejectionReason,
  path: readonly PropertyKey[],
  value: unknown,
  message: string,
): RecordFault {
  // A path can contain a member name of any length.
  return { reason, path: shortened(formatPath(path), 200), value: describeValue(value), message };
}

export function unknownAgentFault(agent: string, known: readonly string[]): RecordFault {
  return recordFault(
    "unknown_agent",
    ["agent"],
    agent,
    `is not a registered agent; the agents are ${known.join(", ")}`,
  );
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (!hasNull(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

/** Returns whether a member is null. Allocates no list of members, because it runs for every record. */
function hasNull(value: object): boolean {
  for (const name in value) if ((value as Record<string, unknown>)[name] === null) return true;
  return false;
}

/** Returns the member at `path`, or undefined if there is none. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = value;
  for (const part of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[part];
  }
  return at;
}

/** Describes a value in about 60 characters; safe for values of any depth and size. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(shortened(value, 60)).toWellFormed();
    case "undefined":
      return "nothing";
    case "object":
      if (value === null) return "null";
      return Array.isArray(value)
        ? `a list of ${value.length}`
        : `an object with ${Object.keys(value).length} members`;
    default:
      return shortened(String(value), 60);
  }
}

function shortened(text: string, length: number): string {
  return text.length <= length
    ? text
    : `${text.slice(0, length).toWellFormed()}… (${text.length} characters)`;
}
