import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { HOUR_MS } from "../clock.ts";
import type { Installation } from "../compose.ts";
import type { Tables } from "../db/tables.ts";
import { seededRandom } from "../numerics/random.ts";
import type { TestInstallation } from "./test-installation.ts";
import { activeBundle, approvedBundle, hourOfTraffic } from "./traffic.ts";

/** Everything that a transition writes. */
const tables = [
  "rollouts",
  "rollout_events",
  "rollout_receipts",
  "rollout_epochs",
  "rollout_looks",
  "scored_units",
  "bundle_backups",
  "notifications",
  "audit_events",
] as const satisfies readonly (keyof Tables)[];

export interface RolloutSnapshot {
  readonly state: string;
  readonly generation: number;
  readonly release: object;
  readonly rows: Readonly<Record<string, number>>;
  /** The receipts, the evidence, the looks and the audit log fit each other. */
  readonly sound: boolean;
}

/** What a rollout's tables hold. */
export async function rolloutSnapshot(installation: Installation): Promise<RolloutSnapshot> {
  const { rollouts, database, audit, replays } = installation;
  const [newest] = await rollouts.list({ agent: "inbox_triage" }, 1);
  const rows: Record<string, number> = {};
  for (const table of tables) {
    const { count } = await database.kysely
      .selectFrom(table)
      .select((query) => query.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    rows[table] = Number(count);
  }
  return {
    state: newest!.rollout.state,
    generation: newest!.rollout.generation,
    release: await rollouts.release("inbox_triage"),
    rows,
    sound: (await audit.verify()).intact && (await replays.replay(newest!.rollout.rollout_id)).identical,
  };
}

/** A canary of which the next look is the one that gives it all traffic: the transition that writes most. */
export async function prepareWidening(relearn: TestInstallation): Promise<void> {
  const policy = { policy: "specification", stages: [10, 100], check_interval_hours: 4 };
  await relearn.settings.set("rollout_policy.inbox_triage", policy, { actor: "ana" });
  await relearn.notifications.add("pager", { url: "http://127.0.0.1:9/", actor: "ana" });
  await activeBundle(relearn, 1);
  // So that the newest rollout is the second.
  relearn.clock.advance(HOUR_MS);
  const { approvalId } = await approvedBundle(relearn, 2);
  await relearn.bundles.apply(approvalId, { actor: "ben" });
  const arms = { active: { quality: 0.5, latencyMs: 200 }, canary: { quality: 0.95, latencyMs: 150 } };
  await hourOfTraffic(relearn, 800, arms, seededRandom(1), 6);
}

interface Run {
  readonly found: RolloutSnapshot;
  readonly looked: { readonly changed: boolean; readonly written: number } | undefined;
  readonly left: RolloutSnapshot | undefined;
}

/** Runs `rollout-process.ts` until it ends or is killed; which of both it was is checked. */
async function runProcess(url: string, now: Date, dieAfter: number | undefined): Promise<Run> {
  const program = fileURLToPath(new URL("./rollout-process.ts", import.meta.url));
  const args = [program, url, now.toISOString(), ...(dieAfter === undefined ? [] : [String(dieAfter)])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  const said: Record<string, unknown> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const space = line.indexOf(" ");
    said[line.slice(0, space)] = JSON.parse(line.slice(space + 1));
  }
  expect(await exited).toEqual(said["left"] === undefined ? [null, "SIGKILL"] : [0, null]);
  return said as unknown as Run;
}

/**
 * Kills the process after each row that the transition writes, or after every `step`-th, and at last right
 * after the commit: what the next process finds is nothing of it or all of it, once. And the next look changes
 * nothing more. Returns how often a process was killed.
 */
export async function expectOneTransitionOrNone(url: string, now: Date, step: number): Promise<number> {
  const first = await runProcess(url, now, 1);
  const before = first.found;
  expect(before).toMatchObject({ state: "canary", sound: true });
  let kills = 1;
  let last = await runProcess(url, now, 1 + step);
  while (last.found.generation === before.generation) {
    expect(last.found).toEqual(before);
    kills += 1;
    expect(kills).toBeLessThan(200);
    last = await runProcess(url, now, 1 + kills * step);
  }
  // The one before had more rows to write than there are: it was killed after its commit.
  const { found } = last;
  expect(found).toMatchObject({ state: "full", generation: before.generation + 1, sound: true });
  const grown = Object.entries(found.rows).map(([table, rows]) => [table, rows - before.rows[table]!]);
  expect(Object.fromEntries(grown)).toMatchObject({
    rollouts: 0,
    rollout_events: 1,
    rollout_receipts: 1,
    rollout_epochs: 1,
    rollout_looks: 1,
    notifications: 1,
    audit_events: 1,
  });
  expect(grown.find(([table]) => table === "scored_units")![1]).toBeGreaterThan(100);
  const again = await runProcess(url, now, undefined);
  expect(again.looked?.changed).toBe(false);
  expect(again.left).toMatchObject({ state: "full", generation: found.generation, sound: true });
  return kills;
}
