/**
 * Schemas of the signals as senders write them. The server fills in optional fields that a record omits.
 * `docs/signals.md` describes each kind.
 */
import { z } from "zod";
import type { Document } from "./document.ts";
import { count, flag } from "./fields.ts";
import { rejectionSchema } from "./problem.ts";
import {
  agentNameSchema,
  jsonObjectSchema,
  keySchema,
  labelSchema,
  notesSchema,
  payloadSchema,
  personSchema,
  textSchema,
  timeSchema,
} from "./record-fields.ts";
import type { SignalKind } from "./values.ts";

const agent = agentNameSchema.describe("Name of the agent");
const taskKey = keySchema.describe("Identifies the task: a thread, a message, a ticket");
/** Leaves room in a label for "_approved" and "_rejected". */
const action = textSchema(180).describe("Action that the agent requested");

export const actionApprovalSchema = z
  .strictObject({
    agent,
    task_key: taskKey,
    request_id: keySchema.optional().describe("Default: the task's key, for agents that ask once per task"),
    action,
    status: z.enum(["pending", "approved", "rejected"], "must be pending, approved or rejected"),
    payload: payloadSchema,
    decided_by: personSchema.optional(),
    notes: notesSchema.optional(),
    requested_at: timeSchema.optional(),
    decided_at: timeSchema.optional(),
  })
  .meta({
    id: "SignalApprovals",
    examples: [
      {
        agent: "inbox_triage",
        task_key: "thread-1",
        request_id: "req-1",
        action: "quarantine",
        status: "approved",
        payload: { risk_score: 82 },
        decided_by: "bo",
        decided_at: "2026-03-01T10:00:00.000Z",
      },
    ],
  });

export const feedbackSchema = z
  .strictObject({
    agent,
    event_id: keySchema
      .optional()
      .describe("Default: a digest of the other fields, so that a repeated line is the same event"),
    thumb: z.enum(["up", "down"], "must be up or down"),
    occurred_at: timeSchema,
    task_key: keySchema
      .optional()
      .describe("Task that the thumb refers to; without it the thumb only counts for the agent's day"),
    decision: labelSchema
      .optional()
      .describe("Decision of the agent; default: the decision of the task's newest evaluation result"),
    payload: payloadSchema.optional(),
    person: personSchema.optional(),
    notes: notesSchema.optional(),
  })
  .meta({
    id: "SignalFeedback",
    examples: [
      {
        agent: "inbox_triage",
        event_id: "fb-1",
        task_key: "thread-1",
        thumb: "up",
        decision: "quarantine",
        occurred_at: "2026-03-01T10:00:00.000Z",
      },
    ],
  });

export const goldenTaskSchema = z
  .strictObject({
    agent,
    task_key: taskKey,
    payload: payloadSchema,
    label: labelSchema,
    notes: notesSchema.optional(),
    created_at: timeSchema.optional(),
  })
  .meta({
    id: "SignalGold",
    examples: [{ agent: "inbox_triage", task_key: "gold-17", payload: { risk_score: 12 }, label: "Safe" }],
  });

const confidence = z
  .number("must be a number from 0 to 100")
  .min(0, "must be a number from 0 to 100")
  .max(100, "must be a number from 0 to 100");

/** A panel of models has about ten members. */
const MAX_JUDGES = 100;
const MAX_JUDGE_SCORES_BYTES = 256 * 1024;

const judgeScore = z
  .strictObject({
    verdict: z
      .string("must be text")
      .max(200, "must have at most 200 characters")
      .nullable()
      .optional()
      .describe("Verdict; null or empty if the judge gave none"),
    confidence: confidence.nullable().optional(),
    order_consistent: z
      .boolean("must be true or false")
      .optional()
      .describe("False if the judge contradicted itself when asked in both answer orders"),
    model_version: textSchema(200).nullable().optional(),
    rubric_digest: textSchema(200).nullable().optional(),
    rationale: notesSchema
      .nullable()
      .optional()
      .describe("The judge's explanation; removed when the task is erased"),
  })
  .meta({ id: "JudgeScore" });

const judgeScores = jsonObjectSchema(MAX_JUDGE_SCORES_BYTES)
  .refine((scores) => Object.keys(scores).length <= MAX_JUDGES, `must have at most ${MAX_JUDGES} judges`)
  .pipe(
    z.record(
      z.string().min(1, "a judge needs a name").max(200, "a judge's name has at most 200 characters"),
      judgeScore,
    ),
  );

