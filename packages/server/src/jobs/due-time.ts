import { HOUR_MS, MINUTE_MS } from "../clock.ts";
import { RelearnError } from "../errors.ts";
import { addDays, findInstantOfHour, toDateInZone } from "./zoned-time.ts";

/** Schedule of a job: once a day at an hour of the installation's time zone, or every full hour. */
export type JobSchedule = { readonly every: "day"; readonly hour: number } | { readonly every: "hour" };

/** A scheduled run that is due now. */
export interface DueRun {
  readonly scheduledFor: Date;
  /** `catch_up`: no service ran the job at its scheduled time. */
  readonly trigger: "schedule" | "catch_up";
}

/** A run that begins later than this after its scheduled time is a catch-up run. */
export const CATCH_UP_AFTER_MS = 30 * MINUTE_MS;

/**
 * Returns the run that is due, or undefined if there is none. If several scheduled times were missed, only the
 * latest is due. A time before the installation, or at or before the last scheduled one, is never due.
 */
export function findDueRun(
  schedule: JobSchedule,
  timeZone: string,
  past: { readonly installedAt: Date; readonly lastScheduledFor: Date | undefined },
  now: Date,
): DueRun | undefined {
  const scheduledFor = findLatestDueTime(schedule, timeZone, now);
  if (scheduledFor <= past.installedAt) return undefined;
  if (past.lastScheduledFor !== undefined && scheduledFor <= past.lastScheduledFor) return undefined;
  const isLate = now.getTime() - scheduledFor.getTime() > CATCH_UP_AFTER_MS;
  return { scheduledFor, trigger: isLate ? "catch_up" : "schedule" };
}

/** Returns the latest time at or before `now` at which the job was due. */
export function findLatestDueTime(schedule: JobSchedule, timeZone: string, now: Date): Date {
  if (schedule.every === "hour") return new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS);
  const times = listDueTimesAround(schedule.hour, timeZone, now);
  return times.findLast((time) => time <= now) ?? failWithoutTime(timeZone, now);
}

/** Returns the first time after `now` at which the job is due. */
export function findNextDueTime(schedule: JobSchedule, timeZone: string, now: Date): Date {
  if (schedule.every === "hour") return new Date((Math.floor(now.getTime() / HOUR_MS) + 1) * HOUR_MS);
  const times = listDueTimesAround(schedule.hour, timeZone, now);
  return times.find((time) => time > now) ?? failWithoutTime(timeZone, now);
}

/** Due times from two days before to two days after, ascending. */
function listDueTimesAround(hour: number, timeZone: string, now: Date): Date[] {
  const today = toDateInZone(now, timeZone);
  return [-2, -1, 0, 1, 2].map((days) => findInstantOfHour(addDays(today, days), hour, timeZone));
}

function failWithoutTime(timeZone: string, now: Date): never {
  throw new RelearnError(
    "internal",
    `Internal error: no due time in ${timeZone} around ${now.toISOString()}.`,
  );
}
