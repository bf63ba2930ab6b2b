import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { ManualClock } from "../../clock.ts";
import { composeInstallation, type Installation } from "../../compose.ts";
import { parseDatabaseUrl } from "../../config.ts";
import { openDatabase } from "../../db/open-database.ts";
import type { Tables } from "../../db/tables.ts";
import { type FaultPoints, withFaultPoints } from "../fault-points.ts";
import { TEST_START } from "../test-installation.ts";
import type { TimedInstallation } from "../traffic.ts";
import type { KillOrder } from "./rollout-process.ts";
import { beginLife, type Transition, transitions } from "./rollout-transitions.ts";

/** Everything that transitions write. */
const tables = [
  "rollouts",
  "rollout_events",
  "rollout_receipts",
  "rollout_epochs",
  "rollout_evidence",
  "rollout_analyses",
  "rollout_overrides",
  "scored_units",
  "releases",
  "bundle_backups",
  "notifications",
  "audit_events",
] as const satisfies readonly (keyof Tables)[];

/** What a database's rollouts are, without the names that chance gives. */
export interface RolloutSnapshot {
  /** Newest first. */
  readonly rollouts: readonly object[];
  readonly release: object;
  readonly bundles: readonly string[];
  readonly rows: Readonly<Record<(typeof tables)[number], number>>;
  /** The receipts, the evidence, the looks and the audit log fit each other. */
  readonly sound: boolean;
}

