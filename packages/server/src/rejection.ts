/**
 * Why one record of a batch was not taken. The others are: a bad record never stops good ones.
 * This file reads one record with a schema and turns its first fault into a sentence.
 */
import type { RejectionReason } from "@relearn/contract";
import type { z } from "zod";
import { formatPath } from "./format-path.ts";

export interface RecordFault {
  readonly reason: RejectionReason;
  /** Where in the record, e.g. `payload.risk_score`; `(root)` for the whole. */
  readonly path: string;
  /** What stood there, shortened. */
  readonly value: string;
  /** What is wrong or what is accepted, as a sentence about the path. */
  readonly message: string;
}

export type ParsedRecord<Document> =
  | { readonly ok: true; readonly record: Document }
  | { readonly ok: false; readonly fault: RecordFault };

/** How far a clock may be ahead of ours. */
const FUTURE_TOLERANCE_MS = 86_400_000;

/**
 * Reads one record: by its schema, then its times against `now`. A null member counts as left out, since
 * exports write both. Never throws.
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
        `lies more than a day ahead of this installation's clock (${now.toISOString()})`,
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
  // A path may contain a member name of any length.
  return { reason, path: shortened(formatPath(path), 200), value: describeValue(value), message };
}

export function unknownAgentFault(agent: string, known: readonly string[]): RecordFault {
  return recordFault(
    "unknown_agent",
    ["agent"],
    agent,
    `is no agent of this installation; the agents are ${known.join(", ")}`,
  );
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (!hasNull(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

/** Without a list of its members: it is asked of every record. */
function hasNull(value: object): boolean {
  for (const name in value) if ((value as Record<string, unknown>)[name] === null) return true;
  return false;
}

/** The member at `path`; undefined where there is none. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = value;
  for (const part of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[part];
  }
  return at;
}

/** A value in at most some 60 characters; safe for values of any depth and size. */
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
