import { Text } from "@mantine/core";
import type { ReliabilityCard } from "@relearn/contract";
import { LineChart } from "../chart/line-chart.tsx";
import { formatCount, formatRatio } from "../format/numbers.ts";

const WEEK_MS = 7 * 86_400_000;
/** Fewer labels than this in a week make no point. */
const MIN_WEEKLY_LABELS = 5;

/** Agreement of a judge with people, by week, and whether it has drifted. */
export function JudgeDrift({ card }: { card: ReliabilityCard }) {
  const weeks = new Map<number, { labels: number; agreeing: number }>();
  for (const [day, [labels, agreeing]] of Object.entries(card.days ?? {})) {
    const week = Math.floor(Date.parse(day) / WEEK_MS);
    const sum = weeks.get(week) ?? { labels: 0, agreeing: 0 };
    weeks.set(week, { labels: sum.labels + labels, agreeing: sum.agreeing + agreeing });
  }
  const points = [...weeks].sort(([a], [b]) => a - b);
  const drawn = points.filter(([, { labels }]) => labels >= MIN_WEEKLY_LABELS);
  return (
    <>
      <LineChart
        title="Agreement with people"
        unit="share by week"
        window={`last 90 days, n ${formatCount(points.reduce((sum, [, { labels }]) => sum + labels, 0))}`}
        xName="Week from"
        x={drawn.map(([week]) => (week * WEEK_MS) / 1000)}
        series={[{ name: "agreement", values: drawn.map(([, { labels, agreeing }]) => agreeing / labels) }]}
        format={(value) => formatRatio(value)}
        formatX={(seconds) =>
          new Date(seconds * 1000).toLocaleDateString("en-GB", {
            day: "numeric",
            month: "short",
            timeZone: "UTC",
          })
        }
        empty={`Not enough data for a line: two weeks with ${MIN_WEEKLY_LABELS} labels or more are needed.`}
      />
      <Text size="xs" c="dimmed">
        {card.drift === null
          ? "No drift detected: the labels of the last 14 days agree with those before."
          : card.drift.message}
      </Text>
    </>
  );
}
