import { z } from "zod";
import type { Document } from "./document.ts";
import {
  count,
  nullableNumber,
  nullableTime,
  numbers,
  object,
  reason,
  rulesVersion,
  text,
  time,
} from "./fields.ts";
import { releaseSchema, rolloutSchema, rolloutStateSchema } from "./rollouts.ts";

const perGuardrail = <Schema extends z.ZodType>(schema: Schema) =>
  z.strictObject({
    quality: schema.exactOptional(),
    latency: schema.exactOptional(),
    cost: schema.exactOptional(),
    success: schema.exactOptional(),
  });

const figures = {
  recommendation: z.enum(["promote", "rollback", "monitor", "hold", "ask"]),
  reason: z.string().describe("One sentence with the numbers"),
  quality_delta: z.number().nullable().describe("Canary relative to active, e.g. -0.05"),
  latency_delta: z.number().nullable(),
  intervals: perGuardrail(
    z.strictObject({ lower: z.number().nullable(), upper: z.number().nullable() }).nullable(),
  ).describe("Simultaneously valid at all analyses"),
  units: z
    .strictObject({ canary: count, active: count, stage_canary: count, stage_active: count })
    .describe("Matured units with a known arm"),
};

export const verdictFiguresSchema = z.strictObject(figures);
/** Figures of a verdict that a list of rollouts shows. */
export type VerdictFigures = Document<typeof verdictFiguresSchema>;

export const verdictSchema = z
  .strictObject({
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
    page: z.boolean().describe("True if someone should be paged"),
    result: z.enum(["better", "not_worse"]).nullable().describe("Result that a promotion is recorded with"),
    gates: z.array(
      z.strictObject({
        name: z.string(),
        status: z.enum(["met", "waiting", "failed"]),
        text: z.string().describe('"Not worse by 5 %: proven at 3,310 units."'),
        expected_at: nullableTime.describe(
          "Estimated time at which the gate is met at current traffic; null if it is met, failed or cannot be estimated",
        ),
      }),
    ),
    deltas: perGuardrail(
      z.strictObject({ rollout: z.number().nullable(), stage: z.number().nullable() }),
    ).describe("Estimates over the whole rollout and over the current stage, by measure"),
    e_values: numbers.describe(
      "E-values by stream, e.g. `harm`, `harm.latency`, `not_worse.quality`, `gain.quality`, `missing`",
    ),
    thresholds: numbers.describe("Threshold that each e-value is compared with"),
  })
  .meta({ id: "Verdict" });
/**
 * Verdict of the guard after one analysis. The first five members are the specification's; the others are the evidence
 * behind them, with an interval and the number of units for each figure.
 */
export type Verdict = Document<typeof verdictSchema>;
export type Recommendation = Verdict["recommendation"];
export type VerdictCode = Verdict["code"];
export type Gate = Verdict["gates"][number];
export type DeltaInterval = NonNullable<NonNullable<Verdict["intervals"]["quality"]>>;
export type DeltaEstimate = NonNullable<Verdict["deltas"]["quality"]>;
export type UnitCounts = Verdict["units"];

export const analysisSchema = z
  .strictObject({
    epoch: count,
    analysis: count,
    stage: count.describe("Index into the policy's stages"),
    at: time,
    units: count.describe("Units that this analysis scored"),
    assignments: z.array(z.strictObject({ probability: z.number(), canary: count, active: count })),
    verdict: verdictSchema,
    inputs: object.nullable().describe("Inputs of the analysis besides its units"),
  })
  .meta({ id: "Analysis" });
/** One stored analysis, for plots, receipts and replay. */
export type Analysis = Document<typeof analysisSchema>;

export const analysisResultSchema = z
  .strictObject({
    agent: z.string(),
    verdict: verdictSchema,
    rollout: rolloutSchema,
    changed: z.boolean().describe("True if the verdict changed the rollout"),
  })
  .meta({ id: "AnalysisResult" });
/** An analysis and its result. */
export type AnalysisResult = Document<typeof analysisResultSchema>;

export const canaryStatusSchema = z
  .strictObject({
    agent: z.string(),
    release: releaseSchema,
    rollout: rolloutSchema.nullable().describe("Null if no rollout runs"),
    approval_id: text,
    newest_analysis: analysisSchema.nullable(),
  })
  .meta({ id: "CanaryStatus" });
export type CanaryStatus = Document<typeof canaryStatusSchema>;

export const receiptSchema = z
  .strictObject({
    version: z.literal(1),
    rules: rulesVersion,
    rollout_id: z.string(),
    sequence: count.describe("Position in the chain, from 1"),
    generation: count.describe("Generation after the decision"),
    at: time,
    action: z.string().describe("Action as in the audit log: `start`, `guard_promote`, `roll_back`, …"),
    actor: z.string(),
    reason: z.string(),
    from: rolloutStateSchema,
    to: rolloutStateSchema,
    percent: z.number(),
    bundle_digest: z.string(),
    active_digest: text,
    policy_digest: z.string(),
    verdict: verdictSchema
      .nullable()
      .describe(
        "The guard's verdict with its counts, e-values and thresholds; null if a person decided without one",
      ),
    log_wealths: numbers.nullable().describe("Logarithms of the e-values behind the verdict"),
    evidence_digest: text.describe(
      "SHA-256 of the evidence document that was analyzed; null with point estimates or without an analysis",
    ),
    previous_hash: z.string().describe("Hash of the preceding receipt; 64 zeros in the first"),
    hash: z.string().describe("SHA-256 of the canonical JSON of the rest"),
  })
  .meta({ id: "Receipt" });
