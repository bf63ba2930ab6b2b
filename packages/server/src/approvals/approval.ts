import type { Approval, ApprovalStatus, Rollout } from "@relearn/contract";
import type { StoredRollout } from "../rollouts/rollout-store.ts";

export function toApproval({ approval_id, rollout, diff, plan, backtest }: StoredRollout): Approval {
  const last = rollout.approvals.at(-1);
  const status = toApprovalStatus(rollout);
  return {
    id: approval_id,
    rollout_id: rollout.rollout_id,
    agent: rollout.agent,
    bundle_id: rollout.bundle_id,
    bundle_digest: rollout.bundle_digest,
    base_bundle_id: rollout.active_bundle_id,
    status,
    proposer: rollout.proposed_by,
    edited_by: rollout.edited_by,
    approver: last?.by ?? null,
    rationale: last?.rationale ?? (status === "rejected" ? (rollout.reason?.text ?? null) : null),
    approvals: rollout.approvals,
    created_at: rollout.proposed_at,
    expires_at: rollout.expires_at,
    diff,
    plan,
    backtest,
  };
}

/** Removes the examples of the backtest, which lists do not show. */
export function withoutExamples(approval: Approval): Approval {
  return { ...approval, backtest: approval.backtest && { ...approval.backtest, examples: [] } };
}

function toApprovalStatus(rollout: Rollout): ApprovalStatus {
  switch (rollout.state) {
    case "proposed":
      return "pending";
    case "approved":
    case "rejected":
    case "expired":
    case "superseded":
      return rollout.state;
    default:
      return "applied";
  }
}
