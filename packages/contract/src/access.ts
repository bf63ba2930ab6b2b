import { z } from "zod";
import type { Document } from "./document.ts";
import { nullableTime, text, time } from "./fields.ts";
import { rights, roles } from "./values.ts";

const role = z.enum(roles);

export const sessionSchema = z
  .strictObject({
    actor: z.strictObject({ name: z.string(), kind: z.enum(["key", "asserted", "system"]) }),
    rights: z.array(z.enum(rights)),
    open: z.boolean().describe("No key has been made: whoever reaches the service may do everything"),
    via: z.enum(["open", "machine", "key", "session"]).describe("How the caller is known"),
    role: role.nullable().describe("Of the key; null where none is needed, or the machine itself acts"),
    key_id: text,
    session_id: text,
    expires_at: nullableTime.describe("When the key or the session ends, where it does"),
    version: z.string(),
  })
  .meta({ id: "Session" });
/** Whom the service takes the caller for, and what they may do. */
export type SessionDocument = Document<typeof sessionSchema>;

export const consoleSessionSchema = z
  .strictObject({
    session_id: z.string(),
    key_id: z.string(),
    person: z.string(),
    role,
    started_at: time,
    last_seen_at: time.describe("To the minute"),
    expires_at: time.describe("In any case; earlier after 30 minutes without a hand on the console"),
    user_agent: z.string(),
  })
  .meta({ id: "ConsoleSession" });
/** A session as it is listed. */
export type Session = Document<typeof consoleSessionSchema>;

export const apiKeySchema = z
  .strictObject({
    key_id: z.string(),
    name: z.string(),
    person: z
      .string()
      .describe(
        "Who acts where this key is used. Four eyes look at the person: two keys of one person are one pair",
      ),
    role,
    state: z.enum(["usable", "expired", "revoked"]),
    created_by: z.string(),
    created_at: time,
    expires_at: nullableTime.describe("Null: it does not end by itself"),
    last_used_at: nullableTime.describe("To the minute"),
    revoked_at: nullableTime,
    revoked_by: text,
  })
  .meta({ id: "ApiKey" });
/** A key without its secret, as it is listed. */
export type ApiKey = Document<typeof apiKeySchema>;

export const createdKeySchema = z
  .strictObject({
    key: apiKeySchema,
    secret: z.string().describe("In this answer and nowhere else"),
  })
  .meta({ id: "CreatedKey" });
/** A key and its secret, which is shown this once and stored nowhere. */
export type CreatedKey = Document<typeof createdKeySchema>;

export const revokedKeySchema = z
  .strictObject({ key: apiKeySchema, changed: z.boolean() })
  .meta({ id: "RevokedKey" });
/** A key that was revoked, and whether this did it. */
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
      .describe("Left out: a year from now; null: never"),
  })
  .meta({
    id: "CreateKeyRequest",
    examples: [{ name: "CI", person: "ci@example.org", role: "agent", expires_at: null }],
  });

export const signInRequestSchema = z
  .strictObject({ key: z.string().min(1).max(200) })
  .meta({ id: "SignInRequest", examples: [{ key: "rk_0123456789ab_secret" }] });

export const actAsRequestSchema = z
  .strictObject({ from: z.string().max(200).describe("The name until now") })
  .meta({ id: "ActAsRequest", examples: [{ from: "ana" }] });

export const keyListSchema = z.object({ keys: z.array(apiKeySchema) });
export const sessionListSchema = z.object({ sessions: z.array(consoleSessionSchema) });
export const endedSessionSchema = z.object({ ended: z.boolean() });
export const actingNameSchema = z.object({ name: z.string() });
