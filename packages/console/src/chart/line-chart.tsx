/**
 * The one frame of charts over a number line: title with unit and window, lines labelled at their ends, the
 * numbers behind them as a table and a file, words instead of a line where there is too little for one.
 *
 * Charts of one `group` share the cursor and the window. Drag or the buttons zoom, Escape shows all; the
 * arrow keys move a point, which is read out.
 */
import "uplot/dist/uPlot.min.css";
import { Button } from "@mantine/core";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import { DataTable } from "../parts/data-table.tsx";
import { saveFile } from "../save-file.ts";
import { endLabels, padRange, yRange } from "./chart-geometry.ts";

export interface ChartSeries {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** CSS variable of its colour: "--active"; ink where left out. */
  readonly colour?: string;
  readonly dashed?: boolean;
  /** An edge of a band: thin, without a label at its end. */
  readonly edge?: boolean;
  /** Between this series and the next one lies a band. */
  readonly bandToNext?: boolean;
}

/** A level that the values are held against. */
export interface ChartLine {
  readonly value: number;
  readonly name: string;
}

/** A moment, or a count, that something happened at. */
export interface ChartMark {
  readonly x: number;
  readonly name: string;
}

interface LineChartProps {
  readonly title: string;
  readonly unit: string;
  /** What stretch is shown: "44 h since the start". */
  readonly window: string;
  readonly xName: string;
  /** Increasing. */
  readonly x: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly lines?: readonly ChartLine[];
  readonly marks?: readonly ChartMark[];
  readonly logarithmic?: boolean;
  /** Values beyond are cut off, and that is said. */
  readonly limits?: readonly [number, number];
  readonly group?: string;
  readonly format: (value: number) => string;
  readonly formatX: (x: number) => string;
  /** What to say in place of lines where there are too few points. */
  readonly empty: string;
}

const HEIGHT_PX = 240;
/** Fewer points than this make no line. */
const MIN_POINTS = 2;
/** Narrower than this there is no room for names beside the lines: they stand beneath. */
const LABELS_BESIDE_PX = 560;
const LABEL_ROOM_PX = 128;

