import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS } from "../clock.ts";
import {
  CATCH_UP_AFTER_MS,
  findDueRun,
  findLatestDueTime,
  findNextDueTime,
  type JobSchedule,
} from "./due-time.ts";

const daily = (hour: number): JobSchedule => ({ every: "day", hour });
const hourly: JobSchedule = { every: "hour" };

describe("findNextDueTime of a daily job", () => {
  // zone, hour, now, next. Pinned to Python's zoneinfo:
  //   python3 -c 'from datetime import *; from zoneinfo import ZoneInfo as Z;
  //     print(datetime(2026, 1, 2, 2, tzinfo=Z("Asia/Kolkata")).astimezone(timezone.utc))'   (one call a row;
  //   the rows marked "gap" are the first instant after the gap, those marked "twice" have fold=0)
  it.each([
    ["UTC", 2, "2026-03-02T12:00:00Z", "2026-03-03T02:00:00Z"],
    ["UTC", 2, "2026-03-03T01:59:59.999Z", "2026-03-03T02:00:00Z"],
    ["UTC", 2, "2026-03-03T02:00:00Z", "2026-03-04T02:00:00Z"],
    ["Asia/Kolkata", 2, "2026-01-01T12:00:00Z", "2026-01-01T20:30:00Z"],
    ["Asia/Kathmandu", 5, "2026-01-01T12:00:00Z", "2026-01-01T23:15:00Z"],
    ["America/New_York", 3, "2026-01-01T12:00:00Z", "2026-01-02T08:00:00Z"],
    ["Pacific/Kiritimati", 2, "2026-01-01T13:00:00Z", "2026-01-02T12:00:00Z"],
    ["Pacific/Pago_Pago", 2, "2026-01-01T12:00:00Z", "2026-01-01T13:00:00Z"],
    // Clocks go forward: 2:00 does not come (gap), 3:00 does.
    ["Europe/Berlin", 2, "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"],
    ["Europe/Berlin", 3, "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"],
    ["Europe/Berlin", 4, "2026-03-28T12:00:00Z", "2026-03-29T02:00:00Z"],
    ["America/New_York", 2, "2026-03-07T12:00:00Z", "2026-03-08T07:00:00Z"],
    ["Australia/Lord_Howe", 2, "2026-10-03T12:00:00Z", "2026-10-03T15:30:00Z"],
    // Clocks go back: 2:00 comes twice, the first counts.
    ["Europe/Berlin", 2, "2026-10-24T12:00:00Z", "2026-10-25T00:00:00Z"],
    ["Europe/Berlin", 2, "2026-10-25T00:00:00Z", "2026-10-26T01:00:00Z"],
    ["Europe/Berlin", 3, "2026-10-24T12:00:00Z", "2026-10-25T02:00:00Z"],
    // A day that did not exist: Samoa crossed the date line.
    ["Pacific/Apia", 2, "2011-12-29T13:00:00Z", "2011-12-30T10:00:00Z"],
    ["Pacific/Apia", 2, "2011-12-30T10:00:00Z", "2011-12-30T12:00:00Z"],
  ])("in %s at %i, after %s, is %s", (zone, hour, now, next) => {
    expect(findNextDueTime(daily(hour), zone, new Date(now))).toEqual(new Date(next));
  });

  const zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"];
  const instant = fc.date({
    min: new Date("2020-01-01"),
    max: new Date("2035-01-01"),
    noInvalidDate: true,
  });

  it("lies after now, within 25 hours, and what is latest lies at or before", () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 23 }), instant, (zone, hour, now) => {
        const latest = findLatestDueTime(daily(hour), zone, now);
        const next = findNextDueTime(daily(hour), zone, now);
        expect(latest.getTime()).toBeLessThanOrEqual(now.getTime());
        expect(next.getTime()).toBeGreaterThan(now.getTime());
        const gap = next.getTime() - latest.getTime();
        expect(gap).toBeGreaterThanOrEqual(23 * HOUR_MS);
        expect(gap).toBeLessThanOrEqual(25 * HOUR_MS);
        expect(findLatestDueTime(daily(hour), zone, next)).toEqual(next);
      }),
      { numRuns: 300 },
    );
  });

  it("comes 365 times in 2026, whatever the zone does to its clocks", () => {
    for (const zone of zones) {
      let time = new Date("2026-01-01T00:00:00Z");
      let count = 0;
      while (true) {
        time = findNextDueTime(daily(2), zone, time);
        if (time >= new Date("2027-01-01T00:00:00Z")) break;
        count++;
      }
      expect([zone, count]).toEqual([zone, 365]);
    }
  });
});

describe("findDueRun", () => {
  const installedAt = new Date("2026-03-02T12:00:00Z");
  const at = (text: string) => new Date(`2026-03-${text}Z`);
  it.each<[string, JobSchedule, Date | undefined, Date, ReturnType<typeof findDueRun>]>([
    ["a night before the installation", daily(2), undefined, at("02T13:00:00"), undefined],
    ["the night is not there yet", daily(2), undefined, at("03T01:59:59"), undefined],
    [
      "on time",
      daily(2),
      undefined,
      at("03T02:00:30"),
      { scheduledFor: at("03T02:00:00"), trigger: "schedule" },
    ],
    ["done already", daily(2), at("03T02:00:00"), at("03T02:00:30"), undefined],
    [
      "a missed night",
      daily(2),
      at("03T02:00:00"),
      at("04T09:00:00"),
      { scheduledFor: at("04T02:00:00"), trigger: "catch_up" },
    ],
    [
      "three missed nights are caught up on once",
      daily(2),
      at("03T02:00:00"),
      at("06T09:00:00"),
      { scheduledFor: at("06T02:00:00"), trigger: "catch_up" },
    ],
    [
      "missed hours fold into one",
      hourly,
      at("02T13:00:00"),
      at("03T09:10:00"),
      { scheduledFor: at("03T09:00:00"), trigger: "schedule" },
    ],
    ["the clock went back", daily(2), at("05T02:00:00"), at("04T09:00:00"), undefined],
    ["the hour of the installation itself", hourly, undefined, at("02T12:59:00"), undefined],
  ])("%s", (_, schedule, lastScheduledFor, now, expected) => {
    expect(findDueRun(schedule, "UTC", { installedAt, lastScheduledFor }, now)).toEqual(expected);
  });

  it("gives no second run of a night when the time zone moves west to east over it", () => {
    const lastScheduledFor = at("05T02:00:00");
    const now = at("05T12:00:00");
    expect(findDueRun(daily(2), "Asia/Kolkata", { installedAt, lastScheduledFor }, now)).toBeUndefined();
  });

  it("is a catch-up run only if it is more than half an hour late", () => {
    const due = at("03T02:00:00");
    const past = { installedAt, lastScheduledFor: undefined };
    const when = (late: number) => findDueRun(daily(2), "UTC", past, new Date(due.getTime() + late))?.trigger;
    expect(when(CATCH_UP_AFTER_MS)).toBe("schedule");
    expect(when(CATCH_UP_AFTER_MS + 1)).toBe("catch_up");
    expect(when(DAY_MS - 1)).toBe("catch_up");
  });
});
