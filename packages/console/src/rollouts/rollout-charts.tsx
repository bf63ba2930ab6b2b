/** The evidence of a rollout over the hours since its start: both arms, their difference, the e-values. */
import { Stack, Text } from "@mantine/core";
import type { Analysis, ArmFigures, ArmHistory, Rollout, RolloutJournalEntry } from "@relearn/contract";
import { LineChart } from "../chart/line-chart.tsx";
import { type ChartMark, type ChartSeries, DASHED } from "../chart/series.ts";
import { formatAmount, formatCount, formatNumber } from "../format/numbers.ts";
import { formatClock } from "../format/times.ts";
import type { MeasureName } from "../parts/rollout-words.ts";
import { armMeans, MIN_UNITS } from "./arm-means.ts";

interface RolloutChartsProps {
  readonly rollout: Rollout;
  readonly arms: ArmHistory | undefined;
  readonly analyses: readonly Analysis[];
  readonly journal: readonly RolloutJournalEntry[];
  readonly measure: MeasureName;
}

const HOUR_MS = 3_600_000;

export function RolloutCharts({ rollout, arms, analyses, journal, measure }: RolloutChartsProps) {
  const start = Date.parse(rollout.started_at ?? rollout.proposed_at);
  const toHour = (iso: string): number => (Date.parse(iso) - start) / HOUR_MS;
  const marks = listMarks(analyses, journal, toHour);
  const shared = { xName: "Hours since the start", formatX: hoursText, marks, group: rollout.rollout_id };
  return (
    <Stack gap="lg">
      <Arms arms={arms} measure={measure} shared={shared} />
      <Difference
        analyses={analyses}
        hours={analyses.map((analysis) => toHour(analysis.at))}
        measure={measure}
        shared={shared}
      />
      <EValues
        analyses={analyses}
        hours={analyses.map((analysis) => toHour(analysis.at))}
        measure={measure}
        shared={shared}
      />
    </Stack>
  );
}

interface SharedProps {
  readonly xName: string;
  readonly formatX: (x: number) => string;
  readonly marks: readonly ChartMark[];
  readonly group: string;
}

function Arms({
  arms,
  measure,
  shared,
}: {
  arms: ArmHistory | undefined;
  measure: MeasureName;
  shared: SharedProps;
}) {
  const points = arms?.points ?? [];
  const of = (arm: "active" | "canary", figure: (figures: ArmFigures) => number | null) =>
    points.map((point) => {
      const figures = point[arm];
      return figures === null || figures.units < MIN_UNITS ? null : figure(figures);
    });
  const latency = measure === "latency";
  // Percentiles of points cannot be put together; means can.
  const merged = arms === undefined || latency ? undefined : armMeans(arms, measure);
  const width = merged?.hours ?? arms?.hours ?? 1;
  const units = points.reduce(
    (sum, point) => sum + (point.active?.units ?? 0) + (point.canary?.units ?? 0),
    0,
  );
  const series: ChartSeries[] = latency
    ? [
        { name: "active p50", colour: "--active", values: of("active", (one) => one.latency_p50_ms) },
        { name: "active p95", colour: "--active", values: of("active", (one) => one.latency_p95_ms) },
        {
          name: "canary p50",
          colour: "--canary",
          dash: DASHED,
          values: of("canary", (one) => one.latency_p50_ms),
        },
        {
          name: "canary p95",
          colour: "--canary",
          dash: DASHED,
          values: of("canary", (one) => one.latency_p95_ms),
        },
      ]
    : [
        { name: "active", colour: "--active", values: (merged?.means ?? []).map((mean) => mean.active) },
        {
          name: "canary",
          colour: "--canary",
          dash: DASHED,
          values: (merged?.means ?? []).map((mean) => mean.canary),
        },
      ];
  return (
    <LineChart
      {...shared}
      title={latency ? "Latency of both arms" : `Mean ${measure} of both arms`}
      unit={latency ? "ms" : measure === "cost" ? "as reported" : "0 to 1"}
      window={`by ${width === 1 ? "hour" : `${width} hours`} with ${MIN_UNITS} units or more, n ${formatCount(units)}`}
      x={(merged?.means ?? points).map((point) => point.hour)}
      series={series}
      format={(value) => (latency ? formatNumber(Math.round(value)) : value.toFixed(2))}
      empty="Not enough data: no unit of this rollout has an outcome yet."
    />
  );
}

interface AnalysisChartProps {
  readonly analyses: readonly Analysis[];
  readonly hours: readonly number[];
  readonly measure: MeasureName;
  readonly shared: SharedProps;
}

