import { formatCount, formatRatio } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";
import { ChartFrame } from "./chart-frame.tsx";

interface CalibrationPoint {
  readonly confidence: number;
  readonly agreement: number;
  readonly band: readonly [number, number];
  readonly weight: number;
}

const SIZE = 300;
const EDGE = 40;
const x = (share: number): number => EDGE + share * (SIZE - EDGE);
const y = (share: number): number => (1 - share) * (SIZE - EDGE) + 4;

/** Stated confidence against how often the judge was right, with the band of each bin, over the diagonal. */
export function CalibrationChart({ points }: { points: readonly CalibrationPoint[] }) {
  const largest = Math.max(...points.map((point) => point.weight));
  const total = points.reduce((sum, point) => sum + point.weight, 0);
  return (
    <ChartFrame
      title="Accuracy by stated confidence"
      about={`share, 95 % bootstrap band · n ${formatCount(total)}`}
      empty={points.length === 0 ? "Not enough data: no labeled verdict has a confidence." : null}
      numbers={points.length === 0 ? null : <Numbers points={points} />}
      csv={{
        name: "calibration.csv",
        lines: () => [
          "stated_confidence,right,lower,upper,n",
          ...points.map(
            ({ confidence, agreement, band, weight }) =>
              `${confidence},${agreement},${band[0]},${band[1]},${weight}`,
          ),
        ],
      }}
    >
      <svg
        viewBox={`0 -4 ${SIZE + 20} ${SIZE + 62}`}
        style={{ maxWidth: SIZE + 20, width: "100%" }}
        role="img"
        aria-label={`Calibration: ${points
          .map(
            (point) =>
              `${Math.round(point.confidence * 100)} stated, right ${Math.round(point.agreement * 100)} %`,
          )
          .join("; ")}`}
        fontSize="12"
        fill="var(--muted)"
      >
        {[0, 0.5, 1].map((tick) => (
          <g key={tick}>
            <line x1={x(0)} x2={x(1)} y1={y(tick)} y2={y(tick)} stroke="var(--line)" />
            <text x={EDGE - 6} y={y(tick) + 4} textAnchor="end">
              {tick}
            </text>
            <text x={x(tick)} y={y(0) + 16} textAnchor="middle">
              {tick * 100}
            </text>
          </g>
        ))}
        <line x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} stroke="var(--control)" strokeDasharray="2 3" />
        <polygon
          points={[
            ...points.map((point) => `${x(point.confidence)},${y(point.band[1])}`),
            ...[...points].reverse().map((point) => `${x(point.confidence)},${y(point.band[0])}`),
          ].join(" ")}
          fill="var(--ink)"
          opacity="0.12"
        />
        {points.map((point) => (
          <g key={point.confidence} stroke="var(--ink)">
            <line
              x1={x(point.confidence)}
              x2={x(point.confidence)}
              y1={y(point.band[0])}
              y2={y(point.band[1])}
              strokeWidth="2"
            />
            <circle
              cx={x(point.confidence)}
              cy={y(point.agreement)}
              r="4"
              fill="var(--page)"
              strokeWidth="2"
            />
            <rect
              x={x(point.confidence) - 5}
              y={y(0) + 62 - (point.weight / largest) * 26}
              width="10"
              height={(point.weight / largest) * 26}
              fill="var(--muted)"
              stroke="none"
            />
            <text
              x={x(point.confidence)}
              y={y(0) + 58 - (point.weight / largest) * 26}
              textAnchor="middle"
              fontSize="10"
              stroke="none"
            >
              {formatCount(point.weight)}
            </text>
          </g>
        ))}
        <text x={x(0.5)} y={SIZE + 42} textAnchor="middle">
          stated confidence, 0-100; bars: labels, decayed
        </text>
        <text x={10} y={y(0.5)} textAnchor="middle" transform={`rotate(-90 10 ${y(0.5)})`}>
          share right
        </text>
      </svg>
    </ChartFrame>
  );
}

function Numbers({ points }: { points: readonly CalibrationPoint[] }) {
  return (
    <DataTable
      caption="Calibration"
      rows={points}
      rowKey={(point) => String(point.confidence)}
      columns={[
        { name: "Stated confidence", kind: "number", cell: (point) => formatRatio(point.confidence) },
        { name: "Accuracy", kind: "number", cell: (point) => formatRatio(point.agreement) },
        {
          name: "95 %",
          kind: "number",
          cell: (point) => `${formatRatio(point.band[0])} to ${formatRatio(point.band[1])}`,
        },
        { name: "n, decayed", kind: "number", cell: (point) => point.weight.toFixed(1) },
      ]}
    />
  );
}
