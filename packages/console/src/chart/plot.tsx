import "uplot/dist/uPlot.min.css";
import { Button } from "@mantine/core";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import { padRange, yRange } from "./chart-geometry.ts";
import { CANVAS_FONT, drawNotes, LABEL_ROOM_PX, powersOfTen } from "./draw-notes.ts";
import { type ChartSeries, type LineChartProps, valueText } from "./series.ts";

const HEIGHT_PX = 240;
/** Narrower than this there is no room for names beside the lines: they stand beneath. */
const LABELS_BESIDE_PX = 560;

/** The plots that share cursor and window, by the name of their group. */
const groups = new Map<string, Set<uPlot>>();

/** The lines themselves, drawn by uPlot; beneath them the key, which has the values of the point looked at. */
export function Plot(props: LineChartProps) {
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
    series.map(({ name, colour, dash, bandToNext, edge }) => [name, colour, dash, bandToNext, edge]),
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
              ...(one.dash === undefined ? {} : { dash: [...one.dash] }),
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
        <ul className="chart-key" aria-hidden={index !== null}>
          {index !== null && (
            <li>
              {props.xName} {formatX(x[index] ?? 0)}
            </li>
          )}
          {series
            .filter((one) => index !== null || !one.edge)
            .map((one) => (
              <li key={one.name}>
                <LineSample series={one} />
                {one.name} {index !== null && <strong>{valueText(one.values[index], format)}</strong>}
              </li>
            ))}
          {index === null &&
            [
              ...(marks.length > 0
                ? [`vertical: ${[...new Set(marks.map((mark) => mark.name))].join(", ")}`]
                : []),
              ...notesOf(props, range),
            ].map((note) => <li key={note}>{note}</li>)}
        </ul>
        <span className="row chart-zoom">
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
      <span className="hidden" aria-live="polite">
        {spoken}
      </span>
    </>
  );
}

/** How a series is drawn, for the key. */
function LineSample({ series }: { series: ChartSeries }) {
  return (
    <svg viewBox="0 0 24 8" aria-hidden="true">
      <line
        x1="0"
        x2="24"
        y1="4"
        y2="4"
        stroke={`var(${series.colour ?? "--ink"})`}
        strokeWidth={series.edge ? 1 : 2}
        strokeDasharray={series.dash?.join(" ")}
      />
    </svg>
  );
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
): string[] {
  const values = series.flatMap((one) => one.values.filter((value) => value !== null));
  const cut = values.some((value) => value > range.max * (1 + 1e-9) + 1e-12 || value < range.min - 1e-12);
  return [
    ...(logarithmic ? ["logarithmic"] : range.min > 0 || range.max < 0 ? ["the axis leaves out 0"] : []),
    ...(cut ? [`cut off at ${format(range.min)} and ${format(range.max)}`] : []),
  ];
}

function pointText({ x, series, format, formatX, xName }: LineChartProps, index: number): string {
  const values = series.map((one) => `${one.name} ${valueText(one.values[index], format)}`);
  return `${xName} ${formatX(x[index] ?? 0)}: ${values.join(", ")}`;
}
