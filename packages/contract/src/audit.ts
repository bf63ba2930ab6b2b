import { z } from "zod";
import type { Document } from "./document.ts";
import { count, object, pageLimit, position, text, time } from "./fields.ts";
import { exportFormats } from "./values.ts";
export const auditEventSchema = z
  .strictObject({
    sequence: count,
    at: time,
    actor: z.string(),
    actor_kind: z.enum(["key", "asserted", "system"]),
    kind: z.string(),
    agent: text,
    object: z.string(),
    detail: object,
    previous_hash: z.string(),
    hash: z.string().describe("SHA-256 of the canonical JSON of the rest"),
  })
  .meta({ id: "AuditEvent" });
/** One entry of the audit log, as stored and exported. `detail` holds ids, counts and digests, never payloads. */
export type AuditEvent = Document<typeof auditEventSchema>;

export const chainVerificationSchema = z
  .discriminatedUnion("intact", [
    z.strictObject({ intact: z.literal(true), events: count, head: z.string() }),
    z.strictObject({
      intact: z.literal(false),
      events: count.describe("Intact events before the fault"),
      fault: z.strictObject({
        sequence: count,
        fault: z.enum(["missing", "altered", "relinked"]),
        message: z.string(),
      }),
    }),
  ])
  .meta({ id: "ChainVerification" });
export type ChainVerification = Document<typeof chainVerificationSchema>;

const auditFilter = {
  actor: z.string().optional(),
  kind: z.string().optional(),
  agent: z.string().optional(),
  object: z.string().optional(),
};

export const auditQuerySchema = z.strictObject({ ...auditFilter, before: position, limit: pageLimit });
export const auditExportQuerySchema = z.strictObject({
  ...auditFilter,
  format: z.enum(exportFormats).default("jsonl"),
});

export const auditPageSchema = z.object({
  events: z.array(auditEventSchema),
  next_before: z.number().nullable(),
});

/** Notification of a change: identifies what to read again and contains no payload. */
export type ChangeDocument = Pick<AuditEvent, "sequence" | "at" | "kind" | "agent" | "object" | "actor">;
