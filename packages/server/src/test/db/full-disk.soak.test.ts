/** The embedded database on a disk that fills up, and has room again: a small file system in memory, for root. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { serveProcess } from "../serve-process.ts";

it("a full disk is told in each answer; nothing that was acknowledged is lost", {
  timeout: 300_000,
}, async ({ skip }) => {
  const disk = await mkdtemp(join(tmpdir(), "relearn-full-disk-"));
  const mount = (...options: string[]) => spawnSync("mount", [...options, disk]).status === 0;
  if (!mount("-t", "tmpfs", "-o", "size=75M", "tmpfs")) skip("no file system can be mounted here");
  onTestFinished(async () => {
    spawnSync("umount", ["-l", disk]);
    await rm(disk, { recursive: true, force: true });
  });
  const place = join(disk, "data");
  const service = await serveProcess(place);
  let kept = 0;
  const post = async (batch: number): Promise<number> => {
    const records = Array.from({ length: 200 }, (_, index) => ({
      agent: "inbox_triage",
      task_key: `${batch}-${index}`,
      // Random, so that it is not stored packed.
      payload: { text: Array.from({ length: 200 }, () => Math.random().toString(36)).join("") },
      label: "Safe",
    }));
    const answer = await fetch(`${service.address}/v1/signals/gold`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(records),
    });
    const body = (await answer.json()) as { stored?: number; code?: string; detail?: string };
    if (answer.status === 200) kept += body.stored ?? 0;
    else
      expect([answer.status, body.code, body.detail]).toEqual([
        503,
        "database_unavailable",
        expect.stringContaining("no room"),
      ]);
    return answer.status;
  };
  const statuses: number[] = [];
  while (statuses.filter((status) => status === 503).length < 5) statuses.push(await post(statuses.length));
  expect(kept).toBeGreaterThan(1000);
  expect((await fetch(`${service.address}/v1/agents`)).status).toBe(200);
  expect(mount("-o", "remount,size=400M")).toBe(true);
  expect(await post(10_000)).toBe(200);
  await service.stop();

  const again = await serveProcess(place);
  const loaded = await fetch(`${again.address}/v1/feeds/load`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect(await loaded.json()).toMatchObject({ gold: kept });
  expect(await (await fetch(`${again.address}/v1/audit/verification`)).json()).toMatchObject({
    intact: true,
  });
});
