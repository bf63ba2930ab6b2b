import type { ApprovalBacktest } from "../bundles/backtest.ts";
import type { BundleDiff } from "../bundles/bundle-diff.ts";
import type { RolloutPlan } from "../guard/planner.ts";
import type { Rollout, RolloutApproval } from "../rollouts/rollout.ts";
import type { StoredRollout } from "../rollouts/rollout-store.ts";

export type ApprovalStatus = "pending" | "approved" | "applied" | "rejected" | "expired" | "superseded";

/** The request to release a bundle: how the first part of a rollout's life is shown. */
export interface Approval {
  readonly id: string;
  readonly rollout_id: string;
  readonly agent: string;
  readonly bundle_id: string;
  readonly bundle_digest: string;
  /** What was active when the request was made; null where nothing was. */
  readonly base_bundle_id: string | null;
  readonly status: ApprovalStatus;
  readonly proposer: string;
  /** Who put another bundle into the request since; they may not approve either. */
  readonly edited_by: readonly string[];
  /** The last who approved; null before. */
  readonly approver: string | null;
  readonly rationale: string | null;
  readonly approvals: readonly RolloutApproval[];
  readonly created_at: string;
  readonly expires_at: string;
  readonly diff: BundleDiff;
  /** When a verdict could be expected at the traffic of the request's time. */
  readonly plan: RolloutPlan | null;
  /** What would have been decided differently in the week before; null where nothing was active. In lists without its examples. */
  readonly backtest: ApprovalBacktest | null;
}

export function approvalOf({ approval_id, rollout, diff, plan, backtest }: StoredRollout): Approval {
  const last = rollout.approvals.at(-1);
  const status = approvalStatus(rollout);
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

/** As lists show it: the twenty examples with their explanations are for whoever reads the one request. */
export function withoutExamples(approval: Approval): Approval {
  return { ...approval, backtest: approval.backtest && { ...approval.backtest, examples: [] } };
}

function approvalStatus(rollout: Rollout): ApprovalStatus {
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