function Difference({ analyses, hours, measure, shared }: AnalysisChartProps) {
  const percent = (relative: number | null | undefined): number | null =>
    relative === null || relative === undefined ? null : relative * 100;
  const limit = computeAxisLimit(percent(analyses.at(-1)?.verdict.deltas[measure]?.rollout));
  const edge = (side: "lower" | "upper") =>
    analyses.map((analysis) => percent(analysis.verdict.intervals[measure]?.[side]));
  return (
    <LineChart
      {...shared}
      title={`Difference in ${measure}, canary compared with active`}
      unit="%"
      window={`95 % band, valid at every analysis; ${formatCount(analyses.length)} so far`}
      x={hours}
      limits={[-limit, limit]}
      series={[
        {
          name: "upper",
          colour: "--canary",
          dash: DASHED,
          edge: true,
          bandToNext: true,
          values: edge("upper"),
        },
        { name: "lower", colour: "--canary", dash: DASHED, edge: true, values: edge("lower") },
        {
          name: "estimate",
          colour: "--canary",
          dash: DASHED,
          values: analyses.map((analysis) => percent(analysis.verdict.deltas[measure]?.rollout)),
        },
      ]}
      lines={differenceLines(measure)}
      format={(value) => `${value > 0 ? "+" : ""}${formatNumber(Number(value.toFixed(1)))} %`}
      empty={`Not enough data for a line: ${formatAmount(analyses.length, "analysis", "analyses")} so far, one every hour.`}
    />
  );
}

/**
 * How far up and down the axis goes: 20 %, or more where the newest estimate lies beyond. Before the first units
 * there are estimates of any size, which would flatten all that follows.
 */
function computeAxisLimit(newest: number | null | undefined): number {
  return Math.max(20, Math.ceil((Math.abs(newest ?? 0) * 1.25) / 10) * 10);
}

function differenceLines(measure: MeasureName) {
  const worse = measure === "latency" || measure === "cost";
  return [
    { name: "", value: 0 },
    worse ? { name: "harm, +10 %", value: 10 } : { name: "harm, -5 %", value: -5 },
    ...(measure === "quality" ? [{ name: "gain, +2 %", value: 2 }] : []),
  ];
}

function EValues({ analyses, hours, measure, shared }: AnalysisChartProps) {
  const newest = analyses.at(-1)?.verdict;
  const streams = [
    { key: "harm", name: "harm, all measures", style: { colour: "--harm" } },
    { key: `not_worse.${measure}`, name: "not worse", style: { dash: DASHED } },
    { key: `gain.${measure}`, name: "gain", style: { colour: "--better" } },
  ].filter(({ key }) => newest?.e_values[key] !== undefined);
  const line = newest?.thresholds["harm"] ?? 20;
  const latched = streams.flatMap(({ key, name }) => {
    const threshold = newest?.thresholds[key] ?? line;
    const first = analyses.find((analysis) => (analysis.verdict.e_values[key] ?? 0) >= threshold);
    return first === undefined ? [] : [`${name} proven at ${formatClock(first.at)}`];
  });
  return (
    <Stack>
      <LineChart
        {...shared}
        title="E-values"
        unit="evidence against chance"
        window={`proven at ${formatNumber(line)}`}
        logarithmic
        x={hours}
        series={streams.map(({ key, name, style }) => ({
          name,
          ...style,
          values: analyses.map((analysis) => analysis.verdict.e_values[key] ?? null),
        }))}
        lines={[{ name: `proven at ${formatNumber(line)}`, value: line }]}
        format={eValueText}
        empty={`Not enough data for a line: ${formatAmount(analyses.length, "analysis", "analyses")} so far, one every hour.`}
      />
      {latched.length > 0 && (
        <Text size="xs" c="dimmed">
          {latched.join(" · ")}
        </Text>
      )}
    </Stack>
  );
}

export function eValueText(value: number | undefined): string {
  if (value === undefined) return "";
  if (value >= 1e6) return "over 1,000,000";
  return formatNumber(Number(value.toPrecision(2)));
}

function hoursText(hours: number): string {
  return `${formatNumber(Number(hours.toFixed(1)))} h`;
}

/** Name of a stage; the last one may hold back some traffic for the former bundle. */
function stageName(percent: number, state: unknown): string {
  if (percent === 0) return "rolled back";
  return state === "full" && percent < 100 ? `100 % minus holdback of ${100 - percent} %` : `${percent} %`;
}

/** Lists when the traffic changed and when the evidence restarted. */
function listMarks(
  analyses: readonly Analysis[],
  journal: readonly RolloutJournalEntry[],
  toHour: (iso: string) => number,
): ChartMark[] {
  let percent = 0;
  const stages = journal.flatMap((entry) => {
    const next = Number(entry.detail["percent"]);
    if (!Number.isFinite(next) || next === percent) return [];
    percent = next;
    return [{ x: toHour(entry.at), name: stageName(next, entry.detail["state"]) }];
  });
  const breaks = analyses.flatMap((analysis, at) => {
    const before = analyses[at - 1];
    return before !== undefined && before.epoch !== analysis.epoch
      ? [{ x: toHour(analysis.at), name: "evidence restarts" }]
      : [];
  });
  return [...stages, ...breaks].sort((a, b) => a.x - b.x);
}
