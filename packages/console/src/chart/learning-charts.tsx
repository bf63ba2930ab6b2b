/** Charts of label counts and of the learning curve. */
import type { BundleWithStatus, LabelCounts, LearningCurve } from "@relearn/contract";
import { formatAmount, formatCount, formatRatio } from "../format/numbers.ts";
import { LineChart } from "./line-chart.tsx";
import { DASHED } from "./series.ts";

const DAY_SECONDS = 86_400;
/** Sources differ by their dashes: hues are kept for arms and verdicts. */
const dashes = [
  [8, 3],
  [2, 3],
  [12, 3, 2, 3],
  [5, 5],
  [1, 5],
];

export const GROWTH_DAYS = 90;

/** Labels so far, day by day, of each source and in all, with the bundles made of them. */
export function LabelCountsChart({
  labelCounts,
  bundles,
  source,
}: {
  labelCounts: LabelCounts;
  bundles: readonly BundleWithStatus[];
  /** The source drawn beside the total; left out: each. */
  source?: string | undefined;
}) {
  const first = labelCounts.days.findIndex((day) => Object.keys(day.by_source).length > 0);
  // Days before the first label say nothing; one of them shows that the line begins at none.
  const days = first < 0 ? [] : labelCounts.days.slice(Math.max(0, first - 1));
  const names = [
    ...new Set([
      ...Object.keys(labelCounts.before),
      ...labelCounts.days.flatMap((day) => Object.keys(day.by_source)),
    ]),
  ].sort() as (keyof LabelCounts["before"])[];
  const accumulate = (name: (typeof names)[number]) => {
    let sum = labelCounts.before[name] ?? 0;
    return days.map((day) => {
      sum += day.by_source[name] ?? 0;
      return sum;
    });
  };
  const running = names.map((name) => ({ name, values: accumulate(name) }));
  const total = days.map((_, at) => running.reduce((sum, one) => sum + (one.values[at] ?? 0), 0));
  const shown = source === undefined ? running : running.filter((one) => one.name === source);
  const x = days.map((day) => Date.parse(day.day) / 1000);
  return (
    <LineChart
      title="Labels"
      unit="labels"
      window={
        first < 0
          ? `last ${labelCounts.days.length} days`
          : `last ${formatAmount(days.length, "day")}, n ${formatCount(total.at(-1) ?? 0)}`
      }
      xName="Day (UTC)"
      x={x}
      series={[
        { name: "all", values: total },
        ...(names.length < 2
          ? []
          : shown.map((one, at) => ({
              ...one,
              colour: "--muted",
              dash: dashes[at % dashes.length] ?? DASHED,
            }))),
      ]}
      marks={bundles
        .map((bundle) => ({ x: Date.parse(bundle.created_at) / 1000, name: "bundle" }))
        .filter((mark) => mark.x >= (x[0] ?? 0) && mark.x <= (x.at(-1) ?? 0) + DAY_SECONDS)
        .sort((a, b) => a.x - b.x)}
      format={formatCount}
      formatX={dayText}
      empty="Not enough data for a line: no labels in this window."
    />
  );
}

/** Held-out log-loss by the number of labels: as they came, at random, and of the classes' shares alone. */
export function LearningCurveChart({ curve }: { curve: LearningCurve }) {
  const { points } = curve;
  const ratios = (of: (point: LearningCurve["points"][number]) => number) => points.map(of);
  return (
    <LineChart
      title="Learning curve"
      unit="held-out log-loss, lower is better"
      window={`${curve.folds} folds of ${formatAmount(curve.rows, "label")}, band of the folds`}
      xName="Labels"
      x={points.map((point) => point.labels)}
      series={[
        {
          name: "highest fold",
          edge: true,
          bandToNext: true,
          values: ratios((point) => point.arrived.band[1]),
        },
        { name: "lowest fold", edge: true, values: ratios((point) => point.arrived.band[0]) },
        { name: "in order of arrival", values: ratios((point) => point.arrived.log_loss) },
        { name: "in random order", dash: DASHED, values: ratios((point) => point.random.log_loss) },
        {
          name: "baseline: class shares",
          colour: "--muted",
          dash: [2, 3],
          values: points.map(() => curve.baseline_log_loss),
        },
      ]}
      format={(value) => formatRatio(value, 3)}
      formatX={formatCount}
      empty={`Not enough data for a line: ${formatAmount(curve.rows, "label")} so far; 25 are needed for the first point, 50 for a model.`}
    />
  );
}

export function dayText(seconds: number): string {
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" }).format(
    new Date(seconds * 1000),
  );
}
