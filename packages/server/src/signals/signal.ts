/**
 * Signals as they are stored: parsed by the contract's schemas, with defaults filled in, and without the payload paths
 * that the agent's `redact` names.
 */
import { createHash } from "node:crypto";
import {
  actionApprovalSchema,
  evaluationSchema,
  exposureSchema,
  feedbackSchema,
  goldenTaskSchema,
  outcomeSchema,
  type SignalKind,
} from "@relearn/contract";
import type { z } from "zod";
import { canonicalJson } from "../canonical-json.ts";
import { type ParsedRecord, parseRecord } from "../rejection.ts";

const approval = actionApprovalSchema.transform((one) => ({
  ...one,
  request_id: one.request_id ?? one.task_key,
  notes: one.notes || undefined,
}));

const feedback = feedbackSchema.transform((one) => ({
  ...one,
  event_id: one.event_id ?? toContentId(one),
  notes: one.notes || undefined,
}));

const gold = goldenTaskSchema.transform((one) => ({ ...one, notes: one.notes || undefined }));

const evaluation = evaluationSchema
  .transform(({ judge_scores, ...rest }) => ({
    ...rest,
    judge_scores: Object.fromEntries(
      Object.entries(judge_scores).map(([judge, score]) => [
        judge,
        { ...score, verdict: score.verdict ?? null },
      ]),
    ),
  }))
  .transform((one) => ({ ...one, result_id: one.result_id ?? toContentId(one) }));

const outcome = outcomeSchema.transform((one) => ({
  ...one,
  rollout_id: one.rollout_id ?? "",
  outcome_id: one.outcome_id ?? one.unit_id,
}));

const kinds = {
  approvals: { schema: approval, times: ["requested_at", "decided_at"] },
  feedback: { schema: feedback, times: ["occurred_at"] },
  gold: { schema: gold, times: ["created_at"] },
  evaluations: { schema: evaluation, times: ["created_at"] },
  exposures: { schema: exposureSchema, times: ["at"] },
  outcomes: { schema: outcome, times: ["at"] },
} as const;

export type ActionApproval = z.output<typeof approval>;
export type FeedbackEvent = z.output<typeof feedback>;
export type GoldenTask = z.output<typeof gold>;
export type EvaluationResult = z.output<typeof evaluation>;
export type Exposure = z.output<typeof exposureSchema>;
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

/** Parses one record of a kind. Never throws. */
export function parseSignal(kind: SignalKind, value: unknown, now: Date): ParsedRecord<Signal> {
  const { schema, times } = kinds[kind];
  return parseRecord(
    schema as z.ZodType<Signal>,
    times as readonly string[] as readonly (keyof Signal)[],
    value,
    now,
  );
}

/** Returns a text that is equal for two signals of a kind if and only if they are the same record. */
export function toSignalIdentity(kind: SignalKind, signal: Signal): string {
  const one = signal as Partial<Record<string, unknown>>;
  // No field may contain U+0000, so it separates them unambiguously.
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

/** Returns 128 bits of a digest of the content; collisions are negligible. */
function toContentId(content: object): string {
  return `sha256-${createHash("sha256").update(canonicalJson(content)).digest("hex").slice(0, 32)}`;
}
