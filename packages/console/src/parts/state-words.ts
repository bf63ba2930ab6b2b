import type { ApprovalStatus, BundleStatus, RolloutState } from "@relearn/contract";
import type { StateToken } from "./state-mark.tsx";

/** Colour and word of a state. */
export interface StateWords {
  readonly token: StateToken;
  readonly words: string;
}

export const bundleStates: Readonly<Record<BundleStatus, StateWords>> = {
  pending: { token: "plain", words: "Pending" },
  proposed: { token: "plain", words: "Proposed" },
  approved: { token: "plain", words: "Approved" },
  rejected: { token: "plain", words: "Rejected" },
  canary: { token: "canary", words: "Canary" },
  active: { token: "active", words: "Active" },
  replaced: { token: "plain", words: "Replaced" },
  rolled_back: { token: "harm", words: "Rolled back" },
};

export const approvalStates: Readonly<Record<ApprovalStatus, StateWords>> = {
  pending: { token: "plain", words: "Waiting for approval" },
  approved: { token: "plain", words: "Approved" },
  applied: { token: "plain", words: "Applied" },
  rejected: { token: "plain", words: "Rejected" },
  expired: { token: "plain", words: "Expired" },
  superseded: { token: "plain", words: "Superseded" },
};

export const rolloutStates: Readonly<Record<RolloutState, StateWords>> = {
  proposed: { token: "plain", words: "Proposed" },
  approved: { token: "plain", words: "Approved" },
  canary: { token: "canary", words: "Canary" },
  full: { token: "active", words: "Full" },
  hold: { token: "hold", words: "On hold" },
  ask: { token: "hold", words: "Needs decision" },
  rolling_back: { token: "harm", words: "Rolling back" },
  completed: { token: "active", words: "Completed" },
  rolled_back: { token: "harm", words: "Rolled back" },
  rejected: { token: "plain", words: "Rejected" },
  expired: { token: "plain", words: "Expired" },
  superseded: { token: "plain", words: "Superseded" },
};
