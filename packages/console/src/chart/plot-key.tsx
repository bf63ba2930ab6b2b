import { Group, Text } from "@mantine/core";
import type { Range } from "./chart-geometry.ts";
import { type ChartSeries, type LineChartProps, valueText } from "./series.ts";

interface PlotKeyProps {
  readonly chart: LineChartProps;
  readonly range: Range;
  /** Index of the point under the cursor, or `null` if there is none. */
  readonly index: number | null;
}

/** Key of a plot: its series, with their values at the point under the cursor, else with notes on the axes. */
export function PlotKey({ chart, range, index }: PlotKeyProps) {
  const { series, x, xName, format, formatX } = chart;
  return (
    <Group
      component="ul"
      gap="0 16px"
      mih={24}
      m={0}
      p={0}
      style={{ listStyle: "none" }}
      data-testid="chart-key"
      aria-hidden={index !== null}
    >
      {index !== null && (
        <li>
          {xName} {formatX(x[index] ?? 0)}
        </li>
      )}
      {series
        .filter((one) => index !== null || !one.edge)
        .map((one) => (
          <Group component="li" key={one.name} gap={6}>
            <LineSample series={one} />
            {one.name}
            {index !== null && (
              <Text span inherit fw={600} c="var(--ink)">
                {valueText(one.values[index], format)}
              </Text>
            )}
          </Group>
        ))}
      {index === null && listNotes(chart, range).map((note) => <li key={note}>{note}</li>)}
    </Group>
  );
}

function LineSample({ series }: { series: ChartSeries }) {
  return (
    <svg viewBox="0 0 24 8" width="24" height="8" aria-hidden="true">
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

/** Lists what the picture alone does not tell: its vertical lines, and how its axis is cut. */
function listNotes(
  { series, marks = [], logarithmic = false, format }: LineChartProps,
  range: Range,
): string[] {
  const values = series.flatMap((one) => one.values.filter((value) => value !== null));
  const isCut = values.some((value) => value > range.max * (1 + 1e-9) + 1e-12 || value < range.min - 1e-12);
  return [
    ...(marks.length > 0 ? [`vertical: ${[...new Set(marks.map((mark) => mark.name))].join(", ")}`] : []),
    ...(logarithmic
      ? ["logarithmic scale"]
      : range.min > 0 || range.max < 0
        ? ["axis does not start at 0"]
        : []),
    ...(isCut ? [`cut off at ${format(range.min)} and ${format(range.max)}`] : []),
  ];
}
