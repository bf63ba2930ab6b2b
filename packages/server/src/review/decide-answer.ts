/** What an answer does to its item: pure, so that the table of it is a test. */
import type { ReviewState, SkipReason } from "@relearn/contract";

export interface LeaseFacts {
  readonly state: ReviewState;
  readonly leased_to: string | null;
  readonly lease_token: string | null;
  readonly lease_expires_at: Date | null;
}

export type LeaseDecision =
  | { readonly kind: "held" }
  /** `free`: nobody else has the item: claim it again and send again. */
  | { readonly kind: "lost"; readonly ended_at: Date | null; readonly free: boolean };

/** Whether `reviewer` may answer with `token` at `now`. A lease that ends now has ended. */
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

/** After a label: `labels` are all that stand, this one included. Any two that differ make a dispute. */
export function decideAfterLabel(labels: readonly string[], reviewsNeeded: number): AfterAnswer {
  if (labels.length < reviewsNeeded) return { state: "pending", label: null };
  const [first] = labels;
  return first !== undefined && labels.every((label) => label === first)
    ? { state: "labeled", label: first }
    : { state: "disputed", label: null };
}

/** After a skip: what is not one person's field may be another's; else nobody is asked again. */
export function decideAfterSkip(reason: SkipReason): AfterAnswer {
  return { state: reason === "not_my_field" ? "pending" : "skipped", label: null };
}
