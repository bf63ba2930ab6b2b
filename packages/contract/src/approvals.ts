import { z } from "zod";
import { bundleDiffSchema, payloadExplanationSchema } from "./bundles.ts";
import type { Document } from "./document.ts";
import { count, nullableNumber, nullableShare, pageLimit, share, text, time } from "./fields.ts";
import { rolloutApprovalSchema } from "./rollouts.ts";
import { approvalStatuses } from "./values.ts";
export const rolloutPlanSchema = z.strictObject({
  units_per_hour: z.number(),
  base_quality: nullableNumber.describe("Mean quality of the active bundle; null if unknown"),
  stages: z.array(
    z.strictObject({
      percent: z.number(),
      margin: nullableNumber.describe(
        "Margin to prove in this stage; null in the last stage, which only watches",
      ),
      margin_in_points: z
        .boolean()
        .describe("True if the margin is in points because the base is too low for a relative one"),
      units_needed: nullableNumber,
      expected_hours: nullableNumber,
      undecided_probability: nullableShare,
    }),
  ),
  expected_hours: nullableNumber.describe(
    "Expected hours to the end of the last stage; null if traffic or base is unknown or 0",
  ),
  expected_at: text,
  undecided_probability: nullableShare.describe(
    "Probability that a stage is still undecided after `undecided_hours`, so that a person is asked",
  ),
  warning: text.describe("Set if a verdict is expected to take longer than `undecided_hours` or is unlikely"),
});
/** Expected duration of a rollout without a real difference, computed before it starts. */
export type RolloutPlan = Document<typeof rolloutPlanSchema>;
export type StagePlan = RolloutPlan["stages"][number];

const labeledScore = z.strictObject({
  payloads: count,
  old_right: count,
  new_right: count,
  neither_right: count,
});
const backtestDecision = z.strictObject({
  label: z.string(),
  probability: share.describe("Calibrated probability of `label`"),
  explanation: payloadExplanationSchema,
});

export const approvalBacktestSchema = z.strictObject({
  payloads: count,
  different: count.describe(
    "Number of payloads decided differently; `share` is their share of all payloads (0 if there are none)",
  ),
  share,
  without_features: z
    .strictObject({ old: count, new: count })
    .describe(
      "Payloads without any of the bundle's features, which are decided from defaults alone; for the old and the new bundle",
    ),
  by_class: z
    .array(z.strictObject({ old: z.string(), new: z.string(), count }))
    .describe("Each pair of different old and new labels, most frequent first"),
  labels: z
    .record(z.string(), z.strictObject({ old: count, new: count }))
    .describe("Number of decisions for each label, by the old and by the new bundle"),
  labeled: labeledScore.describe(
    "Decisions compared with labels: over all labeled payloads, and over those decided differently",
  ),
  labeled_different: labeledScore,
  examples: z
    .array(
      z.strictObject({
        task_key: z.string(),
        at: time,
        old: backtestDecision,
        new: backtestDecision,
        label: text,
        right: z.enum(["old", "new", "neither"]).nullable(),
      }),
    )
    .describe("At most 20; empty in lists"),
  from: time,
  to: time,
  is_sample: z
    .boolean()
    .describe("True if there was more traffic than the backtest replays; it then uses the newest payloads"),
  thresholds: z
    .array(
      z.strictObject({
        threshold: z.string(),
        feature: z.string(),
        old: nullableNumber,
        new: z.number(),
        payloads: count.describe(
          "Payloads that carry the feature; `without` counts those decided from its default",
        ),
        without: count,
        between: count.describe(
          "Payloads with a value between the two thresholds (lower included, higher excluded). 0 if there is no old one",
        ),
        bins: z
          .array(z.strictObject({ from: z.number(), to: z.number(), count }))
          .describe("Bins of equal width in ascending order; the last one includes its upper edge"),
      }),
    )
    .exactOptional(),
});
export type ApprovalBacktest = Document<typeof approvalBacktestSchema>;
export type BacktestExample = ApprovalBacktest["examples"][number];
export type BacktestDecision = BacktestExample["old"];
export type LabeledScore = ApprovalBacktest["labeled"];
export type ThresholdTraffic = NonNullable<ApprovalBacktest["thresholds"]>[number];

export const approvalSchema = z
  .strictObject({
    id: z.string(),
    rollout_id: z.string(),
    agent: z.string(),
    bundle_id: z.string(),
    bundle_digest: z.string(),
    base_bundle_id: text.describe("Active bundle when the request was made"),
    status: z.enum(approvalStatuses),
    proposer: z.string(),
    edited_by: z.array(z.string()).describe("People who replaced the bundle since the proposal"),
    approver: text.describe("Last approver; null if there is none"),
    rationale: text,
    approvals: z.array(rolloutApprovalSchema),
    created_at: time,
    expires_at: time,
    diff: bundleDiffSchema,
    plan: rolloutPlanSchema
      .nullable()
      .describe("Expected time of a verdict at the traffic of the time of the request"),
    backtest: approvalBacktestSchema
      .nullable()
      .describe("Decisions of the preceding week that would differ; null if no bundle was active"),
  })
  .meta({ id: "Approval" });
/** Request to release a bundle: a rollout before it starts. */
export type Approval = Document<typeof approvalSchema>;

const rationale = z.string().max(10_000);

export const approveRequestSchema = z
  .strictObject({
    rationale,
    break_glass: z
      .boolean()
      .optional()
      .describe("True: approve your own proposal in spite of four-eyes approval"),
    bundle_digest: z
      .string()
      .regex(/^[0-9a-f]{12,64}$/, "12 to 64 digits of the bundle's digest, as the request shows it")
      .optional()
      .describe("Digest of the bundle that you reviewed, or its first digits"),
  })
  .meta({
    id: "ApproveRequest",
    examples: [{ rationale: "The backtest changes 2 % of the decisions, all of them for the better." }],
  });

export const rejectRequestSchema = z
  .strictObject({ rationale })
  .meta({ id: "RejectRequest", examples: [{ rationale: "Too few labels of the class quarantine." }] });

export const replaceBundleRequestSchema = z
  .strictObject({ bundle_id: z.string().min(1) })
  .meta({ id: "ReplaceBundleRequest", examples: [{ bundle_id: "b_0123456789ab" }] });

export const applyApprovalRequestSchema = z
  .strictObject({
    canary_percent: z.int().min(1).max(99).optional().describe("Default: the policy's first stage"),
    full: z.boolean().optional().describe("True: release to all traffic at once, without a canary"),
  })
  .meta({ id: "ApplyApprovalRequest", examples: [{ canary_percent: 5 }] });

export const approvalsQuerySchema = z.strictObject({
  agent: z.string().optional(),
  status: z.enum(approvalStatuses).optional(),
  limit: pageLimit,
});

export const approvalListSchema = z.object({ approvals: z.array(approvalSchema) });
