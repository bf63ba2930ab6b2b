/** Formats numbers for sentences, the same in every language setting of the machine. */

/**
 * 3310 → "3,310".
 *
 * @example
 * formatCount(3310) // "3,310"
 */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/**
 * -0.061 → "-6.1 %"; null → "unknown".
 *
 * @example
 * formatRelative(-0.061) // "-6.1 %"
 * formatRelative(null) // "unknown"
 */
export function formatRelative(relative: number | null): string {
  if (relative === null) return "unknown";
  const percent = (relative * 100).toFixed(1);
  return `${relative > 0 ? "+" : ""}${percent === "-0.0" ? "0.0" : percent} %`;
}

/**
 * 0.05 → "5 %", 0.125 → "12.5 %".
 *
 * @example
 * formatMargin(0.05) // "5 %"
 * formatMargin(0.125) // "12.5 %"
 */
export function formatMargin(relative: number): string {
  return `${Number((relative * 100).toFixed(1))} %`;
}

/**
 * 24.31 → "24", 4.21 → "4.2", 250000 → "250,000"; from a logarithm, so that huge ones stay readable.
 *
 * @example
 * formatEValue(Math.log(24.31)) // "24"
 * formatEValue(Math.log(4.21)) // "4.2"
 * formatEValue(Math.log(250_000)) // "250,000"
 */
export function formatEValue(log: number): string {
  if (log > Math.log(1e9)) return "over 1,000,000,000";
  const value = Math.exp(log);
  return value >= 10 ? formatCount(value) : value.toFixed(value < 1 ? 2 : 1);
}

/**
 * "2026-03-09 14:00 UTC".
 *
 * @example
 * formatTime(new Date("2026-03-09T14:00:00Z")) // "2026-03-09 14:00 UTC"
 */
export function formatTime(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
