import { z } from "zod";
import type { Document } from "./document.ts";
import { count, nullableTime, numbers, object, pageLimit, text, time } from "./fields.ts";
import { rejectionSchema } from "./problem.ts";
import {
  agentNameSchema,
  keySchema,
  labelSchema,
  notesSchema,
  payloadSchema,
  personSchema,
  timeSchema,
} from "./record-fields.ts";
import { exampleSources, exportFormats } from "./values.ts";
/** A labeled example as it comes in: by import, by a feed, from the review queue. */
export const exampleDraftSchema = z
  .strictObject({
    agent: agentNameSchema,
    key: keySchema,
    payload: payloadSchema,
    label: labelSchema,
    source: z
      .enum(exampleSources, `must be one of ${exampleSources.join(", ")}`)
      .default("gold")
      .describe("Left out: gold, which is what somebody's own labeled table is"),
    source_id: keySchema.optional().describe("The record it came from; left out: the key"),
    confidence: z
      .int("must be a whole number from 0 to 100")
      .min(0, "must be a whole number from 0 to 100")
      .max(100, "must be a whole number from 0 to 100")
      .default(100),
    notes: notesSchema.optional(),
    labeled_by: personSchema.optional(),
    created_at: timeSchema.optional().describe("When the label was given; left out: now"),
  })
  .meta({
    id: "LabeledExampleRecord",
    examples: [
      {
        agent: "inbox_triage",
        key: "thread-1",
        payload: { risk_score: 82 },
        label: "quarantine",
        source: "gold",
        confidence: 100,
      },
    ],
  });

export const addReportSchema = z
  .strictObject({
    stored: count,
    duplicates: count,
    conflicts: count.describe("Came again with another label; the old one stands until a person settles it"),
    rejected: z.array(rejectionSchema),
  })
  .meta({ id: "AddReport" });
export type AddReport = Document<typeof addReportSchema>;

const exampleSource = z.enum(exampleSources);

const exampleIdentity = { agent: z.string(), key: z.string(), source: exampleSource, source_id: z.string() };

export const labeledExampleSchema = z
  .strictObject({
    id: count,
    ...exampleIdentity,
    payload: object,
    label: z.string(),
    confidence: z.number().int().min(0).max(100).describe("0-100"),
    notes: text,
    labeled_by: text,
    created_at: time.describe("ISO 8601 UTC; null: not said, so it is the time of storing"),
    loaded_at: time,
    superseded_at: nullableTime.describe("Set where another label took its place"),
  })
  .meta({ id: "LabeledExample" });
/** A labeled example as stored and sent. */
export type LabeledExample = Document<typeof labeledExampleSchema>;

export const labelConflictSchema = z
  .strictObject({
    id: count,
    ...exampleIdentity,
    kept_label: z.string(),
    offered_label: z.string(),
    kept: z
      .strictObject({ labeled_by: text, created_at: time })
      .nullable()
      .describe("Who gave the kept label and when; null where no example has it any more"),
    offered: z.strictObject({
      ...exampleIdentity,
      payload: object,
      label: z.string(),
      confidence: z.number().describe("0-100"),
      notes: text,
      labeled_by: text,
      created_at: text.describe("ISO 8601 UTC; null: not said, so it is the time of storing"),
    }),
    state: z.enum(["open", "kept_old", "took_new"]),
    created_at: time.describe("ISO 8601 UTC; null: not said, so it is the time of storing"),
    settled_at: nullableTime,
    settled_by: text,
  })
  .meta({ id: "LabelConflict" });
/** The same record with another label: waits for a person. */
export type LabelConflict = Document<typeof labelConflictSchema>;

export const labelStatsSchema = z
  .strictObject({
    total: count,
    by_source: numbers,
    by_agent: numbers,
    by_label: z.record(z.string(), numbers).describe("Agent to label to count"),
    recent_7d: count.describe("Labels given in the last seven days"),
  })
  .meta({ id: "LabelStats" });
/** The specification's statistics over current examples, and the labels of each agent. */
export type LabelStats = Document<typeof labelStatsSchema>;

const bySource = z.strictObject({
  approvals: count.exactOptional(),
  feedback: count.exactOptional(),
  gold: count.exactOptional(),
  synthetic: count.exactOptional(),
  review: count.exactOptional(),
});

export const labelGrowthSchema = z
  .strictObject({
    agent: z.string(),
    days: z
      .array(z.strictObject({ day: z.string().describe("YYYY-MM-DD, UTC"), by_source: bySource }))
      .describe("Oldest first, each day of the window even where nothing came"),
    before: bySource.describe("Those from before the window"),
  })
  .meta({ id: "LabelCounts" });
/** How the current labels of an agent came in, day by day. */
export type LabelCounts = Document<typeof labelGrowthSchema>;

export const settleConflictRequestSchema = z
  .strictObject({ settlement: z.enum(["keep_old", "take_new"]) })
  .meta({ id: "SettleConflictRequest", examples: [{ settlement: "take_new" }] });

export const labelGrowthQuerySchema = z.strictObject({
  agent: z.string(),
  days: z.coerce.number().int().min(1).max(3650).default(90),
});

const exampleFilter = {
  agent: z.string().optional(),
  source: z.enum(exampleSources).optional(),
  label: z.string().optional(),
  key: z.string().optional(),
  superseded: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional(),
};
const from = z.coerce.number().int().nonnegative().optional();

export const examplesQuerySchema = z.strictObject({
  ...exampleFilter,
  before: from,
  after: from,
  limit: pageLimit,
});
export const exampleExportQuerySchema = z.strictObject({
  ...exampleFilter,
  format: z.enum(exportFormats).default("jsonl"),
});
export const conflictsQuerySchema = z.strictObject({
  agent: z.string().optional(),
  state: z.enum(["open", "kept_old", "took_new"]).optional(),
  before: from,
  limit: pageLimit,
});

export const examplePageSchema = z.object({
  examples: z.array(labeledExampleSchema),
  next: z.number().nullable(),
});
export const conflictPageSchema = z.object({
  conflicts: z.array(labelConflictSchema),
  next: z.number().nullable(),
});
