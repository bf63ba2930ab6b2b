/** Field schemas of signals and labeled examples. */
import { z } from "zod";
import { findJsonFault, isUnstorableText } from "./json-fault.ts";

/** Enough for any thread or message id, and short enough for an index. */
const MAX_KEY_CHARACTERS = 512;
export const MAX_LABEL_CHARACTERS = 200;
const MAX_NOTES_CHARACTERS = 10_000;
/** A feature snapshot has a few kB; a whole mail with attachments is not a payload. */
const MAX_PAYLOAD_BYTES = 256 * 1024;

/** Text of 1 to `max` characters that PostgreSQL can hold. */
export const textSchema = (max: number) =>
  z
    .string(`must be text of 1 to ${max} characters`)
    .min(1, `must be text of 1 to ${max} characters`)
    .max(max, `must be text of 1 to ${max} characters`)
    .refine((text) => !isUnstorableText(text), "must be well-formed text without U+0000");

export const keySchema = textSchema(MAX_KEY_CHARACTERS);
export const labelSchema = textSchema(MAX_LABEL_CHARACTERS);
export const personSchema = textSchema(200);
export const agentNameSchema = textSchema(63);

/** Notes; empty text is stored as null. */
export const notesSchema = z
  .string(`must be text of at most ${MAX_NOTES_CHARACTERS} characters`)
  .max(MAX_NOTES_CHARACTERS, `must be text of at most ${MAX_NOTES_CHARACTERS} characters`)
  .refine((text) => !isUnstorableText(text), "must be well-formed text without U+0000");

const TIME_MESSAGE =
  "must be a time of 1970 or later in ISO 8601 with a zone, e.g. 2026-03-02T12:00:00Z or 2026-03-02T13:00:00+01:00";

/** ISO 8601 with a zone, normalised to UTC with milliseconds. */
export const timeSchema = z.iso
  .datetime({ offset: true, error: TIME_MESSAGE })
  .refine((text) => Date.parse(text) >= 0, TIME_MESSAGE)
  .transform((text) => new Date(text).toISOString());

/** JSON object of at most 256 kB that can be stored. */
export const payloadSchema = jsonObjectSchema(MAX_PAYLOAD_BYTES).meta({
  type: "object",
  description: "A JSON object of at most 256 kB, at most 32 levels deep",
});

type JsonObject = Readonly<Record<string, unknown>>;

/** JSON object of at most `maxBytes` bytes that can be stored. */
export function jsonObjectSchema(maxBytes: number): z.ZodType<JsonObject, JsonObject> {
  return z.unknown().transform((value, context): JsonObject => {
    const refuse = (message: string, path: readonly (string | number)[] = []): JsonObject => {
      context.addIssue({ code: "custom", path: [...path], message });
      return {};
    };
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return refuse("must be a JSON object");
    }
    const fault = findJsonFault(value);
    if (fault !== undefined) return refuse(fault.message, fault.path);
    if (isLongerThan(JSON.stringify(value), maxBytes)) {
      return refuse(`must have at most ${maxBytes / 1024} kB as JSON`);
    }
    return value as JsonObject;
  }) as unknown as z.ZodType<JsonObject, JsonObject>;
}

/** Returns true if a text has more than `maxBytes` bytes in UTF-8, of which a UTF-16 unit has at most three. */
function isLongerThan(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && new TextEncoder().encode(text).length > maxBytes;
}
