import "uplot/dist/uPlot.min.css";
import { Button } from "@mantine/core";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import { DataTable } from "../parts/data-table.tsx";
import { saveFile } from "../save-file.ts";

export interface ChartSeries {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** CSS variable of its colour: "--active"; ink where left out. */
  readonly colour?: string;
  readonly dashed?: boolean;
  /** Between this series and the next one lies a band. */
  readonly bandToNext?: boolean;
}

export interface ChartLine {
  readonly value: number;
  readonly name: string;
}

interface TimeChartProps {
  readonly title: string;
  readonly unit: string;
  /** ISO 8601, increasing. */
  readonly times: readonly string[];
  readonly series: readonly ChartSeries[];
  readonly lines?: readonly ChartLine[];
  readonly logarithmic?: boolean;
  readonly format: (value: number) => string;
  /** What to say in place of lines where there are too few points. */
  readonly empty: string;
}

const HEIGHT_PX = 260;
/** Fewer points than this make no line. */
const MIN_POINTS = 2;

/** Lines over time with the numbers behind them; words where there is too little for a line. */
export function TimeChart(props: TimeChartProps) {
  const [numbers, setNumbers] = useState(false);
  const titleId = useId();
  const points = props.times.length;
  return (
    <figure className="chart stack" aria-labelledby={titleId} style={{ margin: 0 }}>
      <div className="row-apart">
        <h3 id={titleId}>
          {props.title} <span className="meta">{props.unit}</span>
        </h3>
        {points > 0 && (
          <div className="row">
            <Button size="compact-sm" aria-pressed={numbers} onClick={() => setNumbers(!numbers)}>
              Numbers
            </Button>
            {numbers && (
              <Button size="compact-sm" variant="subtle" onClick={() => saveCsv(props)}>
                CSV
              </Button>
            )}
          </div>
        )}
      </div>
      {points < MIN_POINTS ? (
        <p className="muted">{props.empty}</p>
      ) : numbers ? (
        <Numbers {...props} />
      ) : (
        <Plot {...props} />
      )}
    </figure>
  );
}

function Plot({ title, times, series, lines = [], logarithmic = false, format }: TimeChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [index, setIndex] = useState<number | null>(null);
  const data = useMemo<uPlot.AlignedData>(
    () => [
      times.map((time) => new Date(time).getTime() / 1000),
      ...series.map((one) => one.values.map((value) => drawable(value, logarithmic))),
      ...lines.map((line) => times.map(() => line.value)),
    ],
    [times, series, lines, logarithmic],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew when the data or their names change.
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const build = () => {
      plot.current?.destroy();
      const axis = {
        stroke: colour("--muted"),
        grid: { stroke: colour("--line"), width: 1 },
        ticks: { stroke: colour("--line"), width: 1 },
      };
      plot.current = new uPlot(
        {
          width: Math.max(200, element.clientWidth),
          height: HEIGHT_PX,
          scales: { y: { distr: logarithmic ? 3 : 1 } },
          axes: [
            axis,
            {
              ...axis,
              size: 70,
              values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : format(tick))),
            },
          ],
          series: [
            {},
            ...series.map((one) => ({
              label: one.name,
              stroke: colour(one.colour ?? "--ink"),
              width: 2,
              ...(one.dashed ? { dash: [6, 4] } : {}),
              points: { show: times.length < 40, size: 5 },
              spanGaps: false,
              value: (_: uPlot, value: number | null) => (value === null ? "" : format(value)),
            })),
            ...lines.map((line) => ({
              label: line.name,
              stroke: colour("--control"),
              width: 1,
              dash: [2, 3],
              points: { show: false },
              value: (_: uPlot, value: number | null) => (value === null ? "" : format(value)),
            })),
          ],
          bands: series.flatMap((one, at) =>
            one.bandToNext
              ? [{ series: [at + 1, at + 2] as [number, number], fill: `${colour(one.colour ?? "--ink")}22` }]
              : [],
          ),
          legend: { live: true },
          cursor: { drag: { x: true, y: false } },
        },
        data,
        element,
      );
    };
    build();
    const sizes = new ResizeObserver(() =>
      plot.current?.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT_PX }),
    );
    sizes.observe(element);
    // Light and dark have their own colours.
    const scheme = new MutationObserver(build);
    scheme.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
    return () => {
      sizes.disconnect();
      scheme.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [data, logarithmic]);

  const spoken = index === null ? "" : spokenPoint(times, series, index, format);
  return (
    <>
      <div
        ref={place}
        role="img"
        aria-label={`${title}. Arrow keys move along the points, Escape shows all; Numbers has the table.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its arrow keys move a point.
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            const all = data[0];
            plot.current?.setScale("x", { min: all[0] ?? 0, max: all[all.length - 1] ?? 1 });
            return;
          }
          const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
          if (by === 0) return;
          event.preventDefault();
          setIndex(Math.min(times.length - 1, Math.max(0, (index ?? (by > 0 ? -1 : times.length)) + by)));
        }}
      />
      <p className="meta" aria-live="polite">
        {spoken}
      </p>
    </>
  );
}

/** A logarithmic axis has no place for 0 and less. */
function drawable(value: number | null, logarithmic: boolean): number | null {
  return value === null || !Number.isFinite(value) || (logarithmic && value <= 0) ? null : value;
}

function spokenPoint(
  times: readonly string[],
  series: readonly ChartSeries[],
  index: number,
  format: (value: number) => string,
): string {
  const time = new Date(times[index] ?? 0).toLocaleString("en-GB");
  const values = series.map((one) => {
    const value = one.values[index];
    return `${one.name} ${value === null || value === undefined ? "unknown" : format(value)}`;
  });
  return `${time}: ${values.join(", ")}`;
}

function Numbers({ title, times, series, format }: TimeChartProps) {
  return (
    <DataTable
      caption={title}
      rows={times.map((time, index) => ({ time, index }))}
      rowKey={(row) => row.time}
      columns={[
        { name: "Time", kind: "nowrap", cell: (row) => new Date(row.time).toLocaleString("en-GB") },
        ...series.map((one) => ({
          name: one.name,
          kind: "number" as const,
          cell: (row: { index: number }) => {
            const value = one.values[row.index];
            return value === null || value === undefined ? "unknown" : format(value);
          },
        })),
      ]}
    />
  );
}

function saveCsv({ title, times, series }: TimeChartProps): void {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  saveFile(
    `${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.csv`,
    [
      `${["time", ...series.map((one) => one.name)].map(quote).join(",")}\r\n`,
      ...times.map(
        (time, index) => `${[time, ...series.map((one) => one.values[index] ?? "")].join(",")}\r\n`,
      ),
    ],
    "text/csv",
  );
}
