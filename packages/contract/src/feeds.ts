import { z } from "zod";
import type { Document } from "./document.ts";
import { count, numbers } from "./fields.ts";
import { keySchema, timeSchema } from "./record-fields.ts";
import { feedNames } from "./values.ts";
export const loadReportSchema = z
  .strictObject({
    approvals: count,
    feedback: count,
    gold: count,
    reports: z.array(
      z.strictObject({
        feed: z.enum(feedNames),
        read: count.describe("Signals read in this run"),
        loaded: count,
        duplicates: count,
        conflicts: count.describe("Records that exist with another label; a person must settle them"),
        rejected: count.describe("Signals that could not become an example because of a fault"),
        rejections: z
          .array(z.strictObject({ record_id: z.string(), reason: z.string() }))
          .describe("The first 100 rejections"),
        left_out: numbers.describe("Signals that give no example, by reason"),
        waiting: z
          .array(z.strictObject({ agent: z.string(), day: z.string() }))
          .describe("UTC days that have not ended; a later run loads them"),
        more: z.boolean().describe("True if `limit` ended the run before all new signals were read"),
      }),
    ),
  })
  .meta({ id: "LoadReport" });
/** Counts of loaded examples in the specification's form, and the report of each feed. */
export type LoadReport = Document<typeof loadReportSchema>;
export type FeedReport = LoadReport["reports"][number];
export type FeedRejection = FeedReport["rejections"][number];
export type WaitingDay = FeedReport["waiting"][number];

export const erasureReportSchema = z
  .strictObject({
    key_digest: z.string().describe("SHA-256 of the key; the audit log stores only this digest"),
    erased: numbers.describe("Number of changed rows by table"),
    total: count,
  })
  .meta({ id: "ErasureReport" });
export type ErasureReport = Document<typeof erasureReportSchema>;

export const loadFeedsRequestSchema = z
  .strictObject({
    source: z.enum(feedNames).optional().describe("Default: all"),
    agent: z.string().optional(),
    since: timeSchema.optional(),
    limit: z.int().min(1).max(10_000_000).optional(),
  })
  .refine(({ source, agent }) => agent === undefined || source === "gold", {
    path: ["agent"],
    message: "is accepted for the source gold only; the other feeds read all agents",
  })
  .meta({ id: "LoadFeedsRequest", examples: [{ source: "gold", agent: "inbox_triage" }] });

export const eraseRequestSchema = z
  .strictObject({ key: keySchema })
  .meta({ id: "EraseRequest", examples: [{ key: "thread-1" }] });
