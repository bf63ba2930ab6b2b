/** Checks of what reviewers send, and the errors that refuse it. Pure. */
import { type AgentDefinition, isUnstorableText, type SkipReason } from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import { createLabelMapper } from "../training/training-rows.ts";
import { decideLease } from "./decide-answer.ts";
import type { StoredReviewAnswer } from "./review-answer-store.ts";
import type { StoredReviewItem } from "./review-store.ts";

/** The submitted answer. A refusal returns it in its details, so that nothing typed is lost. */
export interface SentAnswer {
  readonly label?: string;
  readonly skip_reason?: SkipReason;
  readonly notes: string | null;
}

/** Returns the `lease_lost` error for a submit or a renewal under a lease that `reviewer` no longer holds. */
export function toLeaseLostError(
  item: StoredReviewItem,
  reviewer: string,
  token: string,
  now: Date,
  sent: object,
): RelearnError {
  const decision = decideLease(item, reviewer, token, now);
  const lost = decision.kind === "lost" ? decision : { ended_at: null, free: false };
  const ended =
    lost.ended_at === null ? "Your lease has ended" : `Your lease ended at ${lost.ended_at.toISOString()}`;
  const next = lost.free
    ? "The item is free: claim it and submit again."
    : `The item is ${item.state === "leased" ? "leased to another reviewer" : item.state}. Claim the next item.`;
  return new RelearnError(
    "lease_lost",
    `${ended}. Nothing was stored; your answer is in the details of this error. ${next}`,
    {
      details: {
        item_id: item.id,
        state: item.state,
        free: lost.free,
        ended_at: lost.ended_at?.toISOString() ?? null,
        sent,
      },
    },
  );
}

/** Returns the error for an item whose state or lease changed between the read and the write. */
export function toChangedItemError(item: Pick<StoredReviewItem, "id">): RelearnError {
  return new RelearnError(
    "wrong_state",
    `Item ${item.id} was changed by another request at the same time; nothing was stored. Load the item again.`,
    { details: { item_id: item.id } },
  );
}

/**
 * Accepts a repeated submit of the same answer under its lease. Throws `already_answered` if the lease was used for
 * another answer.
 */
export function checkRepeat(
  item: StoredReviewItem,
  earlier: StoredReviewAnswer,
  reviewer: string,
  sent: SentAnswer,
): void {
  const same =
    earlier.undone_at === null &&
    earlier.reviewer === reviewer &&
    earlier.label === (sent.label ?? null) &&
    earlier.skip_reason === (sent.skip_reason ?? null);
  if (same) return;
  throw new RelearnError(
    "already_answered",
    earlier.undone_at === null
      ? `Item ${item.id} was already answered under this lease. Undo or correct that answer.`
      : `Item ${item.id} was answered under this lease and the answer was undone. Claim the item again.`,
    { details: { item_id: item.id, sent } },
  );
}

/** Throws `invalid_input` if the label cannot be stored or is none of the agent's classes. */
export function checkLabel(definition: AgentDefinition, label: string): void {
  if (label.trim() === "" || label.length > 200 || isUnstorableText(label)) {
    throw new RelearnError(
      "invalid_input",
      `The label ${JSON.stringify(label.slice(0, 80))} is invalid: a label has 1 to 200 characters without U+0000.`,
    );
  }
  if (createLabelMapper(definition)(label) !== undefined) return;
  throw new RelearnError(
    "invalid_input",
    `"${label}" is not a label of ${definition.name}. Its classes are ${definition.classes?.join(", ")}.`,
    { details: { label, classes: definition.classes } },
  );
}

const MAX_NOTES_LENGTH = 10_000;

/** Returns the notes, null if they are blank. Throws `invalid_input` if they are too long or hold U+0000. */
export function checkNotes(notes: string | undefined): string | null {
  if (notes === undefined || notes.trim() === "") return null;
  if (notes.length > MAX_NOTES_LENGTH || isUnstorableText(notes)) {
    throw new RelearnError(
      "invalid_input",
      `The notes have ${notes.length} characters; at most ${MAX_NOTES_LENGTH} without U+0000 are accepted.`,
    );
  }
  return notes;
}
