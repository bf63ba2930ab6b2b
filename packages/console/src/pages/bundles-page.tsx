import { Button, Group, Text } from "@mantine/core";
import type { BundleWithStatus, CreatedBundle } from "@relearn/contract";
import type { BundleStatus } from "@relearn/contract/values";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { callApi } from "../api/call-api.ts";
import { bundlesQuery, statusQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { formatCount, formatInterval, formatRatio } from "../format/numbers.ts";
import { agentColumn } from "../parts/agent-column.ts";
import { Empty } from "../parts/empty.tsx";
import { LiveTable } from "../parts/live-table.tsx";
import { Page } from "../parts/page.tsx";
import { Problem } from "../parts/problem.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { StateSelect, toStateColumn } from "../parts/state-select.tsx";
import { bundleStates } from "../parts/state-words.ts";
import { TimeText } from "../parts/time-text.tsx";

const route = getRouteApi("/bundles");

/** Trained bundles, newest first. */
export function BundlesPage() {
  const { agent, status: state } = route.useSearch();
  const navigate = useNavigate({ from: "/bundles" });
  const known = state !== undefined && state in bundleStates ? (state as BundleStatus) : undefined;
  const bundles = useQuery(bundlesQuery({ agent, status: known }));
  const status = useQuery(statusQuery);
  const [compared, setCompared] = useState<readonly string[]>([]);
  const { missing } = usePermission();
  const train = useMutation({
    mutationFn: (name: string) =>
      callApi<CreatedBundle>("POST", `/v1/agents/${encodeURIComponent(name)}/bundles`, { body: {} }),
    onSuccess: (bundle) => {
      void queryClient.invalidateQueries({ queryKey: ["bundles"] });
      void navigate({ to: "/bundles/$id", params: { id: bundle.bundle_id } });
    },
  });
  const blocked = missing("propose") ?? (agent === undefined ? "Choose an agent to train a bundle." : null);
  return (
    <Page
      title="Bundles"
      actions={
        <>
          {blocked !== null && (
            <Text span c="dimmed">
              {blocked}
            </Text>
          )}
          <Button
            variant="filled"
            disabled={blocked !== null}
            loading={train.isPending}
            onClick={() => agent !== undefined && train.mutate(agent)}
          >
            Train
          </Button>
        </>
      }
    >
      {train.isError && <Problem what="Not trained" error={train.error} />}
      <Group justify="space-between" align="flex-end">
        <StateSelect
          states={bundleStates}
          value={known}
          onChange={(status) => void navigate({ search: { agent, status } as never })}
        />
        <Group>
          <Text span c="dimmed">
            {compared.length === 2 ? `${compared[0]} and ${compared[1]}` : "Select two bundles to compare."}
          </Text>
          <Button
            disabled={compared.length !== 2}
            onClick={() =>
              void navigate({
                to: "/bundles/compare",
                search: { from: compared[0], to: compared[1] } as never,
              })
            }
          >
            Compare
          </Button>
        </Group>
      </Group>
      <Region name="Bundles" query={bundles}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>
              {known === undefined
                ? `No bundles. ${status.data === undefined ? "Labeled" : formatCount(status.data.least_labels)} examples are enough to train one.`
                : "No bundles in this state. Show all states."}
            </Empty>
          ) : (
            <BundleTable agent={agent} rows={rows} compared={compared} onCompare={setCompared} />
          )
        }
      </Region>
    </Page>
  );
}

interface BundleTableProps {
  readonly agent: string | undefined;
  readonly rows: readonly BundleWithStatus[];
  readonly compared: readonly string[];
  readonly onCompare: (compared: readonly string[]) => void;
}

function BundleTable({ agent, rows, compared, onCompare }: BundleTableProps) {
  return (
    <LiveTable
      caption="Bundles"
      rows={rows}
      rowKey={(bundle) => bundle.bundle_id}
      columns={[
        {
          name: "Bundle",
          cell: (bundle) => (
            <Link to="/bundles/$id" params={{ id: bundle.bundle_id }} className="mono">
              {bundle.bundle_id}
            </Link>
          ),
        },
        ...agentColumn<BundleWithStatus>(agent, (bundle) => bundle.agent),
        toStateColumn<BundleWithStatus, keyof typeof bundleStates>(bundleStates, (bundle) => bundle.status),
        { name: "Examples", kind: "number", cell: (bundle) => formatCount(bundle.training_count) },
        {
          name: "Held-out accuracy (95 %)",
          kind: "number",
          cell: (bundle) =>
            `${formatRatio(bundle.accuracy)} ${formatInterval(bundle.evaluation.accuracy_interval)}`,
        },
        {
          name: "Baseline",
          kind: "number",
          cell: (bundle) => formatRatio(bundle.evaluation.baseline_accuracy),
        },
        { name: "Warnings", kind: "number", cell: (bundle) => bundle.warnings.length },
        { name: "Created", cell: (bundle) => <TimeText at={bundle.created_at} /> },
        {
          name: "Compare",
          cell: (bundle) => (
            <input
              type="checkbox"
              aria-label={`Compare ${bundle.bundle_id}`}
              style={{ width: 24, height: 24, margin: 0, accentColor: "var(--ink)" }}
              checked={compared.includes(bundle.bundle_id)}
              onChange={(event) =>
                onCompare(
                  event.currentTarget.checked
                    ? [...compared, bundle.bundle_id].slice(-2)
                    : compared.filter((id) => id !== bundle.bundle_id),
                )
              }
            />
          ),
        },
      ]}
    />
  );
}
