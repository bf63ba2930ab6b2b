/**
 * The raw input of the loop, as it comes from outside: one schema a kind. What is read here is what is
 * stored, but for what an agent's `redact` names. `docs/signals.md` shows each kind.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../canonical-json.ts";
import {
  agentSchema,
  jsonObjectSchema,
  keySchema,
  labelSchema,
  notesSchema,
  payloadSchema,
  personSchema,
  textSchema,
  timeSchema,
} from "../record-schemas.ts";
import { type ParsedRecord, parseRecord } from "../rejection.ts";

export const signalKinds = ["approvals", "feedback", "gold", "evaluations", "exposures", "outcomes"] as const;
export type SignalKind = (typeof signalKinds)[number];

/** "_approved" and "_rejected" still fit a label. */
const actionSchema = textSchema(180);

const approval = z
  .strictObject({
    agent: agentSchema,
    task_key: keySchema,
    /** Left out: the task's key, for agents that ask once a task. */
    request_id: keySchema.optional(),
    action: actionSchema,
    status: z.enum(["pending", "approved", "rejected"], "must be pending, approved or rejected"),
    payload: payloadSchema,
    decided_by: personSchema.optional(),
    notes: notesSchema.optional(),
    requested_at: timeSchema.optional(),
    decided_at: timeSchema.optional(),
  })
  .transform((one) => ({
    ...one,
    request_id: one.request_id ?? one.task_key,
    notes: one.notes || undefined,
  }));

const feedback = z
  .strictObject({
    agent: agentSchema,
    /** Left out: a digest of the rest, so that the same line again is the same event. */
    event_id: keySchema.optional(),
    thumb: z.enum(["up", "down"], "must be up or down"),
    occurred_at: timeSchema,
    /** The task that the thumb is about; without one it counts for the agent's day alone. */
    task_key: keySchema.optional(),
    /** What the agent had decided; left out: the decision of the task's newest evaluation result. */
    decision: labelSchema.optional(),
    payload: payloadSchema.optional(),
    person: personSchema.optional(),
    notes: notesSchema.optional(),
  })
  .transform((one) => ({
    ...one,
    event_id: one.event_id ?? contentId(one),
    notes: one.notes || undefined,
  }));

const gold = z
  .strictObject({
    agent: agentSchema,
    task_key: keySchema,
    payload: payloadSchema,
    label: labelSchema,
    notes: notesSchema.optional(),
    created_at: timeSchema.optional(),
  })
  .transform((one) => ({ ...one, notes: one.notes || undefined }));

const confidence = z
  .number("must be a number from 0 to 100")
  .min(0, "must be a number from 0 to 100")
  .max(100, "must be a number from 0 to 100");

/** Panels of models have about ten members. */
const MAX_JUDGES = 100;
const MAX_JUDGE_SCORES_BYTES = 256 * 1024;

const judgeScore = z.strictObject({
  /** Null or empty: the judge gave none. */
  verdict: z.string("must be text").max(200, "must have at most 200 characters").nullable().optional(),
  confidence: confidence.nullable().optional(),
  order_consistent: z.boolean("must be true or false").optional(),
  model_version: textSchema(200).nullable().optional(),
  rubric_digest: textSchema(200).nullable().optional(),
  /** The judge's words; taken out when the task is erased. */
  rationale: notesSchema.nullable().optional(),
});

const judgeScores = jsonObjectSchema(MAX_JUDGE_SCORES_BYTES)
  .refine((scores) => Object.keys(scores).length <= MAX_JUDGES, `must have at most ${MAX_JUDGES} judges`)
  .pipe(
    z.record(
      z.string().min(1, "a judge needs a name").max(200, "a judge's name has at most 200 characters"),
      judgeScore,
    ),
  )
  .transform((scores) =>
    Object.fromEntries(
      Object.entries(scores).map(([judge, score]) => [judge, { ...score, verdict: score.verdict ?? null }]),
    ),
  );

const evaluation = z
  .strictObject({
    agent: agentSchema,
    task_key: keySchema,
    /** Left out: a digest of the rest. */
    result_id: keySchema.optional(),
    payload: payloadSchema,
    judge_scores: judgeScores,
    /** What the agent decided. */
    decision: labelSchema.optional(),
    created_at: timeSchema.optional(),
  })
  .transform((one) => ({ ...one, result_id: one.result_id ?? contentId(one) }));

