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
        conflicts: count.describe("The same record with another label: kept for a person"),
        rejected: count.describe("Signals that should have become an example and could not"),
        rejections: z
          .array(z.strictObject({ record_id: z.string(), reason: z.string() }))
          .describe("The first 100"),
        left_out: numbers.describe("Signals that are no example, by reason"),
        waiting: z
          .array(z.strictObject({ agent: z.string(), day: z.string() }))
          .describe("Days of UTC that have not ended: loaded by a run after them"),
        more: z.boolean().describe("`limit` ended the run before everything new was read"),
      }),
    ),
  })
  .meta({ id: "LoadReport" });
/** The specification's counts of loaded examples, and each feed's report. */
export type LoadReport = Document<typeof loadReportSchema>;
export type FeedReport = LoadReport["reports"][number];
export type FeedRejection = FeedReport["rejections"][number];
export type WaitingDay = FeedReport["waiting"][number];

export const erasureReportSchema = z
  .strictObject({
    key_digest: z.string().describe("SHA-256 of the key, which is all that the audit keeps of it"),
    erased: numbers.describe("Table to rows"),
    total: count,
  })
  .meta({ id: "ErasureReport" });
export type ErasureReport = Document<typeof erasureReportSchema>;

export const loadFeedsRequestSchema = z
  .strictObject({
    source: z.enum(feedNames).optional().describe("Left out: all"),
    agent: z.string().optional(),
    since: timeSchema.optional(),
    limit: z.int().min(1).max(10_000_000).optional(),
  })
  .refine(({ source, agent }) => agent === undefined || source === "gold", {
    path: ["agent"],
    message: "goes with the source gold: the other feeds read all agents",
  })
  .meta({ id: "LoadFeedsRequest", examples: [{ source: "gold", agent: "inbox_triage" }] });

export const eraseRequestSchema = z
  .strictObject({ key: keySchema })
  .meta({ id: "EraseRequest", examples: [{ key: "thread-1" }] });
