import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { agentsQuery, judgedResultsQuery } from "../api/documents.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Region } from "../parts/region.tsx";
import { TimeText } from "../parts/time-text.tsx";
import { PayloadView } from "../review/payload-view.tsx";

const route = getRouteApi("/judges/$id");
const SHOWN = 50;

/** The labeled tasks behind the cell of the confusion table that the address names. */
export function JudgedResults({ agent, judge }: { agent: string; judge: string }) {
  const { label, verdict } = route.useSearch();
  const chosen = label !== undefined;
  const what = useRef<HTMLParagraphElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another cell takes the reader here again.
  useEffect(() => {
    if (label !== undefined) what.current?.focus();
  }, [label, verdict]);
  const results = useQuery({
    ...judgedResultsQuery(agent, { judge, label, verdict, limit: SHOWN }),
    enabled: chosen,
  });
  const { data: agents } = useQuery(agentsQuery);
  const features = agents?.find((one) => one.definition.name === agent)?.definition.features ?? [];
  if (!chosen) {
    return <Text c="dimmed">Select a figure in the confusion matrix to list its tasks.</Text>;
  }
  return (
    <>
      <p ref={what} tabIndex={-1}>
        {verdict === undefined ? `Labeled ${label}` : `Labeled ${label}, judged ${verdict}`}; newest {SHOWN}.{" "}
        <Link to="/judges/$id" params={{ id: judge }} search={{ of: agent }} resetScroll={false}>
          Close
        </Link>
      </p>
      <Region name="Tasks" query={results}>
        {(rows) =>
          rows.length === 0 ? (
            <Text c="dimmed">No such tasks in the last 180 days.</Text>
          ) : (
            <DataTable
              caption="Labeled tasks of the figure"
              rows={rows}
              rowKey={(row) => `${row.task_key} ${row.created_at}`}
              columns={[
                {
                  name: "Task",
                  cell: (row) => (
                    <Link to="/data/examples" search={{ agent, key: row.task_key }} className="mono">
                      {row.task_key}
                    </Link>
                  ),
                },
                { name: "Judged", kind: "nowrap", cell: (row) => <TimeText at={row.created_at} /> },
                { name: "Label", cell: (row) => row.label },
                { name: "Verdict", cell: (row) => row.verdict },
                { name: "Confidence", kind: "number", cell: (row) => row.confidence },
                {
                  name: "Payload",
                  kind: "wrap",
                  cell: (row) => (
                    <details>
                      <summary>Show</summary>
                      <PayloadView payload={row.payload} features={features} agent={agent} />
                    </details>
                  ),
                },
              ]}
            />
          )
        }
      </Region>
    </>
  );
}