export async function rolloutSnapshot(relearn: Installation): Promise<RolloutSnapshot> {
  const stored = await relearn.rollouts.list({ agent: "inbox_triage" }, 100);
  const rows: [string, number][] = [];
  for (const table of tables) {
    const { count } = await relearn.database.kysely
      .selectFrom(table)
      .select((query) => query.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    rows.push([table, Number(count)]);
  }
  const replays = [];
  // The newest two: no transition of the life moves another one, and replaying all of them each time takes longest.
  for (const { rollout } of stored.slice(0, 2)) {
    replays.push(await relearn.replays.replay(rollout.rollout_id));
  }
  const { rollout_id: _id, ...release } = await relearn.rollouts.release("inbox_triage");
  const bundles = await relearn.bundles.list({ agent: "inbox_triage" }, 100);
  return {
    rollouts: stored.map(({ rollout: { rollout_id: _rollout, ...rest } }) => rest),
    release,
    bundles: bundles.map(({ bundle, status }) => `${bundle.bundle_id} ${status}`),
    rows: Object.fromEntries(rows) as RolloutSnapshot["rows"],
    sound: (await relearn.audit.verify()).intact && replays.every((replay) => replay.identical),
  };
}

/** Databases of the engine that is tested; one that is copied is open nowhere. */
export interface Databases {
  /** The address of a copy. */
  copy(url: string): Promise<string>;
  remove(url: string): Promise<void>;
}

/** Databases that one process is killed in at once. */
const MAX_FOLDER_COPIES = 24;

interface Kill {
  readonly order: KillOrder;
  readonly transition: Transition;
  /** Whether the transition is carried out again afterwards. */
  readonly goesOn: boolean;
  readonly before: RolloutSnapshot;
  readonly after: RolloutSnapshot;
}

/**
 * Killed at every write of every transition; or, as copying and opening databases takes its time, of every
 * second one at one of its writes or its commit: other ones in another round.
 */
export type KillPlan = "every write" | { readonly round: number };

/** What a run of the tests is asked to do; `npm run soak` counts its rounds. */
export function killPlan(firstRound: number): KillPlan {
  if (process.env["RELEARN_EVERY_WRITE"] !== undefined) return "every write";
  return { round: firstRound + Number(process.env["RELEARN_ROUND"] ?? 0) };
}

/**
 * Carries out every transition of a life, beginning in the database at `url`, and kills a process (-9) in
 * copies of it, after statements of the transition that write and right after its commit. What is found then
 * is nothing of the transition, and carrying it out makes it whole; or all of it, once, and carrying it out
 * again changes nothing. Returns the number of copies that a process was killed in.
 */
export async function expectTransitionsOrNone(
  databases: Databases,
  url: string,
  plan: KillPlan,
): Promise<number> {
  let present = url;
  let relearn = await open(present, TEST_START);
  await beginLife(relearn);
  let waiting: Kill[] = [];
  let kills = 0;
  for (const [place, transition] of transitions.entries()) {
    await transition.prepare?.(relearn);
    if (plan !== "every write" && (place + plan.round) % 2 === 1) {
      await transition.act(relearn);
      continue;
    }
    const now = relearn.clock.now();
    const before = await rolloutSnapshot(relearn);
    await relearn.close();
    const next = await databases.copy(present);
    let writes = 0;
    let commits = 0;
    relearn = await open(next, now, { written: () => void writes++, committed: () => void commits++ });
    writes = commits = 0;
    await transition.act(relearn);
    expect(commits, transition.name).toBe(1);
    const after = await rolloutSnapshot(relearn);
    expectTransition(transition, before, after);
    // After more writes than there are: after the commit.
    const points = Array.from({ length: writes + 1 }, (_, index) => index + 1);
    for (const dieAfter of plan === "every write" ? points : [choosePoint(points, place, plan.round)]) {
      const copy = await databases.copy(present);
      waiting.push({
        order: { url: copy, transition: transition.name, now: now.toISOString(), dieAfter, writes },
        transition,
        // Of every write: after the first one, the last one and the commit, since it takes as long as all the rest.
        goesOn:
          (plan !== "every write" || dieAfter === 1 || dieAfter >= writes) &&
          !(transition.isAnotherWhenRepeated && dieAfter > writes),
        before,
        after,
      });
      if (waiting.length < MAX_FOLDER_COPIES) continue;
      kills += await expectKilled(databases, waiting);
      waiting = [];
    }
    await databases.remove(present);
    present = next;
  }
  await relearn.close();
  await databases.remove(present);
  return kills + (await expectKilled(databases, waiting));
}

function choosePoint(points: readonly number[], place: number, round: number): number {
  return points[(5 * place + Math.floor(round / 2)) % points.length]!;
}

async function open(url: string, now: Date, faults?: FaultPoints): Promise<TimedInstallation> {
  const { database, lock } = await openDatabase(parseDatabaseUrl(url));
  const clock = new ManualClock(now);
  const faulty = faults === undefined ? database : withFaultPoints(database, faults);
  return { ...(await composeInstallation(faulty, { clock, lock, newSalt: () => "salt" })), clock };
}

/** What each kind of transition writes, told apart from what the run says that it wrote. */
function expectTransition(
  { name, state, generations = 1, notifications = 1 }: Transition,
  before: RolloutSnapshot,
  after: RolloutSnapshot,
): void {
  expect(before.sound && after.sound, name).toBe(true);
  expect(after.rollouts[0], name).toMatchObject({ state });
  const grown = (table: keyof RolloutSnapshot["rows"]): number => after.rows[table] - before.rows[table];
  expect(grown("rollout_events"), name).toBe(generations);
  expect(grown("audit_events"), name).toBeGreaterThanOrEqual(generations === 0 ? 0 : 1);
  expect(grown("notifications"), name).toBe(notifications);
}

/** Kills one process in all of the databases, and says in how many. */
async function expectKilled(databases: Databases, kills: readonly Kill[]): Promise<number> {
  if (kills.length === 0) return 0;
  const program = fileURLToPath(new URL("./rollout-process.ts", import.meta.url));
  const orders = JSON.stringify(kills.map((kill) => kill.order));
  const child = spawn(process.execPath, [program, orders], { stdio: ["ignore", "ignore", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
  for (const { order, transition, goesOn, before, after } of kills) {
    const what = `${transition.name}, killed after write ${order.dieAfter} of ${order.writes}`;
    const relearn = await open(order.url, new Date(order.now));
    try {
      const found = await rolloutSnapshot(relearn);
      const isCommitted = order.dieAfter > order.writes;
      expect(found, what).toEqual(isCommitted ? after : before);
      if (!goesOn) continue;
      const again = transition.act(relearn);
      await (isCommitted ? again.catch(() => {}) : again);
      const { rollout_analyses, ...rows } = after.rows;
      const then = await rolloutSnapshot(relearn);
      expect(then, what).toEqual({ ...after, rows: { ...rows, rollout_analyses: expect.any(Number) } });
      if (!isCommitted) expect(then.rows.rollout_analyses, what).toBe(rollout_analyses);
    } finally {
      await relearn.close();
      await databases.remove(order.url);
    }
  }
  return kills.length;
}
