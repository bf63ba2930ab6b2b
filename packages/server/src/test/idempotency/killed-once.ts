import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import type { Installation } from "../../compose.ts";
import type { TestInstallation } from "../test-installation.ts";
import { addExamples } from "../traffic.ts";

/** A bundle that can be proposed. */
export async function prepareProposal(relearn: Installation): Promise<string> {
  await addExamples(relearn as TestInstallation, 80);
  return (await relearn.bundles.create("inbox_triage", { actor: "ana" })).bundle_id;
}

interface Running {
  readonly address: string;
  readonly exited: Promise<unknown[]>;
  end(): Promise<void>;
}

async function startProcess(url: string, dieAfter: number | undefined): Promise<Running> {
  const program = fileURLToPath(new URL("./once-process.ts", import.meta.url));
  const args = [program, url, ...(dieAfter === undefined ? [] : [String(dieAfter)])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  const [address] = (await once(lines, "line")) as [string];
  return {
    address,
    exited,
    async end() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

const KEY = "6b1f7c1e-0d1c-4f4e-9b5e-0c9d2f8f3a11";

const propose = ({ address }: Running, bundleId: string, key = KEY) =>
  fetch(`${address}/v1/bundles/${bundleId}/proposal`, {
    method: "POST",
    headers: { "content-type": "application/json", "relearn-actor": "ana", "idempotency-key": key },
    body: "{}",
  });

/** What the request leaves behind, all of it. */
async function found({ address }: Running) {
  const read = async (path: string) =>
    (await fetch(address + path)).json() as Promise<Record<string, unknown[]>>;
  const { approvals } = await read("/v1/approvals");
  const { events } = await read("/v1/audit?kind=rollout.propose");
  const { rollouts } = await read("/v1/rollouts");
  return [approvals!.length, events!.length, rollouts!.length];
}

/**
 * Kills the service after every `step`-th row that a POST with a key writes, and at last between its commit and
 * its answer: the next service finds nothing of it or all of it, and the same request with the same key is then
 * carried out, or answered as it was, never done twice. `forgetHolder` lets the time pass after which a
 * process that is silent counts as gone. Returns how often it was killed.
 */
export async function expectOnceDespiteKills(
  url: string,
  bundleId: string,
  step: number,
  forgetHolder: () => Promise<void>,
): Promise<number> {
  let kills = 0;
  for (;;) {
    const service = await startProcess(url, 1 + kills * step);
    const before = await found(service);
    if (before[0] === 1) {
      // The one before was killed after its commit: the whole effect, and its answer.
      expect(before).toEqual([1, 1, 1]);
      const again = await propose(service, bundleId).catch(() => undefined);
      expect(again).toBeUndefined();
      break;
    }
    expect(before).toEqual([0, 0, 0]);
    await expect(propose(service, bundleId)).rejects.toThrow();
    expect(await service.exited).toEqual([null, "SIGKILL"]);
    kills += 1;
    expect(kills).toBeLessThan(40);
    await forgetHolder();
  }
  const service = await startProcess(url, undefined);
  const answer = await propose(service, bundleId);
  expect([answer.status, answer.headers.get("idempotent-replayed")]).toEqual([200, "true"]);
  expect(await answer.json()).toMatchObject({ approval_id: expect.any(String) });
  expect(await found(service)).toEqual([1, 1, 1]);
  const reused = await fetch(`${service.address}/v1/feeds/load`, {
    method: "POST",
    headers: { "content-type": "application/json", "relearn-actor": "ana", "idempotency-key": KEY },
    body: "{}",
  });
  expect([reused.status, await reused.json()]).toMatchObject([422, { code: "idempotency_key_reused" }]);
  await service.end();
  return kills;
}
