import { Group, NativeSelect, Stack, Text, Title } from "@mantine/core";
import type { QueueStatistics } from "@relearn/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import {
  agentsQuery,
  bundlesQuery,
  labelCountsQuery,
  learningCurveQuery,
  queueStatisticsQuery,
} from "../api/documents.ts";
import { dayText, GROWTH_DAYS, LabelCountsChart, LearningCurveChart } from "../chart/learning-charts.tsx";
import { LineChart } from "../chart/line-chart.tsx";
import { useReviewAgent } from "../chosen-agent.ts";
import { formatAmount, formatCount, formatRatio } from "../format/numbers.ts";
import { DataTabs } from "../parts/data-tabs.tsx";
import { Facts } from "../parts/facts.tsx";
import { NoAgent } from "../parts/no-agent.tsx";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";

const route = getRouteApi("/data/learning");

const windows = ["7", "30", "90", "365"];

/** Label counts, queue statistics and learning curve of one agent. */
export function LearningPage() {
  const { source, days } = route.useSearch();
  const agent = useReviewAgent();
  const agents = useQuery(agentsQuery);
  return (
    <Page title="Data" part="Learning curve">
      <DataTabs />
      {agent === undefined ? (
        <Region name="Agents" query={agents}>
          {(all) => all.length === 0 && <NoAgent />}
        </Region>
      ) : (
        <Learning
          agent={agent}
          source={source}
          days={Number(windows.find((one) => one === days) ?? GROWTH_DAYS)}
        />
      )}
    </Page>
  );
}

function Learning({ agent, source, days }: { agent: string; source: string | undefined; days: number }) {
  const navigate = useNavigate({ from: "/data/learning" });
  const labelCounts = useQuery(labelCountsQuery(agent, days));
  const bundles = useQuery(bundlesQuery({ agent }));
  const progress = useQuery(queueStatisticsQuery(agent));
  const curve = useQuery(learningCurveQuery(agent));
  const sources = [
    ...new Set([
      ...Object.keys(labelCounts.data?.before ?? {}),
      ...(labelCounts.data?.days ?? []).flatMap((day) => Object.keys(day.by_source)),
    ]),
  ].sort();
  const choose = (search: { source?: string | undefined; days?: string | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...search }) as never, replace: true });
  return (
    <>
      <Group align="flex-end">
        <Title order={2}>{agent}</Title>
        <NativeSelect
          label="Source"
          value={source ?? ""}
          onChange={(event) => choose({ source: event.currentTarget.value || undefined })}
          data={[{ value: "", label: "All sources" }, ...sources]}
        />
        <NativeSelect
          label="Window"
          value={String(days)}
          onChange={(event) => choose({ days: event.currentTarget.value })}
          data={windows.map((value) => ({ value, label: `Last ${value} days` }))}
        />
      </Group>
      <Region name="Label counts" query={labelCounts}>
        {(loaded) => <LabelCountsChart labelCounts={loaded} bundles={bundles.data ?? []} source={source} />}
      </Region>
      <Region name="Queue statistics" query={progress}>
        {(loaded) => <Bought progress={loaded} />}
      </Region>
      <Region name="Learning curve" query={curve}>
        {(loaded) => (
          <>
            <LearningCurveChart curve={loaded} />
            <Text size="xs" c="dimmed">
              Held-out log-loss of models trained on fewer labels. If the line "in order of arrival" is below
              the line "in random order", sampling has selected useful items. See{" "}
              <Link to="/bundles">Bundles</Link> for each bundle's own evaluation.
            </Text>
          </>
        )}
      </Region>
    </>
  );
}

/** Expected errors left, and whether more labels still change the predictions. */
function Bought({ progress }: { progress: QueueStatistics }) {
  const { now, settlement } = progress;
  const points = progress.points.filter((point) => point.expected_errors !== null);
  return (
    <Stack>
      <p>{progress.summary}</p>
      <Facts
        facts={[
          [
            "Expected errors left",
            now.expected_errors === null || now.expected_errors_interval === null
              ? "unknown: the control share has no labels yet"
              : `${formatCount(now.expected_errors)} (${now.expected_errors_interval.map(formatCount).join(" to ")}) among ${formatCount(now.unlabeled ?? 0)} unlabeled, from ${formatCount(now.control_labels)} control labels`,
          ],
          [
            "Kappa of successive bundles",
            settlement === null
              ? "unknown: two bundles are needed"
              : `${settlement.kappas.map((kappa) => formatRatio(kappa)).join(", ")}; ${settlement.settled ? "stable" : "not stable yet"}`,
          ],
        ]}
      />
      <LineChart
        title="Expected errors left"
        unit="wrong decisions among the unlabeled, 95 % band"
        window={formatAmount(points.length, "measurement")}
        xName="Measured"
        x={points.map((point) => Date.parse(point.measured_at) / 1000)}
        series={[
          {
            name: "upper",
            edge: true,
            bandToNext: true,
            values: points.map((point) => point.expected_errors_interval?.[1] ?? null),
          },
          {
            name: "lower",
            edge: true,
            values: points.map((point) => point.expected_errors_interval?.[0] ?? null),
          },
          { name: "expected", values: points.map((point) => point.expected_errors) },
        ]}
        format={formatCount}
        formatX={dayText}
        empty="Not enough data for a line: measured every night and with every bundle."
      />
    </Stack>
  );
}
