/**
 * Converts between instants and wall-clock times in an IANA time zone.
 *
 * `Intl` has the rules of the zones but no arithmetic on them. The offset of an instant is therefore read from
 * its formatted wall-clock time, and an instant is found from a wall-clock time by trying the offsets around it.
 * Node 24 has `Temporal`, which does the same, only behind the flag `--harmony-temporal`.
 */
import { DAY_MS, MINUTE_MS } from "../clock.ts";

export interface CalendarDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

/** Returns the calendar date in the zone at the instant. */
export function toDateInZone(instant: Date, timeZone: string): CalendarDate {
  const wall = new Date(instant.getTime() + computeOffsetMs(instant.getTime(), timeZone));
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate() };
}

export function addDays(date: CalendarDate, days: number): CalendarDate {
  const moved = new Date(Date.UTC(date.year, date.month - 1, date.day + days));
  return { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() };
}

/**
 * Returns the first instant at which the wall clock shows the hour of the date or later. If the hour occurs
 * twice (clocks go back), that is the first occurrence; if it does not occur (clocks go forward), it is the end
 * of the gap.
 */
export function findInstantOfHour(date: CalendarDate, hour: number, timeZone: string): Date {
  const wall = Date.UTC(date.year, date.month - 1, date.day, hour);
  // No zone is more than a day from UTC, and none changes its offset twice within two days.
  const offsets = [computeOffsetMs(wall - DAY_MS, timeZone), computeOffsetMs(wall + DAY_MS, timeZone)];
  const exact = offsets
    .map((offset) => wall - offset)
    .filter((instant) => instant + computeOffsetMs(instant, timeZone) === wall);
  if (exact.length > 0) return new Date(Math.min(...exact));
  return findFirstMinute(wall - Math.max(...offsets), wall - Math.min(...offsets), (instant) => {
    return instant + computeOffsetMs(instant, timeZone) >= wall;
  });
}

/**
 * Returns the first whole minute in (before, after] at which `holds` is true. It must be false at `before` and
 * true at `after`, and change once in between.
 */
function findFirstMinute(before: number, after: number, holds: (instant: number) => boolean): Date {
  let low = Math.floor(before / MINUTE_MS);
  let high = Math.ceil(after / MINUTE_MS);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle * MINUTE_MS)) high = middle;
    else low = middle;
  }
  return new Date(high * MINUTE_MS);
}

/** Computes how far the wall clock in the zone is ahead of UTC at the instant, in milliseconds. */
function computeOffsetMs(instant: number, timeZone: string): number {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of getFormatter(timeZone).formatToParts(instant)) {
    if (type !== "literal") parts[type] = Number(value);
  }
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const wholeSecond = Math.floor(instant / 1000) * 1000;
  return Date.UTC(year, month - 1, day, hour, minute, second) - wholeSecond;
}

/** Cached, because creating a formatter loads the rules of the zone again. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function getFormatter(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat("en-US-u-ca-iso8601", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formatters.set(timeZone, formatter);
  }
  return formatter;
}
