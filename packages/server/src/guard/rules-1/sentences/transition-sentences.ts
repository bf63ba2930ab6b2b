/**
 * The sentences of rules 1 that a transition stores as its reason: in the rollout, its receipt and the audit
 * log. They are hashed and replayed, so they never change; sentences of refusals are not stored and may.
 */
export const transitionSentences = {
  started: (percent: number) => `Started at ${percent} %.`,
  deployedInFull: "Deployed to 100 % without a canary.",
  completed: "Completed.",
  promoted: "Promoted.",
  paused: "Paused.",
  resumed: "Resumed.",
  resumedFromScratch: "Resumed; the evidence starts anew.",
  activeChanged: (bundleId: string | null) => `The active bundle changed to ${bundleId ?? "none"}.`,
  approved: "Approved.",
  rejected: "Rejected.",
  edited: (bundleId: string, replacedId: string) =>
    `${bundleId} takes the place of ${replacedId}; approvals given before count no more.`,
  notApproved: (expiresAt: string) => `Not approved by ${expiresAt}.`,
  notStarted: (expiresAt: string) => `Not started by ${expiresAt}.`,
  aborted: "Aborted.",
  killSwitchOn: "Kill switch turned on.",
  rolledBack: "Rolled back.",
};
