import { Text } from "@mantine/core";
import { Fragment } from "react";
import classes from "./bars.module.css";

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** The value, formatted. */
  readonly text: string;
}

/** Horizontal bars from a shared zero, filled if positive, outlined if negative; the figures beside them. */
export function Bars({ bars }: { bars: readonly Bar[] }) {
  const low = Math.min(0, ...bars.map((bar) => bar.value));
  const high = Math.max(0, ...bars.map((bar) => bar.value));
  const width = high - low || 1;
  const zero = (-low / width) * 100;
  return (
    <div className={classes["bars"]}>
      {bars.map(({ name, value, text }) => {
        const size = (Math.abs(value) / width) * 100;
        return (
          <Fragment key={name}>
            <span className="mono">{name}</span>
            <svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
              <rect
                x={value < 0 ? zero - size : zero}
                y="2"
                width={size}
                height="8"
                fill={value < 0 ? "var(--page)" : "var(--ink)"}
                stroke={value < 0 ? "var(--ink)" : undefined}
                vectorEffect="non-scaling-stroke"
              />
              <line
                x1={zero}
                x2={zero}
                y1="0"
                y2="12"
                stroke="var(--control)"
                vectorEffect="non-scaling-stroke"
              />
            </svg>
            <Text span ta="end">
              {text}
            </Text>
          </Fragment>
        );
      })}
    </div>
  );
}
