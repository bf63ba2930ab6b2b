import { type RefObject, useEffect, useId, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import { padRange, type Range, yRange } from "./chart-geometry.ts";
import { toPlotOptions } from "./plot-options.ts";
import type { LineChartProps } from "./series.ts";

/** Plots that share cursor and window, by the name of their group. */
const plotsByGroup = new Map<string, Set<uPlot>>();

export interface PlotControl {
  /** Element that the plot is drawn in. */
  readonly place: RefObject<HTMLDivElement | null>;
  /** Limits of the value axis. */
  readonly range: Range;
  /** Index of the point under the cursor, or `null` if there is none. */
  readonly index: number | null;
  readonly isZoomed: boolean;
  /** Shows everything, in all plots of the group. */
  showAll(): void;
  /** Multiplies the shown width by `factor`, around the cursor. */
  zoom(factor: number): void;
  /** Moves the cursor to a point, and returns the point's index within the data. */
  moveTo(index: number): number;
}

/** Draws a chart with uPlot, and keeps it up to date with data, size and colour scheme. */
export function usePlot(chart: LineChartProps): PlotControl {
  const { x, series, lines = [], logarithmic = false, limits } = chart;
  const ownGroup = useId();
  const group = chart.group ?? ownGroup;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(chart);
  latest.current = chart;
  const [index, setIndex] = useState<number | null>(null);
  const [isZoomed, setIsZoomed] = useState(false);
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
      ...series.map((one) => one.values.map((value) => toDrawable(value, logarithmic, range.max))),
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
    for (const one of plotsByGroup.get(group) ?? []) one.setScale("x", { min, max });
    setIsZoomed(min > all.min || max < all.max);
  };
  const latestShow = useRef(show);
  latestShow.current = show;

  // biome-ignore lint/correctness/useExhaustiveDependencies: rebuilt only if the shape changes; new data are set below.
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const build = () => {
      const built = new uPlot(
        toPlotOptions({
          chart,
          width: element.clientWidth,
          range,
          group,
          current: () => latest.current,
          onCursor: setIndex,
          onSelect: (min, max) => latestShow.current(min, max),
        }),
        data,
        element,
      );
      plot.current = built;
      const members = plotsByGroup.get(group) ?? new Set();
      plotsByGroup.set(group, members.add(built));
      built.setScale("x", all);
    };
    const clear = () => {
      const built = plot.current;
      if (built === null) return;
      plotsByGroup.get(group)?.delete(built);
      built.destroy();
      plot.current = null;
    };
    const rebuild = () => {
      clear();
      build();
    };
    build();
    const stopWatching = watchAppearance(element, rebuild);
    return () => {
      stopWatching();
      clear();
    };
  }, [shape]);

  // New points appear in the plot that exists, in the window that it shows.
  useEffect(() => {
    const built = plot.current;
    if (built === null || built.data === data) return;
    const { min, max } = built.scales["x"] ?? {};
    built.setData(data, false);
    built.setScale("x", isZoomed ? { min: min ?? all.min, max: max ?? all.max } : all);
  }, [data, all, isZoomed]);

  return {
    place,
    range,
    index,
    isZoomed,
    showAll: () => show(all.min, all.max),
    zoom: (factor) => {
      const { min = all.min, max = all.max } = plot.current?.scales["x"] ?? {};
      const half = ((max - min) * factor) / 2;
      const middle = index === null ? (min + max) / 2 : (x[index] ?? min);
      show(Math.max(all.min, middle - half), Math.min(all.max, middle + half));
    },
    moveTo: (to) => {
      const at = Math.min(x.length - 1, Math.max(0, to));
      const built = plot.current;
      if (built !== null) {
        built.setCursor({ left: built.valToPos(x[at] ?? 0, "x"), top: built.over.clientHeight / 2 });
      }
      setIndex(at);
      return at;
    },
  };
}

/** Calls `onChange` if the element's width or the colour scheme changes; returns how to stop. */
function watchAppearance(element: HTMLElement, onChange: () => void): () => void {
  let width = element.clientWidth;
  const sizes = new ResizeObserver(() => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    onChange();
  });
  sizes.observe(element);
  const scheme = new MutationObserver(onChange);
  scheme.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
  return () => {
    sizes.disconnect();
    scheme.disconnect();
  };
}

/** Returns what can be drawn: a logarithmic axis has no place for 0 or less, and cuts off at its top. */
function toDrawable(value: number | null, logarithmic: boolean, max: number): number | null {
  if (value === null || Number.isNaN(value) || (logarithmic && value <= 0)) return null;
  return logarithmic ? Math.min(Math.max(value, 0.01), max) : value;
}
