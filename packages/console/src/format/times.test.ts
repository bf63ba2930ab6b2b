import { expect, it } from "vitest";
import { formatDistance, formatTime } from "./times.ts";

const now = new Date("2026-11-29T10:00:00Z");

it("leaves out the present year alone", () => {
  expect(formatTime("2026-03-09T13:02:00Z", now, "Europe/Berlin")).toBe("9 Mar, 14:02 CET");
  expect(formatTime("2025-12-31T22:30:00Z", now, "Europe/Berlin")).toBe("31 Dec 2025, 23:30 CET");
  // The year turns where one lives.
  expect(formatTime("2025-12-31T23:30:00Z", now, "Europe/Berlin")).toBe("1 Jan, 00:30 CET");
});

it("counts minutes, hours to three days, then days", () => {
  expect(formatDistance("2026-11-29T10:00:20Z", now)).toBe("now");
  expect(formatDistance("2026-12-02T09:00:00Z", now)).toBe("in 71 h");
  expect(formatDistance("2026-11-25T09:00:00Z", now)).toBe("4 d ago");
});
