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
  ).describe("Valid at every look at once"),
  units: z
    .strictObject({ canary: count, active: count, stage_canary: count, stage_active: count })
    .describe("Matured units with a known arm"),
};

export const verdictFiguresSchema = z.strictObject(figures);
/** What a list of rollouts shows of a verdict. */
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
    page: z.boolean().describe("Somebody should be woken"),
    result: z.enum(["better", "not_worse"]).nullable().describe("What a promotion is recorded as"),
    gates: z.array(
      z.strictObject({
        name: z.string(),
        status: z.enum(["met", "waiting", "failed"]),
        text: z.string().describe('"Not worse by 5 %: proven at 3,310 units."'),
        expected_at: nullableTime.describe(
          "About when it will be met at present traffic; null where it is met, failed or nobody can say",
        ),
      }),
    ),
    deltas: perGuardrail(
      z.strictObject({ rollout: z.number().nullable(), stage: z.number().nullable() }),
    ).describe("Estimates of the whole rollout and of the present stage, by measure"),
    e_values: numbers.describe(
      "E-values by stream, e.g. `harm`, `harm.latency`, `not_worse.quality`, `gain.quality`, `missing`",
    ),
    thresholds: numbers.describe("The line each e-value is held against"),
  })
  .meta({ id: "Verdict" });
/**
 * What a guard says after one look. The first five members are the specification's; the rest is the
 * evidence they stand on, so that no number comes without its interval and its n.
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
    units: count.describe("Units this look scored"),
    assignments: z.array(z.strictObject({ probability: z.number(), canary: count, active: count })),
    verdict: verdictSchema,
    inputs: object.nullable().describe("What the look was shown beside its units"),
  })
  .meta({ id: "Analysis" });
/** One look as it was taken, for the plots, the receipts and their replay. */
export type Look = Document<typeof analysisSchema>;

export const analysisResultSchema = z
  .strictObject({
    agent: z.string(),
    verdict: verdictSchema,
    rollout: rolloutSchema,
    changed: z.boolean().describe("Whether the verdict moved the rollout"),
  })
  .meta({ id: "AnalysisResult" });
/** A look and what came of it. */
export type AnalysisResult = Document<typeof analysisResultSchema>;

export const canaryStatusSchema = z
  .strictObject({
    agent: z.string(),
    release: releaseSchema,
    rollout: rolloutSchema.nullable().describe("Null where no rollout runs"),
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
    sequence: count.describe("1 for the rollout's first"),
    generation: count.describe("That the decision led to"),
    at: time,
    action: z.string().describe("What was done, as in the audit: `start`, `guard_promote`, `roll_back`, …"),
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
        "The guard's verdict with its counts, e-values and thresholds; null where a person decided without one",
      ),
    log_wealths: numbers
      .nullable()
      .describe("Log wealths behind the verdict: what the e-values are the exponentials of"),
    evidence_digest: text.describe(
      "SHA-256 of the evidence document that was looked at; null under point estimates and without a look",
    ),
    previous_hash: z.string().describe("64 zeros in a rollout's first receipt"),
    hash: z.string().describe("SHA-256 of the canonical JSON of the rest"),
  })
  .meta({ id: "Receipt" });
export type Receipt = Document<typeof receiptSchema>;

export const replaySchema = z
  .strictObject({
    rollout_id: z.string(),
    identical: z.boolean().describe("No difference in what was compared"),
    rules: count.describe("Version of the guard's rules that the rollout runs under"),
    verdicts_replayed: z.boolean().describe("False if this version of Relearn does not have these rules"),
    note: text.describe("Says so, if the verdicts were not replayed"),
    analyses: count,
    transitions: count,
    receipts: count,
    units: count,
    differences: z
      .array(
        z.strictObject({
          in: z
            .enum(["journal", "receipts", "rollout", "audit"])
            .describe("Place of the entry in the journal, or of the receipt in its chain"),
          place: z.number().int(),
          pointer: z.string().describe("JSON pointer of what differs; empty for the whole"),
          recorded: z.unknown(),
          replayed: z.unknown(),
          reason: z.string(),
        }),
      )
      .describe("The first 20"),
    rollout: rolloutSchema.describe("The rollout as the replay left it"),
  })
  .meta({ id: "Replay" });
/** What a replay of a stored rollout found. */
export type StoredReplay = Document<typeof replaySchema>;
export type ReplayDifference = StoredReplay["differences"][number];

const armFigures = z.strictObject({
  units: count,
  quality: nullableNumber.describe(
    "Means over units; a unit that reported nothing counts as 0, as in the evidence. Null where no unit says",
  ),
  success: nullableNumber,
  cost: nullableNumber.describe("Mean over the units that report it"),
  latency_p50_ms: nullableNumber,
  latency_p95_ms: nullableNumber,
});

export const armHistorySchema = z
  .strictObject({
    rollout_id: z.string(),
    started_at: nullableTime.describe("Null before the start; then there are no points"),
    hours: z.number().describe("Width of a point"),
    points: z.array(
      z.strictObject({
        hour: z.number().describe("Since the start of the rollout"),
        epoch: count,
        stage: count.describe("Index into the policy's stages"),
        canary: armFigures.nullable().describe("Null where no unit of the arm was scored"),
        active: armFigures.nullable(),
      }),
    ),
  })
  .meta({ id: "ArmHistory" });
/** How both arms of a rollout fared over time: plain figures of the units that the guard has scored. */
export type ArmHistory = Document<typeof armHistorySchema>;
export type ArmHistoryPoint = ArmHistory["points"][number];
export type ArmFigures = Document<typeof armFigures>;

/** A rollout with the request it came from. */
export const rolloutWithApprovalSchema = z
  .strictObject({
    approval_id: z.string(),
    rollout: rolloutSchema,
    figures: verdictFiguresSchema.nullable().describe("Of the guard's newest analysis, also after the end"),
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
