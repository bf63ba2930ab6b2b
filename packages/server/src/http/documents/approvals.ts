import { z } from "zod";
import type { Approval } from "../../approvals/approval.ts";
import type { ApprovalBacktest } from "../../bundles/backtest.ts";
import type { RolloutPlan } from "../../guard/planner.ts";
import { bundleDiff, payloadExplanation } from "./bundles.ts";
import { count, nullableNumber, nullableShare, share, text, time } from "./fields.ts";

const plan: z.ZodType<RolloutPlan> = z.strictObject({
  units_per_hour: z.number(),
  base_quality: nullableNumber,
  stages: z.array(
    z.strictObject({
      percent: z.number(),
      margin: nullableNumber,
      margin_in_points: z.boolean(),
      units_needed: nullableNumber,
      expected_hours: nullableNumber,
      undecided_probability: nullableShare,
    }),
  ),
  expected_hours: nullableNumber,
  expected_at: text,
  undecided_probability: nullableShare,
  warning: text,
});

const labeledScore = z.strictObject({
  payloads: count,
  old_right: count,
  new_right: count,
  neither_right: count,
});
const backtestDecision = z.strictObject({
  label: z.string(),
  probability: share,
  explanation: payloadExplanation,
});

const backtest: z.ZodType<ApprovalBacktest> = z.strictObject({
  payloads: count,
  different: count,
  share,
  without_features: z.strictObject({ old: count, new: count }),
  by_class: z.array(z.strictObject({ old: z.string(), new: z.string(), count })),
  labels: z.record(z.string(), z.strictObject({ old: count, new: count })),
  labeled: labeledScore,
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
  is_sample: z.boolean(),
  thresholds: z
    .array(
      z.strictObject({
        threshold: z.string(),
        feature: z.string(),
        old: nullableNumber,
        new: z.number(),
        payloads: count,
        without: count,
        between: count,
        bins: z.array(z.strictObject({ from: z.number(), to: z.number(), count })),
      }),
    )
    .exactOptional(),
});

export const rolloutApproval = z.strictObject({
  by: z.string(),
  at: time,
  rationale: z.string(),
  bundle_digest: z.string(),
  break_glass: z.boolean(),
});

export const approval: z.ZodType<Approval> = z.strictObject({
  id: z.string(),
  rollout_id: z.string(),
  agent: z.string(),
  bundle_id: z.string(),
  bundle_digest: z.string(),
  base_bundle_id: text.describe("What was active when the request was made"),
  status: z.enum(["pending", "approved", "applied", "rejected", "expired", "superseded"]),
  proposer: z.string(),
  edited_by: z.array(z.string()).describe("Who put another bundle into it since"),
  approver: text,
  rationale: text,
  approvals: z.array(rolloutApproval),
  created_at: time,
  expires_at: time,
  diff: bundleDiff,
  plan: plan.nullable().describe("When a verdict could be expected at the traffic of the request's time"),
  backtest: backtest
    .nullable()
    .describe("What would have been decided differently in the week before; null where nothing was active"),
});
