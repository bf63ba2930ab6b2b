import { z } from "zod";
import type { ArmHistory } from "../../guard/arm-history.ts";
import type { CanaryStatus, LookResult } from "../../guard/guard-service.ts";
import type { StoredLook } from "../../guard/guard-store.ts";
import type { Verdict, VerdictFigures } from "../../guard/verdict.ts";
import type { Release } from "../../releases/release.ts";
import type { RolloutOverride } from "../../rollouts/override-store.ts";
import type { Receipt } from "../../rollouts/receipt.ts";
import type { StoredReplay } from "../../rollouts/replay-service.ts";
import type { Rollout } from "../../rollouts/rollout.ts";
import { rolloutPolicySchema } from "../../rollouts/rollout-policy-schema.ts";
import type { MoveResult } from "../../rollouts/rollout-service.ts";
import type { RolloutJournalEntry } from "../../rollouts/rollout-store.ts";
import { rolloutApproval } from "./approvals.ts";
import { basisPoints, count, nullableNumber, nullableTime, numbers, object, text, time } from "./fields.ts";

const rolloutState = z.enum([
  "proposed",
  "approved",
  "canary",
  "full",
  "hold",
  "ask",
  "rolling_back",
  "completed",
  "rolled_back",
  "rejected",
  "expired",
  "superseded",
]);

export const rollout: z.ZodType<Rollout> = z.strictObject({
  rollout_id: z.string(),
  agent: z.string(),
  state: rolloutState,
  generation: count,
  bundle_id: z.string(),
  bundle_digest: z.string(),
  active_bundle_id: text,
  active_digest: text,
  salt: z.string(),
  policy: rolloutPolicySchema,
  stage: z.number().int().nullable(),
  stage_entered_at: nullableTime,
  percent: z.number(),
  attempt: count,
  proposed_by: z.string(),
  proposed_at: time,
  edited_by: z.array(z.string()),
  approvals: z.array(rolloutApproval),
  expires_at: time,
  started_at: nullableTime,
  ended_at: nullableTime,
  reason: z.strictObject({ code: z.string(), text: z.string(), by: z.string(), at: time }).nullable(),
  acknowledged: z.array(z.string()),
  acknowledged_at: nullableTime,
  result: z.enum(["better", "not_worse", "overridden", "unguarded"]).nullable(),
});

export const moveResult: z.ZodType<MoveResult> = z.strictObject({
  rollout,
  changed: z.boolean().describe("False where there was nothing to do"),
  reason: z.string(),
});

export const release: z.ZodType<Release> = z.strictObject({
  agent: z.string(),
  active_bundle_id: text,
  canary_bundle_id: text,
  holdback_bundle_id: text,
  rollout_id: text,
  salt: z.string(),
  canary_basis_points: basisPoints,
  holdback_basis_points: basisPoints,
  last_known_good_bundle_id: text,
  kill_switch: z.boolean(),
  kill_switch_by: text,
  kill_switch_reason: text,
  generation: count,
});

const perGuardrail = <Schema extends z.ZodType>(schema: Schema) =>
  z.strictObject({
    quality: schema.exactOptional(),
    latency: schema.exactOptional(),
    cost: schema.exactOptional(),
    success: schema.exactOptional(),
  });

const figures = {
  recommendation: z.enum(["promote", "rollback", "monitor", "hold", "ask"]),
  reason: z.string(),
  quality_delta: z.number().nullable().describe("Canary relative to active, e.g. -0.05"),
  latency_delta: z.number().nullable(),
  intervals: perGuardrail(
    z.strictObject({ lower: z.number().nullable(), upper: z.number().nullable() }).nullable(),
  ).describe("Valid at every look at once"),
  units: z.strictObject({ canary: count, active: count, stage_canary: count, stage_active: count }),
};

export const verdictFigures: z.ZodType<VerdictFigures> = z.strictObject(figures);

