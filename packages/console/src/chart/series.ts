/** What a chart of lines is made of. */

export interface ChartSeries {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** CSS variable of its colour: "--active"; ink where left out. */
  readonly colour?: string;
  /** Lengths of dash and gap, in px; a solid line where left out. */
  readonly dash?: readonly number[];
  /** An edge of a band: thin, without a label at its end. */
  readonly edge?: boolean;
  /** Between this series and the next one lies a band. */
  readonly bandToNext?: boolean;
}

/** A level that the values are held against. */
export interface ChartLine {
  readonly value: number;
  readonly name: string;
}

/** A moment, or a count, that something happened at. */
export interface ChartMark {
  readonly x: number;
  readonly name: string;
}

export interface LineChartProps {
  readonly title: string;
  readonly unit: string;
  /** What stretch is shown: "44 h since the start". */
  readonly window: string;
  readonly xName: string;
  /** Increasing. */
  readonly x: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly lines?: readonly ChartLine[];
  readonly marks?: readonly ChartMark[];
  readonly logarithmic?: boolean;
  /** Values beyond are cut off, and that is said. */
  readonly limits?: readonly [number, number];
  readonly group?: string;
  readonly format: (value: number) => string;
  readonly formatX: (x: number) => string;
  /** What to say in place of lines where there are too few points. */
  readonly empty: string;
}

/** A value in words; what is not known says so. */
export function valueText(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? "unknown" : format(value);
}

/** Dashes of the canary arm, and of what is compared with. */
export const DASHED: readonly number[] = [6, 4];
