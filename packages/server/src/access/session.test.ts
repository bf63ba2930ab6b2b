import { expect, it } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../clock.ts";
import { isSessionLive } from "./session.ts";

const start = Date.parse("2026-03-02T12:00:00Z");
const at = (milliseconds: number): Date => new Date(start + milliseconds);
const key = { expires_at: null, revoked_at: null };
const session = { last_seen_at: at(0), expires_at: at(12 * HOUR_MS), ended_at: null };

it.each([
  ["just begun", session, key, at(0), true],
  ["half an hour less a moment idle", session, key, at(30 * MINUTE_MS - 1), true],
  ["half an hour idle", session, key, at(30 * MINUTE_MS), false],
  [
    "twelve hours less a moment old",
    { ...session, last_seen_at: at(11.9 * HOUR_MS) },
    key,
    at(12 * HOUR_MS - 1),
    true,
  ],
  ["twelve hours old", { ...session, last_seen_at: at(12 * HOUR_MS) }, key, at(12 * HOUR_MS), false],
  ["signed out", { ...session, ended_at: at(1) }, key, at(2), false],
  ["its key revoked", session, { ...key, revoked_at: at(1) }, at(2), false],
  ["its key ended", session, { ...key, expires_at: at(2) }, at(2), false],
] as const)("a session that is %s", (_, one, itsKey, now, live) => {
  expect(isSessionLive(one, itsKey, now)).toBe(live);
});
