import { DataTable } from "../parts/data-table.tsx";
import { ChartFrame } from "./chart-frame.tsx";
import { Plot } from "./plot.tsx";
import { type LineChartProps, valueText } from "./series.ts";

/** Minimum number of points of a line. */
const MIN_POINTS = 2;

/**
 * Lines over a number line. Charts of one `group` share the cursor and the window. Drag or the buttons zoom,
 * Escape shows all; the arrow keys move a point, which is read out.
 */
export function LineChart(props: LineChartProps) {
  const points = props.x.length;
  return (
    <ChartFrame
      title={props.title}
      about={props.window === "" ? props.unit : `${props.unit} · ${props.window}`}
      empty={points < MIN_POINTS ? props.empty : null}
      numbers={points === 0 ? null : <Numbers {...props} />}
      csv={{
        name: `${props.title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.csv`,
        lines: () => csvLines(props),
      }}
    >
      <Plot {...props} />
    </ChartFrame>
  );
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
          cell: (row: { index: number }) => valueText(one.values[row.index], format),
        })),
      ]}
    />
  );
}

function csvLines({ x, xName, series, formatX }: LineChartProps): string[] {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  return [
    [xName, ...series.map((one) => one.name)].map(quote).join(","),
    ...x.map((at, index) => [quote(formatX(at)), ...series.map((one) => one.values[index] ?? "")].join(",")),
  ];
}
