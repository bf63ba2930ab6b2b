import { Button, Group, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { bundleDiffQuery, bundleQuery, bundlesQuery } from "../api/documents.ts";
import { comparedRows } from "../parts/compared-rows.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { EvaluationView } from "../parts/evaluation-view.tsx";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";
import { Section } from "../parts/section.tsx";

const route = getRouteApi("/bundles/compare");

/** Two bundles in two columns, changes first. */
export function ComparePage() {
  const { from, to } = route.useSearch();
  const navigate = useNavigate({ from: "/bundles/compare" });
  const all = useQuery(bundlesQuery({}));
  const names =
    all.data?.map((bundle) => ({ value: bundle.bundle_id, label: `${bundle.bundle_id} ${bundle.agent}` })) ??
    [];
  const choose = (search: { from?: string | undefined; to?: string | undefined }) =>
    void navigate({ search: { from, to, ...search } as never });
  return (
    <Page title="Compare bundles">
      <Group align="flex-end">
        <NativeSelect
          label="From"
          value={from ?? ""}
          data={[{ value: "", label: "Choose a bundle" }, ...names]}
          onChange={(event) => choose({ from: event.currentTarget.value || undefined })}
        />
        <NativeSelect
          label="To"
          value={to ?? ""}
          data={[{ value: "", label: "Choose a bundle" }, ...names]}
          onChange={(event) => choose({ to: event.currentTarget.value || undefined })}
        />
        <Button onClick={() => choose({ from: to, to: from })}>Swap</Button>
      </Group>
      {from === undefined || to === undefined ? (
        <Empty>Choose two bundles to compare.</Empty>
      ) : (
        <Comparison from={from} to={to} />
      )}
    </Page>
  );
}

function Comparison({ from, to }: { from: string; to: string }) {
  const old = useQuery(bundleQuery(from));
  const next = useQuery(bundleQuery(to));
  const diff = useQuery(bundleDiffQuery(to, from));
  return (
    <>
      <Region name="Difference" query={diff}>
        {(loaded) => {
          const rows = comparedRows(loaded);
          return rows.length === 0 ? (
            <Empty>No differences.</Empty>
          ) : (
            <DataTable
              caption="Changes"
              rows={rows}
              rowKey={(row) => row.path}
              columns={[
                { name: "Field", cell: (row) => <span className="mono">{row.path}</span> },
                { name: from, kind: "number", cell: (row) => row.old },
                { name: to, kind: "number", cell: (row) => row.next },
              ]}
            />
          );
        }}
      </Region>
      {old.data !== undefined && next.data !== undefined && (
        <Section id="evaluation" title="Evaluation">
          <EvaluationView old={old.data} next={next.data} chosen />
        </Section>
      )}
    </>
  );
}
