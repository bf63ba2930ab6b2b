import { z } from "zod";
import { bundleDiffSchema, payloadExplanationSchema } from "./bundles.ts";
import type { Document } from "./document.ts";
import { count, nullableNumber, nullableShare, pageLimit, share, text, time } from "./fields.ts";
import { rolloutApprovalSchema } from "./rollouts.ts";
import { approvalStatuses } from "./values.ts";
export const rolloutPlanSchema = z.strictObject({
  units_per_hour: z.number(),
  base_quality: nullableNumber.describe("Mean quality of the active bundle; null where unknown"),
  stages: z.array(
    z.strictObject({
      percent: z.number(),
      margin: nullableNumber.describe("What is to be proven; null in the last stage, which is a watch"),
      margin_in_points: z
        .boolean()
        .describe("The margin is in points, since the base is too low for a relative one"),
      units_needed: nullableNumber,
      expected_hours: nullableNumber,
      undecided_probability: nullableShare,
    }),
  ),
  expected_hours: nullableNumber.describe(
    "Expected hours to the end of the last stage; null where traffic or base is unknown or 0",
  ),
  expected_at: text,
  undecided_probability: nullableShare.describe(
    "Probability that some stage is still undecided after `undecided_hours` and a person is asked",
  ),
  warning: text.describe(
    "Present where a verdict takes longer than `undecided_hours` or is likely not to come",
  ),
});
/** When a rollout that changes nothing can be expected to be through, said before it starts. */
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
  probability: share.describe("Calibrated, of `label`"),
  explanation: payloadExplanationSchema,
});

export const approvalBacktestSchema = z.strictObject({
  payloads: count,
  different: count.describe("Decided differently: how many, and of all payloads (0 where there are none)"),
  share,
  without_features: z
    .strictObject({ old: count, new: count })
    .describe("Payloads without any of the bundle's features: decided from defaults alone, by old and new"),
  by_class: z
    .array(z.strictObject({ old: z.string(), new: z.string(), count }))
    .describe("Every pair of old and new label that differs, most frequent first"),
  labels: z
    .record(z.string(), z.strictObject({ old: count, new: count }))
    .describe("How often each label was and would be given"),
  labeled: labeledScore.describe(
    "Where a label says who was right: over all labeled payloads, and over those decided differently",
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
    .describe("At most 20; none in lists"),
  from: time,
  to: time,
  is_sample: z
    .boolean()
    .describe("There was more traffic than is decided again; these are its newest payloads"),
  thresholds: z
    .array(
      z.strictObject({
        threshold: z.string(),
        feature: z.string(),
        old: nullableNumber,
        new: z.number(),
        payloads: count.describe("Payloads that carry the feature, and those decided from its default"),
        without: count,
        between: count.describe(
          "With a value between the two: from the lower, up to but not the higher. 0 where there is no old one",
        ),
        bins: z
          .array(z.strictObject({ from: z.number(), to: z.number(), count }))
          .describe("Equal steps, the lowest value first; the last one holds its upper edge"),
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
    base_bundle_id: text.describe("What was active when the request was made"),
    status: z.enum(approvalStatuses),
    proposer: z.string(),
    edited_by: z.array(z.string()).describe("Who put another bundle into it since"),
    approver: text.describe("The last who approved; null before"),
    rationale: text,
    approvals: z.array(rolloutApprovalSchema),
    created_at: time,
    expires_at: time,
    diff: bundleDiffSchema,
    plan: rolloutPlanSchema
      .nullable()
      .describe("When a verdict could be expected at the traffic of the request's time"),
    backtest: approvalBacktestSchema
      .nullable()
      .describe("What would have been decided differently in the week before; null where nothing was active"),
  })
  .meta({ id: "Approval" });
/** The request to release a bundle: how the first part of a rollout's life is shown. */
export type Approval = Document<typeof approvalSchema>;

const rationale = z.string().max(10_000);

export const approveRequestSchema = z
  .strictObject({
    rationale,
    break_glass: z
      .boolean()
      .optional()
      .describe("True: approve what one proposed oneself, against four eyes"),
    bundle_digest: z
      .string()
      .regex(/^[0-9a-f]{12,64}$/, "12 to 64 digits of the bundle's digest, as the request shows it")
      .optional()
      .describe("Of the bundle that was read, or its first digits"),
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
    canary_percent: z.int().min(1).max(99).optional().describe("Left out: the policy's first stage"),
    full: z.boolean().optional().describe("True: all traffic at once, without a canary"),
  })
  .meta({ id: "ApplyApprovalRequest", examples: [{ canary_percent: 5 }] });

export const approvalsQuerySchema = z.strictObject({
  agent: z.string().optional(),
  status: z.enum(approvalStatuses).optional(),
  limit: pageLimit,
});

export const approvalListSchema = z.object({ approvals: z.array(approvalSchema) });
