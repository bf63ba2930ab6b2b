import "uplot/dist/uPlot.min.css";
import { Button, Group, Text, VisuallyHidden } from "@mantine/core";
import { useState } from "react";
import { PlotKey } from "./plot-key.tsx";
import { type LineChartProps, valueText } from "./series.ts";
import { usePlot } from "./use-plot.ts";

/** Line chart drawn by uPlot, with its key and its zoom; its points can be read by keyboard. */
export function Plot(props: LineChartProps) {
  const { title, x } = props;
  const plot = usePlot(props);
  const { index } = plot;
  const [spoken, setSpoken] = useState("");
  return (
    <>
      <div
        ref={plot.place}
        style={{ minHeight: 240, overflow: "hidden" }}
        role="img"
        aria-label={`${title}. Arrow keys move along the points, plus and minus zoom, Escape shows all; Numbers has the table.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its arrow keys move a point.
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key === "Escape") return plot.showAll();
          if (event.key === "+") return plot.zoom(0.5);
          if (event.key === "-") return plot.zoom(2);
          const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
          if (step === 0) return;
          event.preventDefault();
          const at = plot.moveTo((index ?? (step > 0 ? -1 : x.length)) + step);
          setSpoken(describePoint(props, at));
        }}
      />
      <Text component="div" size="xs" c="dimmed">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <PlotKey chart={props} range={plot.range} index={index} />
          <Group gap={4} wrap="nowrap">
            {plot.isZoomed && (
              <Button size="compact-xs" variant="subtle" onClick={plot.showAll}>
                Show all
              </Button>
            )}
            <Button
              size="compact-xs"
              variant="subtle"
              aria-label={`Zoom in on ${title}`}
              onClick={() => plot.zoom(0.5)}
            >
              +
            </Button>
            <Button
              size="compact-xs"
              variant="subtle"
              aria-label={`Zoom out of ${title}`}
              onClick={() => plot.zoom(2)}
            >
              −
            </Button>
          </Group>
        </Group>
      </Text>
      <VisuallyHidden aria-live="polite">{spoken}</VisuallyHidden>
    </>
  );
}

/** Describes a point for a screen reader: "Hours since the start 3 h: active .82, canary .87". */
function describePoint({ x, series, format, formatX, xName }: LineChartProps, index: number): string {
  const values = series.map((one) => `${one.name} ${valueText(one.values[index], format)}`);
  return `${xName} ${formatX(x[index] ?? 0)}: ${values.join(", ")}`;
}
