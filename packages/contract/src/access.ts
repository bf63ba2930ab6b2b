import { z } from "zod";
import type { Document } from "./document.ts";
import { nullableTime, text, time } from "./fields.ts";
import { rights, roles } from "./values.ts";

const role = z.enum(roles);

export const sessionSchema = z
  .strictObject({
    actor: z.strictObject({ name: z.string(), kind: z.enum(["key", "asserted", "system"]) }),
    rights: z.array(z.enum(rights)),
    open: z.boolean().describe("True if no key exists: every caller has all rights"),
    via: z.enum(["open", "machine", "key", "session"]).describe("How the caller was authenticated"),
    role: role.nullable().describe("Role of the key; null if no key is needed or the local machine acts"),
    key_id: text,
    session_id: text,
    expires_at: nullableTime.describe("When the key or the session expires; null if it does not"),
    version: z.string(),
  })
  .meta({ id: "Session" });
/** Identity and rights of the caller. */
export type SessionDocument = Document<typeof sessionSchema>;

export const consoleSessionSchema = z
  .strictObject({
    session_id: z.string(),
    key_id: z.string(),
    person: z.string(),
    role,
    started_at: time,
    last_seen_at: time.describe("Last request, to the minute"),
    expires_at: time.describe("Latest expiry; the session ends earlier after 30 minutes without activity"),
    user_agent: z.string(),
  })
  .meta({ id: "ConsoleSession" });
/** A session of the console, as listed. */
export type Session = Document<typeof consoleSessionSchema>;

export const apiKeySchema = z
  .strictObject({
    key_id: z.string(),
    name: z.string(),
    person: z
      .string()
      .describe(
        "Person who acts with this key. Four-eyes approval compares persons, so two keys of one person count as one",
      ),
    role,
    state: z.enum(["usable", "expired", "revoked"]),
    created_by: z.string(),
    created_at: time,
    expires_at: nullableTime.describe("Null if the key does not expire"),
    last_used_at: nullableTime.describe("Last use, to the minute; null if never used"),
    revoked_at: nullableTime,
    revoked_by: text,
  })
  .meta({ id: "ApiKey" });
/** A key without its secret, as listed. */
export type ApiKey = Document<typeof apiKeySchema>;

export const createdKeySchema = z
  .strictObject({
    key: apiKeySchema,
    secret: z.string().describe("Shown in this response only"),
  })
  .meta({ id: "CreatedKey" });
/** A new key and its secret. The secret is shown once and not stored. */
export type CreatedKey = Document<typeof createdKeySchema>;

export const revokedKeySchema = z
  .strictObject({ key: apiKeySchema, changed: z.boolean() })
  .meta({ id: "RevokedKey" });
/** A revoked key, and whether this request revoked it. */
export type RevokedKey = Document<typeof revokedKeySchema>;

export const MAX_KEY_NAME = 100;
export const MAX_PERSON = 200;

export const createKeyRequestSchema = z
  .strictObject({
    name: z.string().max(MAX_KEY_NAME).optional(),
    person: z.string().max(MAX_PERSON),
    role,
    expires_at: z.iso
      .datetime({ offset: true })
      .nullable()
      .optional()
      .describe("Default: one year from now; null: never"),
  })
  .meta({
    id: "CreateKeyRequest",
    examples: [{ name: "CI", person: "ci@example.org", role: "agent", expires_at: null }],
  });

export const signInRequestSchema = z
  .strictObject({ key: z.string().min(1).max(200) })
  .meta({ id: "SignInRequest", examples: [{ key: "rk_0123456789ab_secret" }] });

export const actAsRequestSchema = z
  .strictObject({ from: z.string().max(200).describe("Name that this browser has acted under so far") })
  .meta({ id: "ActAsRequest", examples: [{ from: "ana" }] });

export const keyListSchema = z.object({ keys: z.array(apiKeySchema) });
export const sessionListSchema = z.object({ sessions: z.array(consoleSessionSchema) });
export const endedSessionSchema = z.object({ ended: z.boolean() });
export const actingNameSchema = z.object({ name: z.string() });
