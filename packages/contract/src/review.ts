import { z } from "zod";
import type { Document } from "./document.ts";
import {
  count,
  flag,
  nullableNumber,
  nullableShare,
  numbers,
  object,
  pageLimit,
  position,
  share,
  text,
  time,
} from "./fields.ts";
import { reviewStates, skipReasons } from "./values.ts";
export const judgeScores = z.record(
  z.string(),
  z.looseObject({ verdict: text, confidence: z.number().min(0).max(100).nullable().exactOptional() }),
);

const revelation = z.strictObject({
  judge_scores: judgeScores,
  panel: numbers
    .nullable()
    .describe("Class to probability by the calibrated panel; null if there is no panel yet"),
  judges_agreeing: z
    .strictObject({ agreeing: count, verdicts: count })
    .nullable()
    .describe(
      "Number of judges that agree with the viewer's label, and number of judges; null without a label",
    ),
  others: z
    .array(z.strictObject({ reviewer: z.string(), label: text }))
    .describe("Answers of the other reviewers, oldest first"),
});

const reviewFields = {
  item_id: count,
  agent: z.string(),
  task_key: z.string(),
  state: z.enum(reviewStates),
  payload: object,
  classes: z.array(z.string()).nullable().describe("Labels to choose from; null: any label"),
  why: z.string().describe("Reason why this item was selected, without a hint at the answer"),
  received_at: time.describe("When the evaluation result was received"),
  reviews_needed: count,
  reviews_done: count,
};

const lease = z.strictObject({
  token: text.describe("Token that an answer must contain; null for everyone but the holder of the lease"),
  reviewer: z.string(),
  expires_at: time,
});
export type ReviewLease = Document<typeof lease>;
/** Information that is shown after the label is stored. */
export type Revelation = Document<typeof revelation>;

export const reviewItemSchema = z
  .strictObject({
    ...reviewFields,
    lease: lease.nullable(),
    revealed: revelation
      .nullable()
      .describe("Answers of judges and other reviewers; absent while the viewer's answer is to be blind"),
  })
  .meta({ id: "ReviewItem" });
/** An item for the person who labels it. Answers of judges and other reviewers are absent unless `revealed`. */
export type ReviewItemDocument = Document<typeof reviewItemSchema>;

export const disputedItemSchema = z
  .strictObject({
    ...reviewFields,
    answers: z.array(z.strictObject({ who: z.string(), label: z.string(), notes: text })),
  })
  .meta({ id: "DisputedItem" });
/** A disputed item for the person who settles it: labels without names until it is settled. */
export type DisputedItemDocument = Document<typeof disputedItemSchema>;

export const reviewAnswerSchema = z
  .strictObject({
    item_id: count,
    task_key: z.string(),
    agent: z.string(),
    answer_id: count,
    state: z.enum(reviewStates),
    label: text,
    repeated: z
      .boolean()
      .describe("True if an earlier attempt under the same lease already stored the answer"),
    revealed: revelation.describe(
      "Present after the viewer has answered, if the item is closed, or if the viewer chose to see it before",
    ),
  })
  .meta({ id: "ReviewAnswer" });
/** Result of an answer. */
export type AnswerResult = Document<typeof reviewAnswerSchema>;

export const undoneAnswerSchema = z
  .strictObject({
    undone: z.strictObject({ answer_id: count, kind: z.string(), label: text }),
    item: reviewItemSchema.describe("The item, leased to the person again if possible"),
  })
  .meta({ id: "UndoneAnswer" });
export type UndoneAnswer = Document<typeof undoneAnswerSchema>;

export const reviewQueueSchema = z
  .strictObject({
    agent: z.string(),
    waiting: count,
    leased: count,
    disputed: count,
    labeled: count,
    skipped: count,
    expired: count,
  })
  .meta({ id: "ReviewQueue" });
/** Counts of one agent's queue; an item with an expired lease counts as waiting. */
export type ReviewQueueDocument = Document<typeof reviewQueueSchema>;

export const reviewAgreementSchema = z
  .strictObject({
    agent: z.string(),
    labels: count,
    shared_items: count.describe("Items with labels of two people or more"),
    krippendorff_alpha: nullableNumber.describe(
      "Krippendorff's alpha for nominal labels over these items; null if it is not defined",
    ),
    pairs: z.array(
      z.strictObject({
        reviewers: z.tuple([z.string(), z.string()]),
        items: count,
        agreement: share,
        kappa: nullableNumber,
      }),
    ),
    reviewers: z.record(
      z.string(),
      z.strictObject({
        labels: count,
        skips: count,
        shared: count.describe(
          "Labels on items that others labeled too; `agreeing` counts those that match the final label",
        ),
        agreeing: count,
        kappa: nullableNumber,
        estimated_accuracy: nullableShare.describe(
          "P(right) by Dawid and Skene; null with fewer than 20 items that at least three people have labeled",
        ),
        median_seconds: nullableNumber,
      }),
    ),
  })
  .meta({ id: "ReviewAgreement" });
