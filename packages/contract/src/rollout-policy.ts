/** Schema of a rollout policy: limits, and decisions that need a person. Messages state the accepted values. */
import { z } from "zod";
import type { Document } from "./document.ts";

const MAX_HOURS = 24 * 365;

/** Number above one bound and at most another. */
const between = (low: number, high: number, accepted: string) =>
  z.number(accepted).gt(low, accepted).lte(high, accepted);

const hoursAboveZero = between(0, MAX_HOURS, "hours above 0, at most 8,760");
const hours = z.number("hours, 0 to 8,760").min(0, "hours, 0 to 8,760").max(MAX_HOURS, "hours, 0 to 8,760");
const atLeastOne = z.int("a whole number, 1 or more").min(1, "a whole number, 1 or more");
const relative = between(0, 10, "a relative size above 0, at most 10: 0.05 is 5 %");
const weight = z.number("a weight, 0 or more").min(0, "a weight, 0 or more").max(1e6, "a weight, 0 or more");

const STAGES = "whole percents between 1 and 100, increasing, the last one 100";
const stages = z
  .array(z.number(STAGES), STAGES)
  .refine(
    (percents) =>
      percents.at(-1) === 100 &&
      percents.every(
        (percent, at) => Number.isInteger(percent) && percent >= 1 && percent > (percents[at - 1] ?? 0),
      ),
    STAGES,
  )
  .meta({ items: { type: "integer", minimum: 1, maximum: 100 } });

const margins = z.strictObject({
  quality: between(0, 0.99, "a relative drop above 0, at most 0.99: 0.2 is 20 %").describe(
    "Relative drop of quality",
  ),
  latency: between(0, 100, "a relative rise above 0, at most 100: 0.2 is 20 %").describe(
    "Relative rise of the geometric mean of latency",
  ),
});

const sizes = z.strictObject({ quality: relative, latency: relative, cost: relative, success: relative });

const members = z.strictObject({
  policy: z
    .enum(["evidence", "specification"])
    .describe(
      "`evidence`: sequential tests that hold under any schedule of analyses; `specification`: point estimates",
    ),
  stages: stages.describe("Traffic of each stage in whole percents, increasing, the last one 100"),
  check_interval_hours: hours.describe("Minimum time in a stage before it may be promoted"),
  min_units_per_arm: atLeastOne.describe("Minimum of matured units of each arm in a stage"),
  alpha: between(0, 0.5, "a probability above 0, at most 0.5").describe(
    "Bound on each of the three errors: harm, not worse, better",
  ),
  not_worse: z.array(margins).describe("Margins to leave each stage but the last, in the order of `stages`"),
  not_worse_floor: between(0, 1, "points of quality above 0, at most 1").describe(
    "The margin in points if `not_worse.quality` times the active mean is below it",
  ),
  material: sizes.describe(
    "Proven harm of at least this relative size rolls back; smaller harm asks a person",
  ),
  gain: z
    .strictObject({ quality: relative, latency: relative })
    .describe("Relative size of an improvement that the policy `specification` promotes on"),
  page_latency_ratio: between(1, 1000, "a ratio above 1, at most 1,000").describe(
    "Ratio of the latencies (canary to active) that pages someone",
  ),
  guardrail_weights: z
    .strictObject({
      quality: between(0, 1e6, "a weight above 0, at most 1,000,000"),
      latency: weight,
      cost: weight,
      success: weight,
    })
    .describe(
      "Shares of the allowed false alarms, over the measures that the active arm reports at the start",
    ),
  integrity_threshold: between(1, 1e12, "a number above 1").describe(
    "Bayes factor against the planned split, and e-value of lost outcomes, at which a rollout is held",
  ),
  missing_margin: between(0, 1, "a share above 0, at most 1").describe(
    "Difference of the shares of units without an outcome, canary over active, that holds a rollout",
  ),
  undecided_hours: hoursAboveZero.describe("A stage without a decision asks a person after this long"),
  maturity_hours: hours.describe("A unit's outcomes count for this long after its first exposure in a stage"),
  holdback_percent: z
    .int("a whole percent between 0 and 50")
    .min(0, "a whole percent between 0 and 50")
    .max(50, "a whole percent between 0 and 50")
    .describe("Share of traffic that keeps the former bundle at 100 %; 0 turns the watch off"),
  holdback_hours: hours.describe("How long the holdback keeps the former bundle"),
  automatic_rollback: z.boolean("true or false").describe("False: proven harm asks a person"),
  quality_source: z
    .enum(["reported", "label"])
    .describe(
      "`reported`: the agent sends a quality; `label`: 1 or 0 once a label of the task arrives in time",
    ),
  four_eyes: z.boolean("true or false").describe("Who proposed or edited a bundle may not approve it"),
  quorum: atLeastOne.describe("Approvals needed"),
  approval_hours: hoursAboveZero.describe(
    "A proposal that is not approved, and an approval that is not started, ends after this long",
  ),
  specification_min_units: atLeastOne.describe("Minimum of units an arm under the policy `specification`"),
});

/** One per agent, frozen into each of its rollouts. */
export const rolloutPolicySchema = members
  .refine(({ stages: percents, not_worse }) => not_worse.length === percents.length - 1, {
    path: ["not_worse"],
    message: "one pair of margins for each of the stages below 100",
  })
  .meta({ id: "RolloutPolicy" });
export type RolloutPolicy = Document<typeof rolloutPolicySchema>;
export type NotWorseMargins = Document<typeof margins>;

/** Members of a policy in place of the default ones. */
export const rolloutPolicyOverridesSchema = members.partial();

/** Accepted values of a member of the policy, for a form. */
export interface PolicyMember {
  readonly kind: "number" | "switch" | "choice";
  /** Accepted values, in words. */
  readonly accepted: string;
  /** Options of a choice; empty for other kinds. */
  readonly words: readonly string[];
  accepts(value: unknown): boolean;
}

/** Finds the member at a path such as `alpha`, `material.quality` or `not_worse.0.latency`. */
export function findPolicyMember(path: string): PolicyMember {
  let schema: z.ZodType = members;
  for (const step of path.split(".")) {
    const next: unknown =
      schema instanceof z.ZodObject
        ? schema.shape[step]
        : schema instanceof z.ZodArray
          ? schema.element
          : undefined;
    if (!(next instanceof z.ZodType)) throw new Error(`A rollout policy has no member ${path}.`);
    schema = next;
  }
  const refusal = schema.safeParse(undefined).error?.issues[0]?.message ?? "";
  const words = schema instanceof z.ZodEnum ? schema.options.map(String) : [];
  return {
    kind: words.length > 0 ? "choice" : schema instanceof z.ZodBoolean ? "switch" : "number",
    accepted: words.length > 0 ? words.join(" or ") : refusal,
    words,
    accepts: (value) => schema.safeParse(value).success,
  };
}
