import { HOUR_MS, MINUTE_MS } from "../clock.ts";
import { RelearnError } from "../errors.ts";
import { addDays, dateInZone, instantOfHour } from "./zoned-time.ts";

/** When a job is due: once a day at an hour of the installation's time zone, or every full hour. */
export type JobSchedule = { readonly every: "day"; readonly hour: number } | { readonly every: "hour" };

/** The scheduled run that is due now. */
export interface DueRun {
  readonly scheduledFor: Date;
  /** `makeup`: its time passed while nobody was there to run it. */
  readonly trigger: "schedule" | "makeup";
}

/** A run later than this was missed and is made up: two looks at what is due (`job-worker.ts`). */
export const MAKEUP_AFTER_MS = 30 * MINUTE_MS;

/**
 * The run that is due, or undefined. However many times were missed, there is one due run, that of the
 * latest time; a time before the installation, or at or before the last scheduled one, is never due.
 */
export function dueRun(
  schedule: JobSchedule,
  timeZone: string,
  past: { readonly installedAt: Date; readonly lastScheduledFor: Date | undefined },
  now: Date,
): DueRun | undefined {
  const scheduledFor = latestDueTime(schedule, timeZone, now);
  if (scheduledFor <= past.installedAt) return undefined;
  if (past.lastScheduledFor !== undefined && scheduledFor <= past.lastScheduledFor) return undefined;
  const late = now.getTime() - scheduledFor.getTime() > MAKEUP_AFTER_MS;
  return { scheduledFor, trigger: late ? "makeup" : "schedule" };
}

/** The latest time at or before `now` at which the job was due. */
export function latestDueTime(schedule: JobSchedule, timeZone: string, now: Date): Date {
  if (schedule.every === "hour") return new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS);
  const times = dueTimesAround(schedule.hour, timeZone, now);
  return times.findLast((time) => time <= now) ?? noTime(timeZone, now);
}

/** The first time after `now` at which the job is due. */
export function nextDueTime(schedule: JobSchedule, timeZone: string, now: Date): Date {
  if (schedule.every === "hour") return new Date((Math.floor(now.getTime() / HOUR_MS) + 1) * HOUR_MS);
  const times = dueTimesAround(schedule.hour, timeZone, now);
  return times.find((time) => time > now) ?? noTime(timeZone, now);
}

/** Ascending, from two days before to two days after. */
function dueTimesAround(hour: number, timeZone: string, now: Date): Date[] {
  const today = dateInZone(now, timeZone);
  return [-2, -1, 0, 1, 2].map((days) => instantOfHour(addDays(today, days), hour, timeZone));
}

function noTime(timeZone: string, now: Date): never {
  throw new RelearnError(
    "internal",
    `No due time in ${timeZone} around ${now.toISOString()}: this is a defect of Relearn.`,
  );
}
