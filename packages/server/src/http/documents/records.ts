import { z } from "zod";
import type { ErasureReport } from "../../erasure/erasure-service.ts";
import { feedNames, type LoadReport } from "../../feeds/feed-report.ts";
import {
  exampleSources,
  type LabelConflict,
  type LabeledExample,
  type LabelGrowth,
  type LabelStats,
} from "../../labeled-examples/labeled-example.ts";
import type { AddReport } from "../../labeled-examples/labeled-example-service.ts";
import type { Rejection } from "../../rejection.ts";
import type { IngestReport } from "../../signals/signal-service.ts";
import type { ProblemDocument } from "../problem.ts";
import { count, nullableTime, numbers, object, text, time } from "./fields.ts";

export const problem: z.ZodType<ProblemDocument> = z.strictObject({
  type: z.string().describe("Where the code is explained, relative to the service's address"),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().describe("What happened, the value, what is accepted and what to do; for people"),
  code: z.string().describe("Stable: programs branch on it"),
  details: object.exactOptional().describe("Facts that a handler needs: paths, counts, ids"),
  request_id: z.string().exactOptional().describe("Names the request in the log"),
});

export const rejection: z.ZodType<Rejection> = z.strictObject({
  index: count.describe("Which record of the request, from 0"),
  reason: z.enum([
    "not_json",
    "invalid",
    "in_future",
    "unknown_agent",
    "unknown_rollout",
    "agent_mismatch",
    "not_started",
    "arm_mismatch",
  ]),
  path: z.string().describe("Where in the record; `(root)` for the whole"),
  value: z.string().describe("What stood there, shortened"),
  message: z.string(),
});

export const ingestReport: z.ZodType<IngestReport> = z.strictObject({
  stored: count,
  updated: count.describe("Were there and came changed"),
  duplicates: count.describe("Were there as they came"),
  rejected: z.array(rejection),
});

export const addReport: z.ZodType<AddReport> = z.strictObject({
  stored: count,
  duplicates: count,
  conflicts: count.describe("Came again with another label; the old one stands until a person settles it"),
  rejected: z.array(rejection),
});

const exampleSource = z.enum(exampleSources);

const exampleIdentity = { agent: z.string(), key: z.string(), source: exampleSource, source_id: z.string() };

export const labeledExample: z.ZodType<LabeledExample> = z.strictObject({
  id: count,
  ...exampleIdentity,
  payload: object,
  label: z.string(),
  confidence: z.number().int().min(0).max(100),
  notes: text,
  labeled_by: text,
  created_at: time,
  loaded_at: time,
  superseded_at: nullableTime.describe("Set where another label took its place"),
});

export const labelConflict: z.ZodType<LabelConflict> = z.strictObject({
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
    confidence: z.number(),
    notes: text,
    labeled_by: text,
    created_at: text,
  }),
  state: z.enum(["open", "kept_old", "took_new"]),
  created_at: time,
  settled_at: nullableTime,
  settled_by: text,
});

export const labelStats: z.ZodType<LabelStats> = z.strictObject({
  total: count,
  by_source: numbers,
  by_agent: numbers,
  by_label: z.record(z.string(), numbers).describe("Agent to label to count"),
  recent_7d: count.describe("Labels given in the last seven days"),
});

const bySource = z.strictObject({
  approvals: count.exactOptional(),
  feedback: count.exactOptional(),
  gold: count.exactOptional(),
  synthetic: count.exactOptional(),
  review: count.exactOptional(),
});

export const labelGrowth: z.ZodType<LabelGrowth> = z.strictObject({
  agent: z.string(),
  days: z
    .array(z.strictObject({ day: z.string().describe("YYYY-MM-DD, UTC"), by_source: bySource }))
    .describe("Oldest first, each day of the window even where nothing came"),
  before: bySource.describe("Those from before the window"),
});

export const loadReport: z.ZodType<LoadReport> = z.strictObject({
  approvals: count,
  feedback: count,
  gold: count,
  reports: z.array(
    z.strictObject({
      feed: z.enum(feedNames),
      read: count,
      loaded: count,
      duplicates: count,
      conflicts: count,
      rejected: count,
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
});

export const erasureReport: z.ZodType<ErasureReport> = z.strictObject({
  key_digest: z.string().describe("SHA-256 of the key, which is all that the audit keeps of it"),
  erased: numbers.describe("Table to rows"),
  total: count,
});
