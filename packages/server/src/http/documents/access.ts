import { z } from "zod";
import type { CreatedKey } from "../../access/access-service.ts";
import type { ApiKey } from "../../access/api-key.ts";
import type { RevokedKey } from "../../access/key-routes.ts";
import { rightsByRole, roles } from "../../access/right.ts";
import type { Session } from "../../access/session.ts";
import type { SessionDocument } from "../../access/session-routes.ts";
import { nullableTime, text, time } from "./fields.ts";

const role = z.enum(roles);

export const session: z.ZodType<SessionDocument> = z.strictObject({
  actor: z.strictObject({ name: z.string(), kind: z.enum(["key", "asserted", "system"]) }),
  rights: z.array(z.enum(rightsByRole.admin)),
  open: z.boolean().describe("No key has been made: whoever reaches the service may do everything"),
  via: z.enum(["open", "machine", "key", "session"]),
  role: role.nullable(),
  key_id: text,
  session_id: text,
  expires_at: nullableTime,
  version: z.string(),
});

export const consoleSession: z.ZodType<Session> = z.strictObject({
  session_id: z.string(),
  key_id: z.string(),
  person: z.string(),
  role,
  started_at: time,
  last_seen_at: time.describe("To the minute"),
  expires_at: time.describe("In any case; earlier after 30 minutes without a hand on the console"),
  user_agent: z.string(),
});

export const apiKey: z.ZodType<ApiKey> = z.strictObject({
  key_id: z.string(),
  name: z.string(),
  person: z.string(),
  role,
  state: z.enum(["usable", "expired", "revoked"]),
  created_by: z.string(),
  created_at: time,
  expires_at: nullableTime,
  last_used_at: nullableTime.describe("To the minute"),
  revoked_at: nullableTime,
  revoked_by: text,
});

export const createdKey: z.ZodType<CreatedKey> = z.strictObject({
  key: apiKey,
  secret: z.string().describe("In this answer and nowhere else"),
});

export const revokedKey: z.ZodType<RevokedKey> = z.strictObject({ key: apiKey, changed: z.boolean() });
