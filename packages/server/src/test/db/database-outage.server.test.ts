/** The PostgreSQL server goes away under a running service and comes back: a server and a process of their own. */
import { join } from "node:path";
import pg from "pg";
import { expect, it, onTestFinished, vi } from "vitest";
import { startOwnServerPostgres } from "../../../../../scripts/testing/server-postgres.ts";
import { serveProcess } from "../serve-process.ts";

/** A server of this test's own, which it may kill; skipped where none can be had. */
async function mortalServer(skip: (reason: string) => never) {
  const server = await startOwnServerPostgres(new AbortController().signal);
  if ("unavailable" in server) {
    if (process.env["CI"] === "true") throw new Error(server.unavailable);
    return skip(server.unavailable);
  }
  onTestFinished(() => server.stop());
  return {
    url: server.url,
    // Every process of the server at once, nothing written down, as in a crash.
    crash: () => server.control("stop", "-m", "immediate"),
    start: () => server.control("start", "-w", "-l", join(server.dataFolder, "log")),
  };
}

it("is told in each answer while it lasts, ends no process, and is over when the server is back", {
  timeout: 240_000,
}, async ({ skip }) => {
  const server = await mortalServer(skip);
  const service = await serveProcess(server.url);
  let sent = 0;
  const kept: string[] = [];
  const post = async (): Promise<number> => {
    const key = `task-${sent++}`;
    const answer = await fetch(`${service.address}/v1/signals/gold`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify([{ agent: "inbox_triage", task_key: key, payload: {}, label: "Safe" }]),
      signal: AbortSignal.timeout(60_000),
    });
    const body = (await answer.json()) as { code?: string };
    if (answer.status === 200) kept.push(key);
    else
      expect([answer.status, body.code, answer.headers.get("retry-after")]).toEqual([
        503,
        "database_unavailable",
        "5",
      ]);
    return answer.status;
  };
  expect(await post()).toBe(200);
  let isOver = false;
  const statuses: number[] = [];
  const callers = Array.from({ length: 4 }, async () => {
    while (!isOver) statuses.push(await post());
  });
  await vi.waitFor(() => expect(kept.length).toBeGreaterThan(20), { timeout: 60_000 });
  // Also a connection that is in use between two statements, and a stream of changes.
  const changes = await fetch(`${service.address}/v1/changes`);
  server.crash();
  await vi.waitFor(() => expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(20), {
    timeout: 60_000,
  });
  const read = await fetch(`${service.address}/v1/agents`);
  expect([read.status, await read.json()]).toMatchObject([503, { code: "database_unavailable" }]);
  expect((await fetch(`${service.address}/healthz`)).status).toBe(200);

  server.start();
  const before = kept.length;
  await vi.waitFor(() => expect(kept.length).toBeGreaterThan(before + 20), { timeout: 60_000 });
  isOver = true;
  await Promise.all(callers);
  // It was broken off, or goes on: its reader comes again with the number of the last event.
  await changes.body?.cancel().catch(() => {});
  const run = await fetch(`${service.address}/v1/jobs/load_labeled_data/run`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect([run.status, await run.json()]).toMatchObject([200, { state: "succeeded" }]);
  expect(service.isRunning()).toBe(true);
  expect(service.printed()).not.toMatch(/unhandled|uncaught/i);

  // Whatever was acknowledged is there.
  const client = new pg.Client(server.url);
  await client.connect();
  const { rows } = await client.query<{ task_key: string }>("select task_key from golden_tasks");
  await client.end();
  const found = new Set(rows.map(({ task_key }) => task_key));
  expect(kept.filter((key) => !found.has(key))).toEqual([]);
  const audit = await fetch(`${service.address}/v1/audit/verification`);
  expect(await audit.json()).toMatchObject({ intact: true });
});