export function LineChart(props: LineChartProps) {
  const [numbers, setNumbers] = useState(false);
  const titleId = useId();
  const points = props.x.length;
  return (
    <figure className="chart" aria-labelledby={titleId}>
      <div className="row-apart">
        <h3 id={titleId}>
          {props.title}{" "}
          <span className="meta">
            {props.unit}
            {props.window !== "" && ` · ${props.window}`}
          </span>
        </h3>
        {points > 0 && (
          <div className="row">
            <Button size="compact-sm" aria-pressed={numbers} onClick={() => setNumbers(!numbers)}>
              {numbers ? "Chart" : "Numbers"}
            </Button>
            {numbers && (
              <Button size="compact-sm" onClick={() => saveCsv(props)}>
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

const groups = new Map<string, Set<uPlot>>();

function Plot(props: LineChartProps) {
  const { title, x, series, lines = [], marks = [], logarithmic = false, limits, format, formatX } = props;
  const own = useId();
  const group = props.group ?? own;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [index, setIndex] = useState<number | null>(null);
  const [spoken, setSpoken] = useState("");
  const [zoomed, setZoomed] = useState(false);
  const all = useMemo(() => padRange(x), [x]);
  const range = useMemo(
    () =>
      yRange(
        series.map((one) => one.values),
        lines.map((line) => line.value),
        { logarithmic, ...(limits === undefined ? {} : { limits }) },
      ),
    [series, lines, logarithmic, limits],
  );
  const data = useMemo<uPlot.AlignedData>(
    () => [
      [...x],
      ...series.map((one) => one.values.map((value) => drawable(value, logarithmic, range.max))),
    ],
    [x, series, logarithmic, range.max],
  );
  const shape = JSON.stringify([
    series.map(({ name, colour, dashed, bandToNext, edge }) => [name, colour, dashed, bandToNext, edge]),
    logarithmic,
    group,
    range.min,
    range.max,
  ]);

  const show = (min: number, max: number) => {
    for (const one of groups.get(group) ?? []) one.setScale("x", { min, max });
    setZoomed(min > all.min || max < all.max);
  };
  const showing = useRef(show);
  showing.current = show;

  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew where the shape changes; new data are set below.
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const build = () => {
      const beside = element.clientWidth >= LABELS_BESIDE_PX;
      const axis = {
        stroke: colour("--muted"),
        font: CANVAS_FONT,
        grid: { stroke: colour("--line"), width: 1 },
        ticks: { stroke: colour("--line"), width: 1, size: 4 },
      };
      const made = new uPlot(
        {
          width: Math.max(200, element.clientWidth),
          height: HEIGHT_PX,
          padding: [20, beside ? LABEL_ROOM_PX : 12, 0, 0],
          scales: {
            x: { time: false, range: (_, min, max) => [min, max] },
            y: { distr: logarithmic ? 3 : 1, range: () => [range.min, range.max] },
          },
          axes: [
            { ...axis, size: 30, values: (_, ticks) => ticks.map((tick) => formatX(tick)), space: 90 },
            {
              ...axis,
              size: 68,
              // Between the powers of ten there is nothing to read.
              ...(logarithmic
                ? {
                    filter: powersOfTen,
                    grid: { ...axis.grid, filter: powersOfTen },
                    ticks: { ...axis.ticks, filter: powersOfTen },
                  }
                : {}),
              values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : format(tick))),
            },
          ],
          series: [
            {},
            ...series.map((one) => ({
              label: one.name,
              stroke: colour(one.colour ?? "--ink"),
              width: one.edge ? 1 : 2,
              ...(one.dashed ? { dash: [6, 4] } : {}),
              points: { show: !one.edge && x.length < 40, size: 5 },
              spanGaps: false,
            })),
          ],
          bands: series.flatMap((one, at) =>
            one.bandToNext
              ? [{ series: [at + 1, at + 2] as [number, number], fill: `${colour(one.colour ?? "--ink")}1f` }]
              : [],
          ),
          legend: { show: false },
          cursor: {
            drag: { x: true, y: false, setScale: false },
            sync: { key: group, filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } },
          },
          hooks: {
            setCursor: [(self) => setIndex(self.cursor.idx ?? null)],
            setSelect: [
              (self) => {
                if (self.select.width < 8) return;
                showing.current(
                  self.posToVal(self.select.left, "x"),
                  self.posToVal(self.select.left + self.select.width, "x"),
                );
                self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              },
            ],
            draw: [(self) => drawNotes(self, latest.current, colour, beside)],
          },
        },
        data,
        element,
      );
      plot.current = made;
      const members = groups.get(group) ?? new Set();
      groups.set(group, members.add(made));
      made.setScale("x", all);
    };
    const clear = () => {
      const made = plot.current;
      if (made === null) return;
      groups.get(group)?.delete(made);
      made.destroy();
      plot.current = null;
    };
    const rebuild = () => {
      clear();
      build();
    };
    build();
    let width = element.clientWidth;
    const sizes = new ResizeObserver(() => {
      if (element.clientWidth === width) return;
      width = element.clientWidth;
      rebuild();
    });
    sizes.observe(element);
    // Light and dark have their own colours.
    const scheme = new MutationObserver(rebuild);
    scheme.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
    return () => {
      sizes.disconnect();
      scheme.disconnect();
      clear();
    };
  }, [shape]);

  // New points take their place in the plot that stands, in the window that one looks at.
  useEffect(() => {
    const made = plot.current;
    if (made === null || made.data === data) return;
    const { min, max } = made.scales["x"] ?? {};
    made.setData(data, false);
    made.setScale("x", zoomed ? { min: min ?? all.min, max: max ?? all.max } : all);
  }, [data, all, zoomed]);

  const move = (to: number) => {
    const at = Math.min(x.length - 1, Math.max(0, to));
    const made = plot.current;
    if (made !== null) {
      made.setCursor({ left: made.valToPos(x[at] ?? 0, "x"), top: made.over.clientHeight / 2 });
    }
    setIndex(at);
    setSpoken(pointText(props, at));
  };
  const zoom = (factor: number) => {
    const { min = all.min, max = all.max } = plot.current?.scales["x"] ?? {};
    const half = ((max - min) * factor) / 2;
    const middle = index === null ? (min + max) / 2 : (x[index] ?? min);
    show(Math.max(all.min, middle - half), Math.min(all.max, middle + half));
  };
  return (
    <>
      <div
        ref={place}
        className="chart-plot"
        role="img"
        aria-label={`${title}. Arrow keys move along the points, plus and minus zoom, Escape shows all; Numbers has the table.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its arrow keys move a point.
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key === "Escape") return show(all.min, all.max);
          if (event.key === "+") return zoom(0.5);
          if (event.key === "-") return zoom(2);
          const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
          if (by === 0) return;
          event.preventDefault();
          move((index ?? (by > 0 ? -1 : x.length)) + by);
        }}
      />
      <div className="chart-foot meta">
        <span aria-hidden="true">{index === null ? notesOf(props, range) : pointText(props, index)}</span>
        <span className="row">
          {zoomed && (
            <Button size="compact-xs" variant="subtle" onClick={() => show(all.min, all.max)}>
              Show all
            </Button>
          )}
          <Button
            size="compact-xs"
            variant="subtle"
            aria-label={`Zoom into ${title}`}
            onClick={() => zoom(0.5)}
          >
            +
          </Button>
          <Button
            size="compact-xs"
            variant="subtle"
            aria-label={`Zoom out of ${title}`}
            onClick={() => zoom(2)}
          >
            −
          </Button>
        </span>
      </div>
      <ul className="chart-key meta">
        {series
          .filter((one) => !one.edge)
          .map((one) => (
            <li key={one.name}>
              <svg viewBox="0 0 24 8" aria-hidden="true">
                <line
                  x1="0"
                  x2="24"
                  y1="4"
                  y2="4"
                  stroke={`var(${one.colour ?? "--ink"})`}
                  strokeWidth="2"
                  strokeDasharray={one.dashed ? "6 4" : undefined}
                />
              </svg>
              {one.name}
            </li>
          ))}
        {marks.length > 0 && <li>vertical: {[...new Set(marks.map((mark) => mark.name))].join(", ")}</li>}
      </ul>
      <span className="hidden" aria-live="polite">
        {spoken}
      </span>
    </>
  );
}

function isPowerOfTen(value: number): boolean {
  return Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6);
}

const powersOfTen = (_: uPlot, ticks: number[]): (number | null)[] =>
  ticks.map((tick) => (isPowerOfTen(tick) ? tick : null));

const CANVAS_FONT = "12px system-ui, sans-serif";

/** Levels, moments and the names at the lines' ends, over what the library drew. */
function drawNotes(
  self: uPlot,
  { series, lines = [], marks = [] }: LineChartProps,
  colour: (name: string) => string,
  beside: boolean,
): void {
  const { ctx, bbox } = self;
  const ratio = uPlot.pxRatio;
  const right = bbox.left + bbox.width;
  ctx.save();
  ctx.font = `${12 * ratio}px system-ui, sans-serif`;
  ctx.lineWidth = ratio;
  ctx.setLineDash([2 * ratio, 3 * ratio]);
  ctx.strokeStyle = colour("--muted");
  ctx.fillStyle = colour("--muted");
  for (const line of lines) {
    const y = self.valToPos(line.value, "y", true);
    if (!(y >= bbox.top && y <= bbox.top + bbox.height)) continue;
    stroke(ctx, bbox.left, y, right, y);
    ctx.textAlign = "left";
    // On its outer side, so that the names of two levels near 0 do not lie on each other.
    const under = line.value < 0;
    ctx.textBaseline = under ? "top" : "bottom";
    ctx.fillText(line.name, bbox.left + 6 * ratio, y + (under ? 3 : -2) * ratio);
  }
  let free = 0;
  for (const mark of marks) {
    const at = self.valToPos(mark.x, "x", true);
    if (!(at >= bbox.left && at <= right)) continue;
    stroke(ctx, at, bbox.top, at, bbox.top + bbox.height);
    // Names that would lie on each other are left out here; the key and the table have them.
    const width = ctx.measureText(mark.name).width;
    if (at < free) continue;
    ctx.textAlign = "left";
    ctx.textBaseline = "bottom";
    ctx.fillText(mark.name, at, bbox.top - 4 * ratio);
    free = at + width + 8 * ratio;
  }
  if (beside) {
    const ends = series.flatMap((one, at) => {
      if (one.edge) return [];
      const values = self.data[at + 1] ?? [];
      const last = values.findLastIndex((value) => value !== null && value !== undefined);
      if (last < 0) return [];
      return [
        { name: one.name, colour: one.colour ?? "--ink", y: self.valToPos(Number(values[last]), "y", true) },
      ];
    });
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    for (const end of endLabels(ends, 15 * ratio, bbox.top, bbox.top + bbox.height)) {
      ctx.fillStyle = colour(end.colour);
      ctx.fillText(end.name, right + 8 * ratio, end.y, (LABEL_ROOM_PX - 12) * ratio);
    }
  }
  ctx.restore();
}

function stroke(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}

/** A logarithmic axis has no place for 0 and less; what is beyond the top is drawn on it. */
function drawable(value: number | null, logarithmic: boolean, max: number): number | null {
  if (value === null || Number.isNaN(value) || (logarithmic && value <= 0)) return null;
  return logarithmic ? Math.min(Math.max(value, 0.01), max) : value;
}

/** What the picture alone does not say. */
function notesOf(
  { series, logarithmic = false, format }: LineChartProps,
  range: { readonly min: number; readonly max: number },
): string {
  const values = series.flatMap((one) => one.values.filter((value) => value !== null));
  const cut = values.some((value) => value > range.max * (1 + 1e-9) + 1e-12 || value < range.min - 1e-12);
  return [
    ...(logarithmic ? ["logarithmic"] : range.min > 0 || range.max < 0 ? ["the axis leaves out 0"] : []),
    ...(cut ? [`cut off at ${format(range.min)} and ${format(range.max)}`] : []),
  ].join("; ");
}

function pointText({ x, series, format, formatX, xName }: LineChartProps, index: number): string {
  const values = series.map((one) => {
    const value = one.values[index];
    return `${one.name} ${value === null || value === undefined ? "unknown" : format(value)}`;
  });
  return `${xName} ${formatX(x[index] ?? 0)}: ${values.join(", ")}`;
}

function Numbers({ title, x, xName, series, format, formatX }: LineChartProps) {
  return (
    <DataTable
      caption={`${title}, the numbers`}
      rows={x.map((at, index) => ({ at, index }))}
      rowKey={(row) => String(row.index)}
      columns={[
        { name: xName, kind: "nowrap", cell: (row) => formatX(row.at) },
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

function saveCsv({ title, x, xName, series, formatX }: LineChartProps): void {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  saveFile(
    `${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.csv`,
    [
      `${[xName, ...series.map((one) => one.name)].map(quote).join(",")}\r\n`,
      ...x.map(
        (at, index) =>
          `${[quote(formatX(at)), ...series.map((one) => one.values[index] ?? "")].join(",")}\r\n`,
      ),
    ],
    "text/csv",
  );
}
