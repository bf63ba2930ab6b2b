import { Button, Stack, Text } from "@mantine/core";
import type { LoadReport } from "@relearn/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { callApi } from "../api/call-api.ts";
import { statsQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { formatAmount, formatCount, formatShare } from "../format/numbers.ts";
import { Columns } from "../parts/columns.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { DataTabs } from "../parts/data-tabs.tsx";
import { Empty } from "../parts/empty.tsx";
import { Page } from "../parts/page.tsx";
import { Problem } from "../parts/problem.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { Section } from "../parts/section.tsx";

const route = getRouteApi("/data/sources");

/** Number and balance of labels by source, and loading of the feeds. */
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
          <Stack gap="lg">
            <p>
              <Text span size="1.5rem" fw={600}>
                {formatCount(counts.total)}
              </Text>{" "}
              {counts.total === 1 ? "label" : "labels"}, {formatCount(counts.recent_7d)} from the last 7 days.
            </p>
            <Columns>
              <Section id="by-source" title="By source">
                <DataTable
                  caption="Labels by source"
                  rows={Object.entries(counts.by_source)}
                  rowKey={([source]) => source}
                  columns={[
                    { name: "Source", cell: ([source]) => source },
                    { name: "Labels", kind: "number", cell: ([, count]) => formatCount(count) },
                  ]}
                />
              </Section>
              {Object.entries(counts.by_label)
                .filter(([name]) => agent === undefined || name === agent)
                .map(([name, labels]) => (
                  <Section id={`balance-${name}`} title={name} key={name}>
                    <Balance name={name} labels={labels} />
                  </Section>
                ))}
            </Columns>
            {counts.total === 0 && (
              <Empty>
                No examples. <Link to="/data/imports">Import</Link>, or load all feeds.
              </Empty>
            )}
          </Stack>
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
    <Stack>
      <p>
        Loaded{" "}
        {formatAmount(
          report.reports.reduce((sum, feed) => sum + feed.loaded, 0),
          "label",
        )}
        .
      </p>
      <DataTable
        caption="Labels by feed"
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
    </Stack>
  );
}
