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
    .describe("Class to probability by the calibrated panel; null while there is none"),
  judges_agreeing: z
    .strictObject({ agreeing: count, verdicts: count })
    .nullable()
    .describe("Judges whose verdict is the viewer's label, and judges that gave one; null without a label"),
  others: z
    .array(z.strictObject({ reviewer: z.string(), label: text }))
    .describe("What the other reviewers answered, in the order they did"),
});

const reviewFields = {
  item_id: count,
  agent: z.string(),
  task_key: z.string(),
  state: z.enum(reviewStates),
  payload: object,
  classes: z.array(z.string()).nullable().describe("The labels to choose from; null: any"),
  why: z.string().describe("Why this item, in one sentence that gives no answer away"),
  received_at: time.describe("When the evaluation result came in"),
  reviews_needed: count,
  reviews_done: count,
};

const lease = z.strictObject({
  token: text.describe("What an answer must carry; null for anyone but its holder"),
  reviewer: z.string(),
  expires_at: time,
});
export type ReviewLease = Document<typeof lease>;
/** What is shown after the label is stored. */
export type Revelation = Document<typeof revelation>;

export const reviewItemSchema = z
  .strictObject({
    ...reviewFields,
    lease: lease.nullable(),
    revealed: revelation
      .nullable()
      .describe("What judges and others said; absent while the answer is to be blind"),
  })
  .meta({ id: "ReviewItem" });
/** An item for the person who is to label it. What judges or colleagues said is absent unless `revealed`. */
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
    repeated: z.boolean().describe("Stored already by an earlier attempt under the same lease"),
    revealed: revelation.describe(
      "Present once the viewer has answered, or the item is closed, or they chose to see it before",
    ),
  })
  .meta({ id: "ReviewAnswer" });
/** What became of an answer. */
export type AnswerResult = Document<typeof reviewAnswerSchema>;

export const undoneAnswerSchema = z
  .strictObject({
    undone: z.strictObject({ answer_id: count, kind: z.string(), label: text }),
    item: reviewItemSchema.describe("Leased again to the person where it could be"),
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
/** The queue of one agent in numbers; a lease that has ended counts as waiting. */
export type ReviewQueueDocument = Document<typeof reviewQueueSchema>;

export const reviewAgreementSchema = z
  .strictObject({
    agent: z.string(),
    labels: count,
    shared_items: count.describe("Items with labels of two people or more"),
    krippendorff_alpha: nullableNumber.describe(
      "Krippendorff's alpha for nominal labels over those; null where it is not defined",
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
          "Labels of items that others labeled too, and how many of them are the label that counted in the end",
        ),
        agreeing: count,
        kappa: nullableNumber,
        estimated_accuracy: nullableShare.describe(
          "P(right) by Dawid and Skene; null under 20 items that three people or more have labeled",
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
    .describe("False: the judges' verdicts come along, and the answer counts as not blind"),
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
