/** Decides how an answer changes its item. Pure: the tests list the cases as a table. */
import type { ReviewState, SkipReason } from "@relearn/contract";

export interface LeaseFacts {
  readonly state: ReviewState;
  readonly leased_to: string | null;
  readonly lease_token: string | null;
  readonly lease_expires_at: Date | null;
}

export type LeaseDecision =
  | { readonly kind: "held" }
  /** `free`: no one holds the item, so that the person may claim it and submit again. */
  | { readonly kind: "lost"; readonly ended_at: Date | null; readonly free: boolean };

/** Decides whether `reviewer` may answer under `token` at `now`. A lease that ends at `now` has ended. */
export function decideLease(item: LeaseFacts, reviewer: string, token: string, now: Date): LeaseDecision {
  const mine = item.state === "leased" && item.lease_token === token && item.leased_to === reviewer;
  const live = item.state === "leased" && item.lease_expires_at !== null && item.lease_expires_at > now;
  if (mine && live) return { kind: "held" };
  return {
    kind: "lost",
    ended_at: mine ? item.lease_expires_at : null,
    free: item.state === "pending" || (item.state === "leased" && !live),
  };
}

export interface AfterAnswer {
  readonly state: "pending" | "labeled" | "disputed" | "skipped";
  /** The label that counts; null unless labeled. */
  readonly label: string | null;
}

/**
 * Decides the state of an item after a label. `labels`: all labels of the item that are not undone, the new one
 * included. Labels that differ make the item disputed.
 */
export function decideAfterLabel(labels: readonly string[], reviewsNeeded: number): AfterAnswer {
  if (labels.length < reviewsNeeded) return { state: "pending", label: null };
  const [first] = labels;
  return first !== undefined && labels.every((label) => label === first)
    ? { state: "labeled", label: first }
    : { state: "disputed", label: null };
}

/**
 * Decides the state of an item after a skip. After `not_my_field` the item is offered to other people; after any
 * other reason it is closed.
 */
export function decideAfterSkip(reason: SkipReason): AfterAnswer {
  return { state: reason === "not_my_field" ? "pending" : "skipped", label: null };
}
