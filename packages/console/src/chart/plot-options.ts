import type uPlot from "uplot";
import type { Range } from "./chart-geometry.ts";
import { CANVAS_FONT, drawNotes, LABEL_ROOM_PX, powersOfTen } from "./draw-notes.ts";
import type { LineChartProps } from "./series.ts";

const PLOT_HEIGHT_PX = 240;
const MIN_WIDTH_PX = 200;
/** In a narrower plot the names stand in the key below instead of beside the lines. */
const MIN_WIDTH_WITH_LABELS_PX = 560;
/** A shorter drag is a click, not a choice of a window. */
const MIN_SELECTION_PX = 8;
/** Longer series are drawn without a dot at each point. */
const MAX_DOTTED_POINTS = 40;

interface PlotOptions {
  readonly chart: LineChartProps;
  readonly width: number;
  /** Limits of the value axis. */
  readonly range: Range;
  /** Name of the group of plots that share a cursor. */
  readonly group: string;
  /** Returns the chart as it is at the time of drawing. */
  readonly current: () => LineChartProps;
  readonly onCursor: (index: number | null) => void;
  readonly onSelect: (min: number, max: number) => void;
}

/** Translates a chart into the options of uPlot, with the colours of the current scheme. */
export function toPlotOptions(options: PlotOptions): uPlot.Options {
  const { chart, width, range, group, current, onCursor, onSelect } = options;
  const { series, x, logarithmic = false, format, formatX } = chart;
  const labelsBeside = width >= MIN_WIDTH_WITH_LABELS_PX;
  const axis = {
    stroke: readColor("--muted"),
    font: CANVAS_FONT,
    grid: { stroke: readColor("--line"), width: 1 },
    ticks: { stroke: readColor("--line"), width: 1, size: 4 },
  };
  return {
    width: Math.max(MIN_WIDTH_PX, width),
    height: PLOT_HEIGHT_PX,
    padding: [20, labelsBeside ? LABEL_ROOM_PX : 12, 0, 0],
    scales: {
      x: { time: false, range: (_, min, max) => [min, max] },
      y: { distr: logarithmic ? 3 : 1, range: () => [range.min, range.max] },
    },
    axes: [
      { ...axis, size: 30, values: (_, ticks) => ticks.map((tick) => formatX(tick)), space: 90 },
      {
        ...axis,
        size: 68,
        // A logarithmic axis is labeled at the powers of ten only.
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
        stroke: readColor(one.colour ?? "--ink"),
        width: one.edge ? 1 : 2,
        ...(one.dash === undefined ? {} : { dash: [...one.dash] }),
        points: { show: !one.edge && x.length < MAX_DOTTED_POINTS, size: 5 },
        spanGaps: false,
      })),
    ],
    bands: series.flatMap((one, at) =>
      one.bandToNext
        ? [{ series: [at + 1, at + 2] as [number, number], fill: `${readColor(one.colour ?? "--ink")}1f` }]
        : [],
    ),
    legend: { show: false },
    cursor: {
      drag: { x: true, y: false, setScale: false },
      sync: { key: group, filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } },
    },
    hooks: {
      setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)],
      setSelect: [
        (plot) => {
          const { left, width: selected } = plot.select;
          if (selected < MIN_SELECTION_PX) return;
          onSelect(plot.posToVal(left, "x"), plot.posToVal(left + selected, "x"));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      draw: [(plot) => drawNotes(plot, current(), readColor, labelsBeside)],
    },
  };
}

/** Reads a colour token, which differs between the light and the dark scheme. */
function readColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