const basisPoints = z
  .int("must be a whole number of basis points from 0 to 10000")
  .min(0, "must be a whole number of basis points from 0 to 10000")
  .max(10_000, "must be a whole number of basis points from 0 to 10000");

const exposure = z.strictObject({
  rollout_id: keySchema,
  unit_id: keySchema,
  agent: agentSchema,
  arm: z.enum(["active", "canary", "holdback"], "must be active, canary or holdback"),
  basis_points: basisPoints,
  generation: z.int("must be a whole number, 0 or more").min(0, "must be a whole number, 0 or more"),
  bundle_id: keySchema.optional(),
  at: timeSchema,
});

const amount = z.number("must be a number, 0 or more").min(0, "must be a number, 0 or more");
const share = z
  .number("must be a number from 0 to 1")
  .min(0, "must be a number from 0 to 1")
  .max(1, "must be a number from 0 to 1");

const outcome = z
  .strictObject({
    /** Left out or null: traffic of the active bundle outside rollouts. */
    rollout_id: z.union([z.literal(""), keySchema]).optional(),
    unit_id: keySchema,
    agent: agentSchema,
    /** Left out: the unit, which then has one outcome. */
    outcome_id: keySchema.optional(),
    task_key: keySchema.optional(),
    quality: share.optional(),
    latency_ms: amount.optional(),
    cost: amount.optional(),
    success: z.boolean("must be true or false").optional(),
    /** Who or what gave the quality, with its version. */
    judge: textSchema(300).optional(),
    /** What was decided about the task. */
    decision: labelSchema.optional(),
    at: timeSchema,
  })
  .transform((one) => ({
    ...one,
    rollout_id: one.rollout_id ?? "",
    outcome_id: one.outcome_id ?? one.unit_id,
  }));

const kinds = {
  approvals: { schema: approval, times: ["requested_at", "decided_at"] },
  feedback: { schema: feedback, times: ["occurred_at"] },
  gold: { schema: gold, times: ["created_at"] },
  evaluations: { schema: evaluation, times: ["created_at"] },
  exposures: { schema: exposure, times: ["at"] },
  outcomes: { schema: outcome, times: ["at"] },
} as const;

/** Each kind as it is sent. */
export const signalSchemas = {
  approvals: approval,
  feedback,
  gold,
  evaluations: evaluation,
  exposures: exposure,
  outcomes: outcome,
};

export type ActionApproval = z.output<typeof approval>;
export type FeedbackEvent = z.output<typeof feedback>;
export type GoldenTask = z.output<typeof gold>;
export type EvaluationResult = z.output<typeof evaluation>;
export type Exposure = z.output<typeof exposure>;
export type Outcome = z.output<typeof outcome>;

export interface Signals {
  readonly approvals: ActionApproval;
  readonly feedback: FeedbackEvent;
  readonly gold: GoldenTask;
  readonly evaluations: EvaluationResult;
  readonly exposures: Exposure;
  readonly outcomes: Outcome;
}
export type Signal = Signals[SignalKind];

/** Reads one record of a kind; never throws. */
export function parseSignal(kind: SignalKind, value: unknown, now: Date): ParsedRecord<Signal> {
  const { schema, times } = kinds[kind];
  return parseRecord(
    schema as z.ZodType<Signal>,
    times as readonly string[] as readonly (keyof Signal)[],
    value,
    now,
  );
}

/** What makes a signal of its kind one record: the same text for the same record alone. */
export function signalIdentity(kind: SignalKind, signal: Signal): string {
  const one = signal as Partial<Record<string, unknown>>;
  // No field may contain U+0000, so none runs into the next.
  let identity = "";
  for (const field of identityFields[kind]) identity += `${String(one[field])}\u0000`;
  return identity;
}

const identityFields: Readonly<Record<SignalKind, readonly string[]>> = {
  approvals: ["agent", "task_key", "request_id"],
  feedback: ["agent", "event_id"],
  gold: ["agent", "task_key"],
  evaluations: ["agent", "task_key", "result_id"],
  exposures: ["unit_id", "rollout_id", "basis_points"],
  outcomes: ["agent", "unit_id", "rollout_id", "outcome_id"],
};

/** 128 bits of a digest of the content: enough that two records never meet by chance. */
function contentId(content: object): string {
  return `sha256-${createHash("sha256").update(canonicalJson(content)).digest("hex").slice(0, 32)}`;
}
