import { z } from "zod";
import type { RolloutPolicy } from "./rollout.ts";

const margins = z.strictObject({ quality: z.number(), latency: z.number() });
const fourSizes = z.strictObject({
  quality: z.number(),
  latency: z.number(),
  cost: z.number(),
  success: z.number(),
});

/** Names and types of the policy's members; what values they may have is `rolloutPolicy`'s to say. */
export const rolloutPolicySchema = z.strictObject({
  policy: z.enum(["evidence", "specification"]),
  stages: z.array(z.number()),
  check_interval_hours: z.number(),
  min_units_per_arm: z.number(),
  alpha: z.number(),
  not_worse: z.array(margins),
  not_worse_floor: z.number(),
  material: fourSizes,
  gain: margins,
  page_latency_ratio: z.number(),
  guardrail_weights: fourSizes,
  integrity_threshold: z.number(),
  missing_margin: z.number(),
  undecided_hours: z.number(),
  maturity_hours: z.number(),
  holdback_percent: z.number(),
  holdback_hours: z.number(),
  automatic_rollback: z.boolean(),
  quality_source: z.enum(["reported", "label"]),
  four_eyes: z.boolean(),
  quorum: z.number(),
  approval_hours: z.number(),
  specification_min_units: z.number(),
} satisfies Record<keyof RolloutPolicy, z.ZodType>);
