import { z } from "zod";
import type { Document } from "./document.ts";
import {
  basisPoints,
  count,
  flag,
  nullableTime,
  object,
  pageLimit,
  reason,
  rulesVersion,
  text,
  time,
} from "./fields.ts";
import { rolloutPolicySchema } from "./rollout-policy.ts";
export const rolloutStateSchema = z.enum([
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

export const rolloutApprovalSchema = z.strictObject({
  by: z.string().describe("A person, or `guard`"),
  at: time,
  rationale: z.string(),
  bundle_digest: z
    .string()
    .describe("The digest that was approved; an approval of another digest does not count"),
  break_glass: z.boolean(),
});
/** One person's yes to one digest. */
export type RolloutApproval = Document<typeof rolloutApprovalSchema>;

export type RolloutState = Document<typeof rolloutStateSchema>;

export const rolloutSchema = z
  .strictObject({
    rollout_id: z.string(),
    rules: rulesVersion,
    agent: z.string(),
    state: rolloutStateSchema,
    generation: count.describe("Grows by one with every transition; a write compares it"),
    bundle_id: z.string(),
    bundle_digest: z
      .string()
      .describe("The digest that was approved; an approval of another digest does not count"),
    active_bundle_id: text.describe(
      "What the bundle is compared with; null where the agent had no bundle yet",
    ),
    active_digest: text,
    salt: z.string().describe("Fresh for each rollout: makes its split independent of every other one's"),
    policy: rolloutPolicySchema,
    stage: z
      .number()
      .int()
      .nullable()
      .describe("Index into `policy.stages`; null before the start. Kept in `hold`, `ask` and the ends"),
    stage_entered_at: nullableTime,
    percent: z
      .number()
      .describe(
        "Share of units that get the bundle now: 0 before the start, 95 in `full` with a holdback of 5",
      ),
    attempt: count.describe(
      "1 for the first time this bundle's evidence is gathered; the k-th widens at alpha / (k (k + 1))",
    ),
    proposed_by: z.string(),
    proposed_at: time,
    edited_by: z.array(z.string()).describe("Who changed the proposal since; they may not approve either"),
    approvals: z.array(rolloutApprovalSchema),
    expires_at: time.describe("A proposal or an approval that is not used dies then"),
    started_at: nullableTime,
    ended_at: nullableTime,
    reason: z
      .strictObject({ code: z.string(), text: z.string(), by: z.string(), at: time })
      .nullable()
      .describe("Why it holds, asks, rolls back or ended; null while nothing is out of the ordinary"),
    acknowledged: z
      .array(z.string())
      .describe(
        "Codes of verdicts that a person has read and accepted; the guard asks them no more in this stage",
      ),
    acknowledged_at: nullableTime.describe(
      'When a person last answered "go on": the undecided clock runs from there',
    ),
    result: z
      .enum(["better", "not_worse", "overridden", "unguarded"])
      .nullable()
      .describe("What the evidence said when the last stage opened; `overridden`: a person opened it"),
  })
  .meta({ id: "RolloutDocument" });
export type Rollout = Document<typeof rolloutSchema>;
/** Why a rollout is in `hold` or `ask`, or was taken back or ended. */
export type RolloutReason = NonNullable<Rollout["reason"]>;

export const moveResultSchema = z
  .strictObject({
    rollout: rolloutSchema,
    changed: z.boolean().describe("False where there was nothing to do"),
    reason: z.string(),
  })
  .meta({ id: "MoveResult" });
export type MoveResult = Document<typeof moveResultSchema>;

export const releaseSchema = z
  .strictObject({
    agent: z.string(),
    active_bundle_id: text,
    canary_bundle_id: text,
    holdback_bundle_id: text.describe(
      "The former bundle, which the holdback keeps while the new one is watched at 100 %",
    ),
    rollout_id: text,
    salt: z.string(),
    canary_basis_points: basisPoints,
    holdback_basis_points: basisPoints,
    last_known_good_bundle_id: text,
    kill_switch: z.boolean(),
    kill_switch_by: text,
    kill_switch_reason: text,
    generation: count.describe("Grows with every change; a write compares it"),
  })
  .meta({ id: "Release" });
export type Release = Document<typeof releaseSchema>;

export const rolloutOverrideSchema = z
  .strictObject({
    rollout_id: z.string(),
    generation: count.describe("The generation that the act led to"),
    agent: z.string(),
    about: z.enum(["break_glass", "override"]),
    actor: z.string(),
    reason: z.string(),
    at: time,
    reviewed_by: text.describe("Null until somebody has looked"),
    reviewed_at: nullableTime,
    finding: z.enum(["upheld", "objected"]).nullable(),
    notes: text,
  })
  .meta({ id: "RolloutOverride" });
/** An act against a waiting gate, or against four eyes, and what was found when somebody looked at it afterwards. */
export type RolloutOverride = Document<typeof rolloutOverrideSchema>;

export const rolloutJournalEntrySchema = z
  .strictObject({
    rollout_id: z.string(),
    sequence: count,
    idempotency_key: z.string(),
    kind: z.string(),
    detail: object.describe("The event, with whatever it was decided on"),
    at: time,
  })
  .meta({ id: "RolloutJournalEntry" });
/** An entry of a rollout's journal: the event that moved it to the generation that is its sequence. */
export type RolloutJournalEntry = Document<typeof rolloutJournalEntrySchema>;

/** What applying an approval did. */
export const appliedApprovalSchema = z
  .strictObject({ rollout: rolloutSchema, reason: z.string() })
  .meta({ id: "AppliedApproval" });
export type AppliedApproval = Document<typeof appliedApprovalSchema>;

export const abortRolloutRequestSchema = z
  .strictObject({ reason: reason.optional() })
  .meta({ id: "AbortRolloutRequest", examples: [{ reason: "Replaced by a newer bundle." }] });

export const reviewOverrideRequestSchema = z
  .strictObject({ finding: z.enum(["upheld", "objected"]), notes: z.string().max(2000) })
  .meta({
    id: "ReviewOverrideRequest",
    examples: [{ finding: "upheld", notes: "The gate waited for traffic that a holiday kept away." }],
  });

export const overridesQuerySchema = z.strictObject({
  agent: z.string().optional(),
  open: flag,
  limit: pageLimit,
});
export const rolloutsQuerySchema = z.strictObject({ agent: z.string().optional(), limit: pageLimit });

export const overrideListSchema = z.object({ overrides: z.array(rolloutOverrideSchema) });
export const journalSchema = z.object({ entries: z.array(rolloutJournalEntrySchema) });
