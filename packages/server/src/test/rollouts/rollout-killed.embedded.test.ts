import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { expectTransitionsOrNone, killPlan } from "./killed-rollout.ts";
import { transitions } from "./rollout-transitions.ts";

// The transitions that this round leaves out are killed on the other engine.
const plan = killPlan(0);

it("every transition or nothing of it, killed (-9) at its writes and after its commit", {
  timeout: 1_800_000,
}, async () => {
  const base = await mkdtemp(join(tmpdir(), "relearn-killed-rollout-"));
  onTestFinished(() => rm(base, { recursive: true, force: true }));
  let made = 0;
  const fresh = (): string => `file:${join(base, String(made++))}`;
  const toFolder = (url: string): string => url.slice("file:".length);
  const databases = {
    async copy(url: string) {
      const copy = fresh();
      // Without PostgreSQL's two templates: half of the files, and nobody connects to them.
      const filter = (path: string): boolean => !/\/base\/[14]$/.test(path);
      await cp(toFolder(url), toFolder(copy), { recursive: true, filter });
      return copy;
    },
    remove: (url: string) => rm(toFolder(url), { recursive: true, force: true }),
  };
  const kills = await expectTransitionsOrNone(databases, fresh(), plan);
  expect(kills).toBeGreaterThanOrEqual((plan === "every write" ? 6 : 0.5) * transitions.length);
});
