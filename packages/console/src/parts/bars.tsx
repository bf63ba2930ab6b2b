import { Fragment } from "react";

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** The value in words. */
  readonly text: string;
}

/** Horizontal bars from a shared zero, filled where positive, outlined where negative; the figures beside them. */
export function Bars({ bars }: { bars: readonly Bar[] }) {
  const low = Math.min(0, ...bars.map((bar) => bar.value));
  const high = Math.max(0, ...bars.map((bar) => bar.value));
  const width = high - low || 1;
  const zero = (-low / width) * 100;
  return (
    <div className="bars">
      {bars.map(({ name, value, text }) => {
        const size = (Math.abs(value) / width) * 100;
        return (
          <Fragment key={name}>
            <span className="mono">{name}</span>
            <svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
              <rect
                className="bar-fill"
                data-sign={value < 0 ? "minus" : "plus"}
                x={value < 0 ? zero - size : zero}
                y="2"
                width={size}
                height="8"
                vectorEffect="non-scaling-stroke"
              />
              <line
                className="bar-axis"
                x1={zero}
                x2={zero}
                y1="0"
                y2="12"
                vectorEffect="non-scaling-stroke"
              />
            </svg>
            <span className="number" style={{ textAlign: "right" }}>
              {text}
            </span>
          </Fragment>
        );
      })}
    </div>
  );
}
