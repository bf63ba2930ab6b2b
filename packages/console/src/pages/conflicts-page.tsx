import { Button, Text } from "@mantine/core";
import type { LabelConflict } from "@relearn/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { callApi } from "../api/call-api.ts";
import { conflictsQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { agentColumn } from "../parts/agent-column.ts";
import { DataTabs } from "../parts/data-tabs.tsx";
import { Empty } from "../parts/empty.tsx";
import { LiveTable } from "../parts/live-table.tsx";
import { Page } from "../parts/page.tsx";
import { Problem } from "../parts/problem.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { TimeText } from "../parts/time-text.tsx";

const route = getRouteApi("/data/conflicts");

/** Records that arrived again with another label; a person decides which label counts. */
export function ConflictsPage() {
  const { agent } = route.useSearch();
  const conflicts = useQuery(conflictsQuery(agent));
  const { missing } = usePermission();
  const blocked = missing("label");
  const settle = useMutation({
    mutationFn: ({ id, settlement }: { id: number; settlement: "keep_old" | "take_new" }) =>
      callApi("POST", `/v1/conflicts/${id}/settle`, { body: { settlement } }),
    onSettled: () => queryClient.invalidateQueries(),
  });
  return (
    <Page title="Data" part="Conflicts">
      <DataTabs />
      <Text c="dimmed">
        Records that arrived again with another label. Until a person decides, the old label counts.
      </Text>
      {blocked !== null && <p>{blocked}</p>}
      {settle.isError && <Problem what="Not resolved" error={settle.error} />}
      <Region name="Conflicts" query={conflicts}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>No conflicts.</Empty>
          ) : (
            <LiveTable
              caption="Open conflicts"
              rows={rows}
              rowKey={(conflict) => String(conflict.id)}
              columns={[
                { name: "Key", cell: (conflict) => <span className="mono">{conflict.key}</span> },
                ...agentColumn<LabelConflict>(agent, (conflict) => conflict.agent),
                {
                  name: "Old label",
                  cell: ({ id, key, kept_label, kept }) => (
                    <GivenLabel label={kept_label} by={kept?.labeled_by} at={kept?.created_at}>
                      <Button
                        size="compact-sm"
                        aria-label={`Keep old: ${kept_label} for ${key}`}
                        disabled={blocked !== null}
                        onClick={() => settle.mutate({ id, settlement: "keep_old" })}
                      >
                        Keep old
                      </Button>
                    </GivenLabel>
                  ),
                },
                {
                  name: "New label",
                  cell: ({ id, key, offered, created_at }) => (
                    // A label that came without a time was given when it came.
                    <GivenLabel
                      label={offered.label}
                      by={offered.labeled_by}
                      at={offered.created_at ?? created_at}
                    >
                      <Button
                        size="compact-sm"
                        aria-label={`Use new: ${offered.label} for ${key}`}
                        disabled={blocked !== null}
                        onClick={() => settle.mutate({ id, settlement: "take_new" })}
                      >
                        Use new
                      </Button>
                    </GivenLabel>
                  ),
                },
                { name: "Source", cell: (conflict) => `${conflict.source} ${conflict.source_id}` },
              ]}
            />
          )
        }
      </Region>
    </Page>
  );
}

interface GivenLabelProps {
  readonly label: string;
  readonly by: string | null | undefined;
  readonly at: string | undefined;
  readonly children: ReactNode;
}

/** Label, the person who gave it, its time, and the button that chooses it. */
function GivenLabel({ label, by, at, children }: GivenLabelProps) {
  return (
    <>
      <strong>{label}</strong>
      <Text component="div" size="xs" c="dimmed">
        {by ?? "unknown person"}
      </Text>
      <Text component="div" size="xs" c="dimmed">
        {at === undefined ? "no example has this label now" : <TimeText at={at} />}
      </Text>
      {children}
    </>
  );
}