export type Receipt = Document<typeof receiptSchema>;

export const replaySchema = z
  .strictObject({
    rollout_id: z.string(),
    identical: z.boolean().describe("True if the replay found no difference"),
    rules: count.describe("Version of the guard's rules that the rollout runs under"),
    verdicts_replayed: z.boolean().describe("False if this version of Relearn does not have these rules"),
    note: text.describe("Explanation if the verdicts were not replayed"),
    analyses: count,
    transitions: count,
    receipts: count,
    units: count,
    differences: z
      .array(
        z.strictObject({
          in: z
            .enum(["journal", "receipts", "rollout", "audit"])
            .describe("Position of the entry in the journal, or of the receipt in its chain"),
          place: z.number().int(),
          pointer: z
            .string()
            .describe("JSON pointer to the member that differs; empty for the whole document"),
          recorded: z.unknown(),
          replayed: z.unknown(),
          reason: z.string(),
        }),
      )
      .describe("The first 20 differences"),
    rollout: rolloutSchema.describe("The rollout at the end of the replay"),
  })
  .meta({ id: "Replay" });
/** Result of the replay of a stored rollout. */
export type StoredReplay = Document<typeof replaySchema>;
export type ReplayDifference = StoredReplay["differences"][number];

const armFigures = z.strictObject({
  units: count,
  quality: nullableNumber.describe(
    "Mean over units; a unit that reported nothing counts as 0, as in the evidence. Null if no unit reported",
  ),
  success: nullableNumber,
  cost: nullableNumber.describe("Mean over the units that report it"),
  latency_p50_ms: nullableNumber,
  latency_p95_ms: nullableNumber,
});

export const armHistorySchema = z
  .strictObject({
    rollout_id: z.string(),
    started_at: nullableTime.describe("Null before the start; there are no points then"),
    hours: z.number().describe("Hours that a point covers"),
    points: z.array(
      z.strictObject({
        hour: z.number().describe("Hours since the start of the rollout"),
        epoch: count,
        stage: count.describe("Index into the policy's stages"),
        canary: armFigures.nullable().describe("Null if no unit of the arm was scored"),
        active: armFigures.nullable(),
      }),
    ),
  })
  .meta({ id: "ArmHistory" });
/** Measured results of both arms of a rollout over time, from the units that the guard has scored. */
export type ArmHistory = Document<typeof armHistorySchema>;
export type ArmHistoryPoint = ArmHistory["points"][number];
export type ArmFigures = Document<typeof armFigures>;

/** A rollout with its approval request. */
export const rolloutWithApprovalSchema = z
  .strictObject({
    approval_id: z.string(),
    rollout: rolloutSchema,
    figures: verdictFiguresSchema
      .nullable()
      .describe("Figures of the guard's newest analysis; kept after the end of the rollout"),
  })
  .meta({ id: "Rollout" });
export type RolloutWithApproval = Document<typeof rolloutWithApprovalSchema>;

export const checkCanaryRequestSchema = z
  .strictObject({
    lookback_hours: z.number().positive().max(8760).optional(),
    threshold: z.number().positive().max(1).optional(),
  })
  .describe("Both are for the policy `specification`; `evidence` ignores them")
  .meta({ id: "CheckCanaryRequest", examples: [{}] });

export const promoteCanaryRequestSchema = z
  .strictObject({ target_percent: z.int().min(1).max(100).optional(), reason: reason.optional() })
  .meta({ id: "PromoteCanaryRequest", examples: [{ target_percent: 50, reason: "The gates are met." }] });

export const rollBackCanaryRequestSchema = z
  .strictObject({ reason: reason.optional() })
  .meta({ id: "RollBackCanaryRequest", examples: [{ reason: "Complaints about mail from suppliers." }] });

export const pauseCanaryRequestSchema = z.strictObject({ reason }).meta({
  id: "PauseCanaryRequest",
  examples: [{ reason: "Until the incident of the mail gateway is over." }],
});
export const resumeCanaryRequestSchema = z
  .strictObject({ reason })
  .meta({ id: "ResumeCanaryRequest", examples: [{ reason: "The incident is over." }] });

export const killSwitchRequestSchema = z.strictObject({ on: z.boolean(), reason }).meta({
  id: "KillSwitchRequest",
  examples: [{ on: true, reason: "All mail of one supplier is quarantined." }],
});

export const analysisListSchema = z.object({ analyses: z.array(analysisSchema) });
export const receiptListSchema = z.object({ receipts: z.array(receiptSchema) });
export const rolloutListSchema = z.object({ rollouts: z.array(rolloutWithApprovalSchema) });
