import { Group } from "@mantine/core";
import type { Approval } from "@relearn/contract";
import type { ApprovalStatus } from "@relearn/contract/values";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { approvalsQuery, bundlesQuery } from "../api/documents.ts";
import { formatCount, formatRelative } from "../format/numbers.ts";
import { agentColumn } from "../parts/agent-column.ts";
import { Empty } from "../parts/empty.tsx";
import { LiveTable } from "../parts/live-table.tsx";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";
import { StateSelect, toStateColumn } from "../parts/state-select.tsx";
import { approvalStates } from "../parts/state-words.ts";
import { TimeText } from "../parts/time-text.tsx";

const route = getRouteApi("/approvals");

/** Requests to release a bundle. */
export function ApprovalsPage() {
  const { agent, status } = route.useSearch();
  const navigate = useNavigate({ from: "/approvals" });
  const known = status !== undefined && status in approvalStates ? (status as ApprovalStatus) : undefined;
  const approvals = useQuery(approvalsQuery({ agent, status: known }));
  const bundles = useQuery(bundlesQuery({ agent }));
  return (
    <Page title="Approvals">
      <Group>
        <StateSelect
          states={approvalStates}
          value={known}
          onChange={(status) => void navigate({ search: { agent, status } as never })}
        />
      </Group>
      <Region name="Approvals" query={approvals}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>
              {known === undefined ? (
                <>
                  No bundle waits for approval. <Link to="/bundles">Train a bundle</Link>
                </>
              ) : (
                "No approvals in this state. Show all states."
              )}
            </Empty>
          ) : (
            <LiveTable
              caption="Approvals"
              rows={rows}
              rowKey={(approval) => approval.id}
              columns={[
                {
                  name: "Bundle",
                  cell: (approval) => (
                    <Link to="/approvals/$id" params={{ id: approval.id }} className="mono">
                      {approval.bundle_id}
                    </Link>
                  ),
                },
                ...agentColumn<Approval>(agent, (approval) => approval.agent),
                toStateColumn<Approval, keyof typeof approvalStates>(
                  approvalStates,
                  (approval) => approval.status,
                ),
                { name: "Proposer", cell: (approval) => approval.proposer },
                {
                  name: "Warnings",
                  kind: "number",
                  cell: (approval) =>
                    bundles.data?.find((bundle) => bundle.bundle_id === approval.bundle_id)?.warnings
                      .length ?? "",
                },
                {
                  name: "Decided differently",
                  kind: "number",
                  cell: ({ backtest }) =>
                    backtest === null
                      ? "nothing active"
                      : backtest.payloads === 0
                        ? "no traffic"
                        : `${formatCount(backtest.different)} of ${formatCount(backtest.payloads)}`,
                },
                {
                  name: "Accuracy compared with active",
                  kind: "number",
                  cell: (approval) =>
                    approval.diff.accuracy_delta === null
                      ? "nothing active"
                      : `${formatRelative(approval.diff.accuracy_delta).replace(" %", "")} points`,
                },
                {
                  name: "Expires",
                  cell: (approval) =>
                    approval.status === "pending" || approval.status === "approved" ? (
                      <TimeText at={approval.expires_at} distance />
                    ) : (
                      ""
                    ),
                },
              ]}
            />
          )
        }
      </Region>
    </Page>
  );
}