export const verdict: z.ZodType<Verdict> = z.strictObject({
  ...figures,
  has_regression: z.boolean(),
  policy: z.enum(["evidence", "specification"]),
  code: z.enum([
    "sample_ratio_mismatch",
    "missing_outcomes",
    "canary_outcomes_missing",
    "active_changed",
    "judge_changed",
    "arm_stale",
    "latency_doubled",
    "harm_proven",
    "harm_small",
    "not_worse_proven",
    "better_proven",
    "watch_passed",
    "undecided",
    "gates_waiting",
    "no_data",
    "quality_dropped",
    "latency_rose",
    "quality_rose",
    "latency_fell",
    "neutral",
    "too_few_units",
  ]),
  page: z.boolean(),
  result: z.enum(["better", "not_worse"]).nullable(),
  gates: z.array(
    z.strictObject({
      name: z.string(),
      status: z.enum(["met", "waiting", "failed"]),
      text: z.string(),
      expected_at: nullableTime,
    }),
  ),
  deltas: perGuardrail(z.strictObject({ rollout: z.number().nullable(), stage: z.number().nullable() })),
  e_values: numbers,
  thresholds: numbers,
});

export const look: z.ZodType<Omit<StoredLook, "inputs">> = z.strictObject({
  epoch: count,
  look: count,
  stage: count,
  at: time,
  units: count,
  assignments: z.array(z.strictObject({ probability: z.number(), canary: count, active: count })),
  verdict,
  inputs: object.nullable().describe("What the look was shown beside its units"),
});

export const lookResult: z.ZodType<LookResult> = z.strictObject({
  agent: z.string(),
  verdict,
  rollout,
  changed: z.boolean(),
});

export const canaryStatus: z.ZodType<Omit<CanaryStatus, "newest_look">> = z.strictObject({
  agent: z.string(),
  release,
  rollout: rollout.nullable(),
  approval_id: text,
  newest_look: look.nullable(),
});

export const rolloutOverride: z.ZodType<RolloutOverride> = z.strictObject({
  rollout_id: z.string(),
  generation: count,
  agent: z.string(),
  about: z.enum(["break_glass", "override"]),
  actor: z.string(),
  reason: z.string(),
  at: time,
  reviewed_by: text,
  reviewed_at: nullableTime,
  finding: z.enum(["upheld", "objected"]).nullable(),
  notes: text,
});

export const rolloutJournalEntry: z.ZodType<RolloutJournalEntry> = z.strictObject({
  rollout_id: z.string(),
  sequence: count,
  idempotency_key: z.string(),
  kind: z.string(),
  detail: object.describe("The event, with whatever it was decided on"),
  at: time,
});

export const receipt: z.ZodType<Receipt> = z.strictObject({
  version: z.literal(1),
  rollout_id: z.string(),
  sequence: count.describe("1 for the rollout's first"),
  generation: count.describe("That the decision led to"),
  at: time,
  action: z.string(),
  actor: z.string(),
  reason: z.string(),
  from: rolloutState,
  to: rolloutState,
  percent: z.number(),
  bundle_digest: z.string(),
  active_digest: text,
  policy_digest: z.string(),
  verdict: verdict.nullable(),
  log_wealths: numbers.nullable(),
  evidence_digest: text,
  previous_hash: z.string(),
  hash: z.string().describe("SHA-256 of the canonical JSON of the rest"),
});

export const replay: z.ZodType<StoredReplay> = z.strictObject({
  rollout_id: z.string(),
  identical: z.boolean(),
  looks: count,
  transitions: count,
  receipts: count,
  units: count,
  differences: z
    .array(
      z.strictObject({
        in: z.enum(["journal", "receipts", "rollout", "audit"]),
        place: z.number().int(),
        pointer: z.string(),
        recorded: z.unknown(),
        replayed: z.unknown(),
        reason: z.string(),
      }),
    )
    .describe("The first 20"),
  rollout,
});

const armFigures = z.strictObject({
  units: count,
  quality: nullableNumber,
  success: nullableNumber,
  cost: nullableNumber,
  latency_p50_ms: nullableNumber,
  latency_p95_ms: nullableNumber,
});

export const armHistory: z.ZodType<ArmHistory> = z.strictObject({
  rollout_id: z.string(),
  started_at: nullableTime,
  hours: z.number().describe("Width of a point"),
  points: z.array(
    z.strictObject({
      hour: z.number().describe("Since the start of the rollout"),
      epoch: count,
      stage: count,
      canary: armFigures.nullable(),
      active: armFigures.nullable(),
    }),
  ),
});
