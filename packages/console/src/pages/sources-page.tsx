import { Button } from "@mantine/core";
import type { LoadReport } from "@relearn/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { callApi } from "../api/call-api.ts";
import { statsQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { formatAmount, formatCount, formatShare } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";
import { DataTabs } from "../parts/data-tabs.tsx";
import { Empty } from "../parts/empty.tsx";
import { Page } from "../parts/page.tsx";
import { Problem } from "../parts/problem.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";

const route = getRouteApi("/data/sources");

/** How many labels there are, from where, and how they are balanced; and the feeds that bring them. */
export function SourcesPage() {
  const { agent } = route.useSearch();
  const stats = useQuery(statsQuery);
  const { missing } = usePermission();
  const load = useMutation({
    mutationFn: () => callApi<LoadReport>("POST", "/v1/feeds/load", { body: {} }),
    onSuccess: () => queryClient.invalidateQueries(),
  });
  const blocked = missing("operate");
  return (
    <Page
      title="Data"
      part="Sources"
      actions={
        <>
          {blocked !== null && <span>{blocked}</span>}
          <Button
            variant="filled"
            disabled={blocked !== null}
            loading={load.isPending}
            onClick={() => load.mutate()}
          >
            Load all feeds
          </Button>
        </>
      }
    >
      <DataTabs />
      <div aria-live="polite">
        {load.isError && <Problem what="Not loaded" error={load.error} onRetry={() => load.mutate()} />}
        {load.data !== undefined && <Loaded report={load.data} />}
      </div>
      <Region name="Counts" query={stats}>
        {(counts) => (
          <div className="stack-wide">
            <p>
              <span className="key-figure">{formatCount(counts.total)}</span>{" "}
              {counts.total === 1 ? "label" : "labels"}, {formatCount(counts.recent_7d)} of them given in the
              last 7 days.
            </p>
            <div className="columns">
              <section className="stack" aria-labelledby="by-source">
                <h2 id="by-source">By source</h2>
                <DataTable
                  caption="Labels by source"
                  rows={Object.entries(counts.by_source)}
                  rowKey={([source]) => source}
                  columns={[
                    { name: "Source", cell: ([source]) => source },
                    { name: "Labels", kind: "number", cell: ([, count]) => formatCount(count) },
                  ]}
                />
              </section>
              {Object.entries(counts.by_label)
                .filter(([name]) => agent === undefined || name === agent)
                .map(([name, labels]) => (
                  <section key={name} className="stack" aria-labelledby={`balance-${name}`}>
                    <h2 id={`balance-${name}`}>{name}</h2>
                    <Balance name={name} labels={labels} />
                  </section>
                ))}
            </div>
            {counts.total === 0 && (
              <Empty>
                No examples. <Link to="/data/imports">Import</Link>, or load all feeds.
              </Empty>
            )}
          </div>
        )}
      </Region>
    </Page>
  );
}

function Balance({ name, labels }: { name: string; labels: Readonly<Record<string, number>> }) {
  const total = Object.values(labels).reduce((sum, count) => sum + count, 0);
  return (
    <DataTable
      caption={`Balance of labels of ${name}`}
      rows={Object.entries(labels).sort(([, a], [, b]) => b - a)}
      rowKey={([label]) => label}
      columns={[
        { name: "Label", cell: ([label]) => label },
        { name: "Labels", kind: "number", cell: ([, count]) => formatCount(count) },
        { name: "Share", kind: "number", cell: ([, count]) => formatShare(count / total, 0) },
      ]}
    />
  );
}

function Loaded({ report }: { report: LoadReport }) {
  return (
    <div className="stack">
      <p>
        Loaded{" "}
        {formatAmount(
          report.reports.reduce((sum, feed) => sum + feed.loaded, 0),
          "label",
        )}
        .
      </p>
      <DataTable
        caption="What each feed brought"
        rows={report.reports}
        rowKey={(feed) => feed.feed}
        columns={[
          { name: "Feed", cell: (feed) => feed.feed },
          { name: "Loaded", kind: "number", cell: (feed) => formatCount(feed.loaded) },
          { name: "Duplicates", kind: "number", cell: (feed) => formatCount(feed.duplicates) },
          { name: "Conflicts", kind: "number", cell: (feed) => formatCount(feed.conflicts) },
          {
            name: "Rejected",
            kind: "number",
            cell: (feed) => formatCount(feed.rejected),
          },
        ]}
      />
    </div>
  );
}
