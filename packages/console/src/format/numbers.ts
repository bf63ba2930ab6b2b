/** Numbers as the console writes them: the same in every language setting, as in the guard's sentences. */

/** 3310 → "3,310". */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** A probability or ratio from 0 to 1: 0.873 → ".87", 1 → "1.00". */
export function formatRatio(ratio: number | null | undefined, places = 2): string {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return "unknown";
  const text = ratio.toFixed(places);
  return text.replace(/^(-?)0\./, "$1.");
}

/** -0.061 → "-6.1 %", 0.02 → "+2.0 %". */
export function formatRelative(relative: number | null | undefined): string {
  if (relative === null || relative === undefined || !Number.isFinite(relative)) return "unknown";
  const text = (relative * 100).toFixed(1);
  if (text === "-0.0" || text === "0.0") return "0.0 %";
  return `${relative > 0 ? "+" : ""}${text} %`;
}

/** A share as percent without sign: 0.118 → "11.8 %". */
export function formatShare(share: number, places = 1): string {
  return `${(share * 100).toFixed(places)} %`;
}

/** A number of any size in few digits: 0.012345 → "0.01235", 1234.5 → "1,234.5". */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value)) return value < 0 ? `-${formatCount(-value)}` : formatCount(value);
  const size = Math.abs(value);
  if (size >= 1000)
    return `${value < 0 ? "-" : ""}${formatCount(Math.trunc(size))}.${size.toFixed(1).split(".")[1]}`;
  return String(Number(value.toPrecision(4)));
}

/** Lower and upper of an interval of ratios: "(.83 to .90)". */
export function formatInterval(interval: readonly [number, number], places = 2): string {
  return `(${formatRatio(interval[0], places)} to ${formatRatio(interval[1], places)})`;
}

/** "1 label", "3 labels". */
export function formatAmount(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
