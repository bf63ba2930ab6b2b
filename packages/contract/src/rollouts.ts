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
/** Approval of one digest by one person. */
export type RolloutApproval = Document<typeof rolloutApprovalSchema>;

export type RolloutState = Document<typeof rolloutStateSchema>;

export const rolloutSchema = z
  .strictObject({
    rollout_id: z.string(),
    rules: rulesVersion,
    agent: z.string(),
    state: rolloutStateSchema,
    generation: count.describe("Number of transitions; a write must state the current one"),
    bundle_id: z.string(),
    bundle_digest: z
      .string()
      .describe("The digest that was approved; an approval of another digest does not count"),
    active_bundle_id: text.describe("Bundle that this one is compared with; null if the agent had none"),
    active_digest: text,
    salt: z.string().describe("New for each rollout, so that its split is independent of all others"),
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
      "Number of the attempt to gather evidence for this bundle, from 1; attempt k > 1 is promoted at alpha / (k (k + 1))",
    ),
    proposed_by: z.string(),
    proposed_at: time,
    edited_by: z
      .array(z.string())
      .describe("People who changed the proposal; they may not approve it either"),
    approvals: z.array(rolloutApprovalSchema),
    expires_at: time.describe("When an unused proposal or approval expires"),
    started_at: nullableTime,
    ended_at: nullableTime,
    reason: z
      .strictObject({ code: z.string(), text: z.string(), by: z.string(), at: time })
      .nullable()
      .describe("Reason for a hold, a question, a rollback or the end; null otherwise"),
    acknowledged: z
      .array(z.string())
      .describe(
        "Codes of verdicts that a person has acknowledged; the guard does not ask about them again in this stage",
      ),
    acknowledged_at: nullableTime.describe(
      'When a person last answered "go on": the undecided clock runs from there',
    ),
    result: z
      .enum(["better", "not_worse", "overridden", "unguarded"])
      .nullable()
      .describe("Evidence at the promotion to the last stage; `overridden`: a person promoted without it"),
  })
  .meta({ id: "RolloutDocument" });
export type Rollout = Document<typeof rolloutSchema>;
/** Reason why a rollout is in `hold` or `ask`, was rolled back, or ended. */
export type RolloutReason = NonNullable<Rollout["reason"]>;

export const moveResultSchema = z
  .strictObject({
    rollout: rolloutSchema,
    changed: z.boolean().describe("False if there was nothing to do"),
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
      "Previous bundle, which the holdback keeps while the new one is watched at 100 %",
    ),
    rollout_id: text,
    salt: z.string(),
    canary_basis_points: basisPoints,
    holdback_basis_points: basisPoints,
    last_known_good_bundle_id: text,
    kill_switch: z.boolean(),
    kill_switch_by: text,
    kill_switch_reason: text,
    generation: count.describe("Number of changes; a write must state the current one"),
  })
  .meta({ id: "Release" });
export type Release = Document<typeof releaseSchema>;

export const rolloutOverrideSchema = z
  .strictObject({
    rollout_id: z.string(),
    generation: count.describe("Generation after the override"),
    agent: z.string(),
    about: z.enum(["break_glass", "override"]),
    actor: z.string(),
    reason: z.string(),
    at: time,
    reviewed_by: text.describe("Reviewer; null before the review"),
    reviewed_at: nullableTime,
    finding: z.enum(["upheld", "objected"]).nullable(),
    notes: text,
  })
  .meta({ id: "RolloutOverride" });
/** Override of a waiting gate or of four-eyes approval, and the finding of its later review. */
export type RolloutOverride = Document<typeof rolloutOverrideSchema>;

export const rolloutJournalEntrySchema = z
  .strictObject({
    rollout_id: z.string(),
    sequence: count,
    idempotency_key: z.string(),
    kind: z.string(),
    detail: object.describe("The event, with the inputs of the decision"),
    at: time,
  })
  .meta({ id: "RolloutJournalEntry" });
/** Entry of a rollout's journal: the event that led to the generation given by `sequence`. */
export type RolloutJournalEntry = Document<typeof rolloutJournalEntrySchema>;

/** Result of applying an approval. */
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
