/** Parts of a line chart. */

export interface ChartSeries {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** CSS variable of its colour: "--active"; ink by default. */
  readonly colour?: string;
  /** Lengths of dash and gap, in px; a solid line by default. */
  readonly dash?: readonly number[];
  /** An edge of a band: thin, without a label at its end. */
  readonly edge?: boolean;
  /** Between this series and the next one lies a band. */
  readonly bandToNext?: boolean;
}

/** Level that the values are compared with. */
export interface ChartLine {
  readonly value: number;
  readonly name: string;
}

/** Position on the x axis at which something happened. */
export interface ChartMark {
  readonly x: number;
  readonly name: string;
}

export interface LineChartProps {
  readonly title: string;
  readonly unit: string;
  /** Shown interval: "44 h since the start". */
  readonly window: string;
  readonly xName: string;
  /** Increasing. */
  readonly x: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly lines?: readonly ChartLine[];
  readonly marks?: readonly ChartMark[];
  readonly logarithmic?: boolean;
  /** Values beyond are cut off, which the key notes. */
  readonly limits?: readonly [number, number];
  readonly group?: string;
  readonly format: (value: number) => string;
  readonly formatX: (x: number) => string;
  /** Text that replaces the lines if there are too few points. */
  readonly empty: string;
}

/** Formats a value, or says that it is unknown. */
export function valueText(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? "unknown" : format(value);
}

/** Dashes of the canary arm and of reference lines. */
export const DASHED: readonly number[] = [6, 4];