export type AgreementReport = Document<typeof reviewAgreementSchema>;
export type PairAgreement = AgreementReport["pairs"][number];
export type ReviewerFigures = AgreementReport["reviewers"][string];

export const MAX_LEASE_SECONDS = 3600;

const leaseOptions = {
  lease_seconds: z.int().min(1).max(MAX_LEASE_SECONDS).optional(),
  blind: z
    .boolean()
    .optional()
    .describe("False: the response includes the judges' verdicts, and the answer counts as not blind"),
};
const leaseToken = z.string().min(1).max(100);
const answer = { lease_token: leaseToken, notes: z.string().optional() };

export const claimItemsRequestSchema = z
  .strictObject({
    agent: z.string(),
    count: z.int().min(1).max(100).optional(),
    resume: z.boolean().optional(),
    ...leaseOptions,
  })
  .meta({ id: "ClaimItemsRequest", examples: [{ agent: "inbox_triage", count: 5 }] });

export const requestReviewRequestSchema = z
  .strictObject({ agent: z.string(), task_key: z.string().min(1).max(500) })
  .meta({ id: "RequestReviewRequest", examples: [{ agent: "inbox_triage", task_key: "thread-1" }] });

export const undoAnswerRequestSchema = z
  .strictObject({ agent: z.string().optional(), ...leaseOptions })
  .meta({ id: "UndoAnswerRequest", examples: [{ agent: "inbox_triage" }] });

export const claimItemRequestSchema = z
  .strictObject(leaseOptions)
  .meta({ id: "ClaimItemRequest", examples: [{ lease_seconds: 600 }] });

export const renewLeaseRequestSchema = z
  .strictObject({ lease_token: leaseToken, lease_seconds: leaseOptions.lease_seconds })
  .meta({
    id: "RenewLeaseRequest",
    examples: [{ lease_token: "0f8b8e2e-6d1b-4a6c-9a59-0d6c5c5f0c35", lease_seconds: 600 }],
  });

export const releaseItemRequestSchema = z
  .strictObject({ lease_token: leaseToken })
  .meta({ id: "ReleaseItemRequest", examples: [{ lease_token: "0f8b8e2e-6d1b-4a6c-9a59-0d6c5c5f0c35" }] });

export const labelItemRequestSchema = z.strictObject({ label: z.string(), ...answer }).meta({
  id: "LabelItemRequest",
  examples: [{ label: "quarantine", lease_token: "0f8b8e2e-6d1b-4a6c-9a59-0d6c5c5f0c35" }],
});

export const skipItemRequestSchema = z.strictObject({ reason: z.enum(skipReasons), ...answer }).meta({
  id: "SkipItemRequest",
  examples: [{ reason: "missing_data", lease_token: "0f8b8e2e-6d1b-4a6c-9a59-0d6c5c5f0c35" }],
});

export const correctLabelRequestSchema = z
  .strictObject({ label: z.string(), notes: z.string().optional() })
  .meta({
    id: "CorrectLabelRequest",
    examples: [{ label: "safe", notes: "The sender is a known supplier." }],
  });

export const adjudicateRequestSchema = z.strictObject({ label: z.string(), rationale: z.string() }).meta({
  id: "AdjudicateRequest",
  examples: [{ label: "safe", rationale: "The domain belongs to the supplier." }],
});

export const reviewItemsQuerySchema = z.strictObject({
  agent: z.string().optional(),
  state: z.enum(reviewStates).optional(),
  before: position,
  limit: pageLimit,
});
export const disputedItemsQuerySchema = z.strictObject({
  agent: z.string().optional(),
  before: position,
  limit: pageLimit,
});
export const reviewItemQuerySchema = z.strictObject({ reveal: flag });

export const claimedItemsSchema = z.object({ items: z.array(reviewItemSchema) });
export const queuedReviewSchema = z.object({ queued: z.boolean() });
export const reviewQueueListSchema = z.object({ queues: z.array(reviewQueueSchema) });
export const reviewItemPageSchema = z.object({
  items: z.array(reviewItemSchema),
  next_before: z.number().nullable(),
});
export const disputedItemPageSchema = z.object({
  items: z.array(disputedItemSchema),
  next_before: z.number().nullable(),
});
export const renewedLeaseSchema = z.object({ item_id: z.number(), expires_at: z.string() });
export const releasedItemSchema = z.object({ item_id: z.number(), released: z.boolean() });
