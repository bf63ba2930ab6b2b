import { expect, it } from "vitest";
import { testInstallation } from "../test-installation.ts";
import {
  expectFeedResumes,
  KILLED_FEED_APPROVALS,
  killProcessInFeed,
  sendApprovalsToLoad,
} from "./killed-feed.ts";

it("goes on after kill -9 of the process that loads, without a loss or a double", {
  timeout: 120_000,
}, async () => {
  const installation = await testInstallation();
  await sendApprovalsToLoad(installation);
  await killProcessInFeed(installation.databaseUrl!, 2);
  await expectFeedResumes(installation);
});

it("shares the work of two processes, each signal once, while a third sends more", {
  timeout: 120_000,
}, async () => {
  const installation = await testInstallation();
  await sendApprovalsToLoad(installation);
  const late = Array.from({ length: 500 }, (_, place) => ({
    agent: "inbox_triage",
    task_key: `late-${place}`,
    action: "quarantine",
    status: "rejected",
    payload: {},
    decided_at: "2026-03-01T11:00:00Z",
  }));
  const [one, other] = await Promise.all([
    installation.feeds.loadFromApprovals(),
    installation.feeds.loadFromApprovals(),
    installation.signals.ingest("approvals", late, { actor: "ana" }),
  ]);
  const rest = await installation.feeds.loadFromApprovals();
  expect(one.loaded + other.loaded + rest.loaded).toBe(KILLED_FEED_APPROVALS + 500);
  expect(one.duplicates + other.duplicates + rest.duplicates).toBe(0);
});