export const evaluationSchema = z
  .strictObject({
    agent,
    task_key: taskKey,
    result_id: keySchema.optional().describe("Default: a digest of the other fields"),
    payload: payloadSchema,
    judge_scores: judgeScores.meta({
      // The checks before the record are functions, so JSON Schema is told what they let through.
      type: "object",
      additionalProperties: { $ref: "#/components/schemas/JudgeScore" },
      description: "Judge to its verdict and confidence",
    }),
    decision: labelSchema.optional().describe("Decision of the agent"),
    created_at: timeSchema.optional(),
  })
  .meta({
    id: "SignalEvaluations",
    examples: [
      {
        agent: "inbox_triage",
        task_key: "thread-1",
        result_id: "ev-1",
        payload: { risk_score: 41 },
        judge_scores: {
          "gpt-4": { verdict: "quarantine", confidence: 80 },
          "claude-3-opus": { verdict: "safe", confidence: 60 },
        },
      },
    ],
  });

const basisPoints = z
  .int("must be a whole number of basis points from 0 to 10000")
  .min(0, "must be a whole number of basis points from 0 to 10000")
  .max(10_000, "must be a whole number of basis points from 0 to 10000");

export const exposureSchema = z
  .strictObject({
    rollout_id: keySchema,
    unit_id: keySchema,
    agent,
    arm: z.enum(["active", "canary", "holdback"], "must be active, canary or holdback"),
    basis_points: basisPoints.describe("Canary share when the unit was assigned"),
    generation: z.int("must be a whole number, 0 or more").min(0, "must be a whole number, 0 or more"),
    bundle_id: keySchema
      .nullable()
      .optional()
      .describe("Bundle that decided; null or absent if none was active"),
    at: timeSchema,
  })
  .meta({
    id: "SignalExposures",
    examples: [
      {
        agent: "inbox_triage",
        rollout_id: "ro_1f",
        unit_id: "user-7",
        arm: "active",
        basis_points: 1000,
        generation: 4,
        bundle_id: "b_0123456789ab",
        at: "2026-03-02T11:00:00.000Z",
      },
    ],
  });

const amount = z.number("must be a number, 0 or more").min(0, "must be a number, 0 or more");
const share = z
  .number("must be a number from 0 to 1")
  .min(0, "must be a number from 0 to 1")
  .max(1, "must be a number from 0 to 1");

export const outcomeSchema = z
  .strictObject({
    rollout_id: z
      .union([z.literal(""), keySchema])
      .nullable()
      .optional()
      .describe("Null or absent for traffic outside rollouts"),
    unit_id: keySchema,
    agent,
    outcome_id: keySchema.optional().describe("Default: the unit, which then has one outcome"),
    task_key: keySchema.optional(),
    quality: share.optional(),
    latency_ms: amount.optional(),
    cost: amount.optional(),
    success: z.boolean("must be true or false").optional(),
    judge: textSchema(300).optional().describe("Source of the quality value, with its version"),
    decision: labelSchema.optional().describe("Decision on the task"),
    at: timeSchema,
  })
  .meta({
    id: "SignalOutcomes",
    examples: [
      {
        agent: "inbox_triage",
        rollout_id: null,
        unit_id: "user-7",
        outcome_id: "req-99",
        quality: 1,
        latency_ms: 812,
        at: "2026-03-02T11:00:03.000Z",
      },
    ],
  });

/** Schema of each kind of signal. */
export const signalSchemas = {
  approvals: actionApprovalSchema,
  feedback: feedbackSchema,
  gold: goldenTaskSchema,
  evaluations: evaluationSchema,
  exposures: exposureSchema,
  outcomes: outcomeSchema,
} as const satisfies Record<SignalKind, z.ZodType>;

/** Result of a batch; the counts add up to its length. */
export const ingestReportSchema = z
  .strictObject({
    stored: count,
    updated: count.describe("Stored records that changed"),
    duplicates: count.describe("Records that were already stored without a difference"),
    rejected: z.array(rejectionSchema),
  })
  .meta({ id: "IngestReport" });
export type IngestReport = Document<typeof ingestReportSchema>;
/** Each kind of signal as senders write it. */
export type SentSignals = { readonly [Kind in SignalKind]: z.input<(typeof signalSchemas)[Kind]> };

/** Query of routes that take batches. */
export const batchQuerySchema = z.strictObject({
  dry_run: flag.describe("true: check the records and report the result without storing them"),
});
