/** What is refused of a review, and in which words: pure. */
import type { AgentDefinition, SkipReason } from "@relearn/contract";
import { isUnstorableText } from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import { createLabelMapper } from "../training/training-rows.ts";
import { decideLease } from "./decide-answer.ts";
import type { StoredReviewAnswer } from "./review-answer-store.ts";
import type { StoredReviewItem } from "./review-store.ts";

/** What a person sent; it goes back to them with a refusal, so that nothing typed is lost. */
export interface SentAnswer {
  readonly label?: string;
  readonly skip_reason?: SkipReason;
  readonly notes: string | null;
}

export function leaseLost(
  item: StoredReviewItem,
  reviewer: string,
  token: string,
  now: Date,
  sent: object,
): RelearnError {
  const decision = decideLease(item, reviewer, token, now);
  const lost = decision.kind === "lost" ? decision : { ended_at: null, free: false };
  const ended =
    lost.ended_at === null ? "Your lease has ended" : `Your lease ended ${lost.ended_at.toISOString()}`;
  const next = lost.free
    ? "The item is free: claim it again and send again."
    : `The item is ${item.state === "leased" ? "with another reviewer" : item.state}. Take the next one.`;
  return new RelearnError(
    "lease_lost",
    `${ended}. Nothing was stored; what you sent is in the details. ${next}`,
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

/** The same again is a retry; anything else under a lease that was used is another answer. */
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
      ? `Item ${item.id} was answered under this lease already. Undo that answer, or correct it.`
      : `Item ${item.id} was answered under this lease and the answer was taken back. Claim the item again.`,
    { details: { item_id: item.id, sent } },
  );
}

export function checkLabel(definition: AgentDefinition, label: string): void {
  if (label.trim() === "" || label.length > 200 || isUnstorableText(label)) {
    throw new RelearnError(
      "invalid_input",
      `The label ${JSON.stringify(label.slice(0, 80))} is refused: it takes 1 to 200 characters, none of them U+0000.`,
    );
  }
  if (createLabelMapper(definition)(label) !== undefined) return;
  throw new RelearnError(
    "invalid_input",
    `"${label}" is no label of ${definition.name}. Its classes are ${definition.classes?.join(", ")}.`,
    { details: { label, classes: definition.classes } },
  );
}

const MAX_NOTES = 10_000;

export function checkNotes(notes: string | undefined): string | null {
  if (notes === undefined || notes.trim() === "") return null;
  if (notes.length > MAX_NOTES || isUnstorableText(notes)) {
    throw new RelearnError(
      "invalid_input",
      `The notes are refused: at most ${MAX_NOTES} characters (these are ${notes.length}), none of them U+0000.`,
    );
  }
  return notes;
}
