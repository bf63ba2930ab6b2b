import { Stack, Text } from "@mantine/core";
import type { ThresholdTraffic } from "@relearn/contract";
import { useId } from "react";
import { formatAmount, formatCount, formatNumber } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";
import { ChartFrame } from "./chart-frame.tsx";

const WIDTH = 640;
const HEIGHT = 180;
const LEFT = 44;
const RIGHT = 16;
const TOP = 34;
const BOTTOM = 40;

interface ThresholdHistogramProps {
  readonly traffic: ThresholdTraffic;
  /** "at or above: quarantine" */
  readonly side: string;
}

/** Last week's values of a threshold's feature, the old line dashed, the new one solid, what lies between hatched. */
export function ThresholdHistogram({ traffic, side }: ThresholdHistogramProps) {
  const { bins } = traffic;
  return (
    <Stack>
      <ChartFrame
        title={<span className="mono">{traffic.threshold}</span>}
        about={`${traffic.feature}, raw unit · tasks in 7 days, n ${formatCount(traffic.payloads)}${side === "" ? "" : ` · ${side}`}`}
        empty={
          bins.length === 0 ? `Not enough data: no task of the last 7 days carries ${traffic.feature}.` : null
        }
        numbers={
          bins.length === 0 ? null : (
            <DataTable
              caption={`${traffic.feature} in 7 days`}
              rows={bins}
              rowKey={(bin) => String(bin.from)}
              columns={[
                { name: "From", kind: "number", cell: (bin) => formatNumber(bin.from) },
                { name: "To", kind: "number", cell: (bin) => formatNumber(bin.to) },
                { name: "Tasks", kind: "number", cell: (bin) => formatCount(bin.count) },
              ]}
            />
          )
        }
        csv={{
          name: `${traffic.feature}-7-days.csv`,
          lines: () => ["from,to,tasks", ...bins.map((bin) => `${bin.from},${bin.to},${bin.count}`)],
        }}
      >
        <Picture traffic={traffic} />
      </ChartFrame>
      <Text size="xs" c="dimmed">
        {traffic.old === null
          ? "There was no such threshold before."
          : `${formatAmount(traffic.between, "task")} of ${formatCount(traffic.payloads)} between old and new.`}
        {traffic.without > 0 &&
          ` ${formatAmount(traffic.without, "task")} without ${traffic.feature}: decided from its default.`}
      </Text>
    </Stack>
  );
}

function Picture({ traffic }: { traffic: ThresholdTraffic }) {
  const hatchId = useId();
  const { bins, old } = traffic;
  const min = bins[0]?.from ?? 0;
  const max = bins.at(-1)?.to ?? 1;
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const x = (value: number) => LEFT + ((value - min) / (max - min || 1)) * (WIDTH - LEFT - RIGHT);
  const y = (count: number) => HEIGHT - BOTTOM - (count / most) * (HEIGHT - TOP - BOTTOM);
  const base = HEIGHT - BOTTOM;
  const newText = `new ${formatNumber(traffic.new)}`;
  const oldText = old === null ? "" : `old ${formatNumber(old)}`;
  // The two names stand on the outer sides of their lines, so that they never lie on each other.
  const newRight = old === null || traffic.new >= old;
  const anchor = (right: boolean, value: number) =>
    right ? (x(value) > WIDTH - 110 ? "end" : "start") : x(value) < LEFT + 80 ? "start" : "end";
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      style={{ width: "100%", maxWidth: 760 }}
      role="img"
      aria-label={`${traffic.feature} from ${formatNumber(min)} to ${formatNumber(max)}; ${oldText} ${newText}; ${formatAmount(traffic.between, "task")} between.`}
      fontSize="12"
      fill="var(--muted)"
    >
      <defs>
        <pattern
          id={hatchId}
          width="6"
          height="6"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <line x1="0" x2="0" y1="0" y2="6" stroke="var(--ink)" strokeWidth="1.5" />
        </pattern>
      </defs>
      {bins.map((bin) => (
        <rect
          key={bin.from}
          x={x(bin.from) + 0.5}
          width={Math.max(1, x(bin.to) - x(bin.from) - 1)}
          y={y(bin.count)}
          height={base - y(bin.count)}
          fill="var(--control)"
        />
      ))}
      {old !== null && old !== traffic.new && (
        <rect
          x={x(Math.min(old, traffic.new))}
          width={Math.max(2, Math.abs(x(old) - x(traffic.new)))}
          y={TOP}
          height={base - TOP}
          fill={`url(#${hatchId})`}
        />
      )}
      <line x1={LEFT} x2={WIDTH - RIGHT} y1={base} y2={base} stroke="var(--control)" />
      {[min, (min + max) / 2, max].map((value, at) => (
        <text
          key={value}
          x={x(value)}
          y={base + 16}
          textAnchor={(["start", "middle", "end"] as const)[at] ?? "middle"}
        >
          {formatNumber(Number(value.toPrecision(3)))}
        </text>
      ))}
      {[0, most].map((count) => (
        <text key={count} x={LEFT - 6} y={y(count) + 4} textAnchor="end">
          {formatCount(count)}
        </text>
      ))}
      <text x={(LEFT + WIDTH - RIGHT) / 2} y={HEIGHT - 6} textAnchor="middle">
        {traffic.feature}
      </text>
      {old !== null && (
        <>
          <line
            x1={x(old)}
            x2={x(old)}
            y1={TOP - 6}
            y2={base}
            stroke="var(--ink)"
            strokeWidth="2"
            strokeDasharray="5 4"
          />
          <text x={x(old)} y={TOP - 20} textAnchor={anchor(!newRight, old)} fill="var(--ink)">
            {oldText}
          </text>
        </>
      )}
      <line
        x1={x(traffic.new)}
        x2={x(traffic.new)}
        y1={TOP - 6}
        y2={base}
        stroke="var(--ink)"
        strokeWidth="2"
      />
      <text x={x(traffic.new)} y={TOP - 8} textAnchor={anchor(newRight, traffic.new)} fill="var(--ink)">
        {newText}
      </text>
    </svg>
  );
}
