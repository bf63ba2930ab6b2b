import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import type { Installation } from "../../compose.ts";

/** Pages of a run: enough that a process is killed well before the last. */
export const KILLED_FEED_APPROVALS = 6000;

/** Stores the approvals that the process below is to load. */
export async function sendApprovalsToLoad({ signals }: Installation): Promise<void> {
  const records = Array.from({ length: KILLED_FEED_APPROVALS }, (_, place) => ({
    agent: "inbox_triage",
    task_key: `thread-${place}`,
    action: "quarantine",
    status: "approved",
    payload: { risk_score: place % 100 },
    decided_at: "2026-03-01T10:00:00Z",
  }));
  expect(await signals.ingest("approvals", records, { actor: "ana" })).toMatchObject({
    stored: KILLED_FEED_APPROVALS,
  });
}

/** Starts a process that loads the approvals and kills it (-9) after its `pages`-th page has committed. */
export async function killProcessInFeed(url: string, pages: number): Promise<void> {
  const program = fileURLToPath(new URL("./feed-process.ts", import.meta.url));
  const child = spawn(process.execPath, [program, url], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("page ")) seen += 1;
    if (seen === pages) break;
  }
  child.kill("SIGKILL");
  expect(await exited).toEqual([null, "SIGKILL"]);
  expect(seen).toBe(pages);
}

/** What a second run finds: what the killed one committed, and nothing lost or double. */
export async function expectFeedResumes({ feeds, examples, audit }: Installation): Promise<void> {
  const before = (await examples.stats()).total;
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(KILLED_FEED_APPROVALS);
  expect(await feeds.loadFromApprovals()).toMatchObject({
    read: KILLED_FEED_APPROVALS - before,
    loaded: KILLED_FEED_APPROVALS - before,
    duplicates: 0,
    conflicts: 0,
  });
  expect((await examples.stats()).total).toBe(KILLED_FEED_APPROVALS);
  expect(await feeds.loadFromApprovals()).toMatchObject({ read: 0 });
  expect(await audit.verify()).toMatchObject({ intact: true });
}
