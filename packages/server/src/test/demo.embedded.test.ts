import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../clock.ts";
import { type Installation, openInstallation } from "../compose.ts";
import { createRelearn } from "../create-relearn.ts";
import { type Demo, ensureDemo, loadDemo } from "../run-demo.ts";

const AGENT = "inbox_triage";

describe("the demo", () => {
  let demo: Demo;
  let parent: string;
  let folder: string;
  let relearn: Installation;
  const told: string[] = [];
  const shares: number[] = [];

  beforeAll(async () => {
    demo = await loadDemo();
    parent = await mkdtemp(join(tmpdir(), "relearn-demo-"));
    folder = join(parent, "demo");
    // What a build leaves behind that was killed.
    await mkdir(`${folder}.building`);
    await writeFile(join(`${folder}.building`, "half"), "");
    const built = await ensureDemo(demo, folder, {
      progress: (share) => shares.push(share),
      happened: ({ text }) => told.push(text),
    });
    expect(built).toBe(true);
    relearn = await openInstallation({ kind: "folder", folder });
  }, 600_000);

  afterAll(async () => {
    await relearn?.close();
    await rm(parent, { recursive: true, force: true });
  });

  it("runs the whole loop: a first bundle in full, a good one through its stages, a harmful one taken back", async () => {
    const rollouts = (await relearn.rollouts.list({ agent: AGENT }, 10)).map(({ rollout }) => rollout);
    const [third, harmful, second, first] = rollouts;
    expect(rollouts).toHaveLength(4);
    expect(first).toMatchObject({ state: "completed", result: "unguarded", proposed_by: "ana" });
    expect(second).toMatchObject({ state: "completed", stage: 2 });
    expect(["better", "not_worse"]).toContain(second!.result);
    expect(harmful).toMatchObject({ state: "rolled_back", reason: { by: "guard" } });
    expect(harmful!.reason!.text).toContain("quality -");
    expect(third).toMatchObject({ state: "proposed" });
    expect((await relearn.rollouts.release(AGENT)).active_bundle_id).toBe(second!.bundle_id);
    for (const { approvals, proposed_by } of [first!, second!, harmful!]) {
      expect(approvals[0]!.by).not.toBe(proposed_by);
    }
  });

  it("decides better than the agent's own rule did, on mail that comes later", async () => {
    const share = (about: string) =>
      Number(/([\d.]+) % of \d+ mails/.exec(told.find((text) => text.includes(about))!)![1]);
    expect(share("The first bundle decided")).toBeGreaterThan(share("The agent's built-in rule"));
    expect(share("Both bundles together")).toBeGreaterThan(share("The first bundle decided"));
  });

  it("ends at the present, with every job run at its hours and none overdue", async () => {
    const [newest] = await relearn.audit.list({}, { limit: 1 });
    expect(Math.abs(systemClock.now().getTime() - Date.parse(newest!.at))).toBeLessThan(1_200_000);
    for (const job of await relearn.jobs.list()) {
      expect(job).toMatchObject({ overdue_since: null, last_run: { state: "succeeded" } });
    }
    expect(shares.at(-1)).toBeCloseTo(1, 6);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });

  it("keeps books that hold: the audit chain, the journals, the bundles", async () => {
    expect(await relearn.audit.verify()).toMatchObject({ intact: true });
    const { active_bundle_id } = await relearn.rollouts.release(AGENT);
    expect(await relearn.bundles.verify(active_bundle_id!)).toMatchObject({ reproduced: true });
    expect((await relearn.examples.stats()).by_source).toMatchObject({
      gold: expect.any(Number),
      approvals: expect.any(Number),
      feedback: expect.any(Number),
      review: expect.any(Number),
    });
  });

  it("sums itself up from what is stored", async () => {
    const { lines, next } = await demo.summariseDemo(createRelearn(relearn));
    const text = lines.join("\n");
    for (const { rollout } of await relearn.rollouts.list({ agent: AGENT }, 10)) {
      expect(text).toContain(rollout.bundle_id);
    }
    expect(text).toContain("chain intact");
    expect(next).toHaveLength(3);
    for (const line of lines) expect(line).not.toMatch(/undefined|NaN|null/);
  });

  it("is not built again where it stands, and leaves nothing beside it", async () => {
    expect(existsSync(`${folder}.building`)).toBe(false);
    const told: string[] = [];
    const built = await ensureDemo(demo, folder, {
      progress: () => {},
      happened: ({ text }) => told.push(text),
    });
    expect({ built, told }).toEqual({ built: false, told: [] });
  });
});
