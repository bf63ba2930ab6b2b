import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { bundlesQuery, growthQuery } from "../api/documents.ts";
import { GROWTH_DAYS, LabelGrowthChart, LearningCurve } from "../chart/growth-charts.tsx";
import { useReviewAgent } from "../chosen-agent.ts";
import { DataTabs } from "../parts/data-tabs.tsx";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";

const route = getRouteApi("/data/growth");

const windows = ["7", "30", "90", "365"];

/** How the labels of one agent grow, and what they buy. */
export function GrowthPage() {
  const { source, days } = route.useSearch();
  const agent = useReviewAgent();
  return (
    <Page title="Data" part="Growth">
      <DataTabs />
      {agent !== undefined && (
        <Growth
          agent={agent}
          source={source}
          days={Number(windows.find((one) => one === days) ?? GROWTH_DAYS)}
        />
      )}
    </Page>
  );
}

function Growth({ agent, source, days }: { agent: string; source: string | undefined; days: number }) {
  const navigate = useNavigate({ from: "/data/growth" });
  const growth = useQuery(growthQuery(agent, days));
  const bundles = useQuery(bundlesQuery({ agent }));
  const sources = [
    ...new Set([
      ...Object.keys(growth.data?.before ?? {}),
      ...(growth.data?.days ?? []).flatMap((day) => Object.keys(day.by_source)),
    ]),
  ].sort();
  const choose = (search: { source?: string | undefined; days?: string | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...search }) as never, replace: true });
  return (
    <>
      <div className="row-apart" style={{ justifyContent: "flex-start" }}>
        <h2>{agent}</h2>
        <NativeSelect
          label="Source"
          value={source ?? ""}
          onChange={(event) => choose({ source: event.currentTarget.value || undefined })}
          data={[{ value: "", label: "Each source" }, ...sources]}
        />
        <NativeSelect
          label="Window"
          value={String(days)}
          onChange={(event) => choose({ days: event.currentTarget.value })}
          data={windows.map((value) => ({ value, label: `Last ${value} days` }))}
        />
      </div>
      <Region name="Growth" query={growth}>
        {(loaded) => <LabelGrowthChart growth={loaded} bundles={bundles.data ?? []} source={source} />}
      </Region>
      <Region name="Bundles" query={bundles}>
        {(rows) => (
          <>
            <LearningCurve bundles={rows} />
            <p className="meta">
              Each point is a bundle, measured on examples it was not trained on. Labels come in the order the
              queue offers them, hardest first; <Link to="/bundles">Bundles</Link> has their intervals.
            </p>
          </>
        )}
      </Region>
    </>
  );
}
