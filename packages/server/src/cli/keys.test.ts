import { expect, it } from "vitest";
import { readExpiry } from "./keys.ts";

const now = new Date("2026-03-02T12:00:00Z");

it.each([
  ["never", null],
  ["90d", "2026-05-31T12:00:00.000Z"],
  ["12h", "2026-03-03T00:00:00.000Z"],
  ["2027-01-31", "2027-01-31T00:00:00.000Z"],
  ["2027-01-31T18:00", "2027-01-31T18:00:00.000Z"],
  ["2027-01-31T18:00Z", "2027-01-31T18:00:00.000Z"],
  ["2027-01-31T18:00+02:00", "2027-01-31T16:00:00.000Z"],
])("--expires %s", (text, expected) => {
  expect(readExpiry(text, now)).toBe(expected);
});

it.each([
  "",
  "90",
  "d",
  "90 d",
  "-1d",
  "1.5d",
  "tomorrow",
  "2027-13-01",
  "2027-02-30",
  "2027-01-31T25:00",
  "31.01.2027",
  "999999d",
])("--expires %j is refused", (text) => {
  expect(() => readExpiry(text, now)).toThrow(expect.objectContaining({ code: "invalid_input" }));
});
