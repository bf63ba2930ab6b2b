import { useQuery } from "@tanstack/react-query";
import { approvalsQuery } from "../api/documents.ts";
import { usePermission } from "../parts/rights.ts";

/** One thing that waits for the person at the console. */
export interface Need {
  readonly key: string;
  readonly agent: string;
  readonly text: string;
  readonly since: string;
  /** When it ends by itself. */
  readonly until: string | null;
  readonly to: string;
}

/** What waits for me, oldest first. */
export function useNeeds(agent?: string): readonly Need[] {
  const { session, missing } = usePermission();
  const pending = useQuery(approvalsQuery({ agent, status: "pending" }));
  const mayApprove = missing("approve") === null;
  const approvals: Need[] = mayApprove
    ? (pending.data ?? [])
        .filter((approval) => approval.proposer !== session?.actor.name)
        .map((approval) => ({
          key: approval.id,
          agent: approval.agent,
          text: `Approve ${approval.bundle_id}`,
          since: approval.created_at,
          until: approval.expires_at,
          to: `/approvals/${approval.id}`,
        }))
    : [];
  return approvals.sort((a, b) => a.since.localeCompare(b.since));
}
