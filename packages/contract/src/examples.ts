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
/** A labeled example as sent by an import, a feed or the review queue. */
export const exampleDraftSchema = z
  .strictObject({
    agent: agentNameSchema,
    key: keySchema,
    payload: payloadSchema,
    label: labelSchema,
    source: z
      .enum(exampleSources, `must be one of ${exampleSources.join(", ")}`)
      .default("gold")
      .describe("Default: gold, the source of a table that you labeled yourself"),
    source_id: keySchema.optional().describe("Record that the example comes from; default: the key"),
    confidence: z
      .int("must be a whole number from 0 to 100")
      .min(0, "must be a whole number from 0 to 100")
      .max(100, "must be a whole number from 0 to 100")
      .default(100),
    notes: notesSchema.optional(),
    labeled_by: personSchema.optional(),
    created_at: timeSchema.optional().describe("When the label was given; default: now"),
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
    conflicts: count.describe(
      "Examples that exist with another label; the stored label is kept until a person settles the conflict",
    ),
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
    created_at: time.describe("When the label was given"),
    loaded_at: time,
    superseded_at: nullableTime.describe("Set if another label replaced this one"),
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
      .describe("Who gave the kept label, and when; null if no example has that label any more"),
    offered: z.strictObject({
      ...exampleIdentity,
      payload: object,
      label: z.string(),
      confidence: z.number().describe("0-100"),
      notes: text,
      labeled_by: text,
      created_at: text.describe("When the label was given; null: not stated, the time of storing is used"),
    }),
    state: z.enum(["open", "kept_old", "took_new"]),
    created_at: time.describe("When the label was given"),
    settled_at: nullableTime,
    settled_by: text,
  })
  .meta({ id: "LabelConflict" });
/** A second label for a stored record; a person must settle it. */
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

export const labelCountsSchema = z
  .strictObject({
    agent: z.string(),
    days: z
      .array(z.strictObject({ day: z.string().describe("YYYY-MM-DD, UTC"), by_source: bySource }))
      .describe("Oldest first; every day of the window, also days without labels"),
    before: bySource.describe("Labels from before the window"),
  })
  .meta({ id: "LabelCounts" });
/** Number of current labels of an agent by day and source. */
export type LabelCounts = Document<typeof labelCountsSchema>;

export const settleConflictRequestSchema = z
  .strictObject({ settlement: z.enum(["keep_old", "take_new"]) })
  .meta({ id: "SettleConflictRequest", examples: [{ settlement: "take_new" }] });

export const labelCountsQuerySchema = z.strictObject({
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
