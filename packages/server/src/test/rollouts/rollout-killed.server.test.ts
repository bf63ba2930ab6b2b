import { expect, it } from "vitest";
import { HOUR_MS } from "../../clock.ts";
import { composeInstallation } from "../../compose.ts";
import { openServerDatabase } from "../../db/server-database.ts";
import { seededRandom } from "../../numerics/random.ts";
import { onServer, withDatabaseName } from "../global-setup.ts";
import { createTestDatabase } from "../test-database.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { activeBundle, approvedBundle, hourOfTraffic } from "../traffic.ts";
import { expectTransitionsOrNone, killPlan, rolloutSnapshot } from "./killed-rollout.ts";
import { transitions } from "./rollout-transitions.ts";

// The transitions that this round leaves out are killed on the other engine.
const plan = killPlan(1);

it("every transition or nothing of it, killed (-9) at its writes and after its commit", {
  timeout: 1_800_000,
}, async () => {
  const { database, url, dispose } = await createTestDatabase();
  await database.close();
  const toDatabaseName = (address: string): string => new URL(address).pathname.slice(1);
  const made = new Set<string>();
  let number = 0;
  const databases = {
    async copy(from: string) {
      number += 1;
      const name = `${toDatabaseName(url!)}_${number}`;
      made.add(name);
      await onServer(url!, `create database ${name} template ${toDatabaseName(from)}`);
      return withDatabaseName(url!, name);
    },
    async remove(address: string) {
      if (address === url) return;
      made.delete(toDatabaseName(address));
      await onServer(url!, `drop database ${toDatabaseName(address)} with (force)`);
    },
  };
  try {
    const kills = await expectTransitionsOrNone(databases, url!, plan);
    expect(kills).toBeGreaterThanOrEqual((plan === "every write" ? 6 : 0.5) * transitions.length);
  } finally {
    for (const name of made) await onServer(url!, `drop database if exists ${name} with (force)`);
    await dispose();
  }
});

/** A canary of which the next analysis is the one that gives it all traffic: the transition that writes most. */
async function preparePromotion(relearn: TestInstallation): Promise<void> {
  const policy = { policy: "specification", stages: [10, 100], check_interval_hours: 4 };
  await relearn.settings.set("rollout_policy.inbox_triage", policy, { actor: "ana" });
  await relearn.notifications.add("pager", { url: "http://127.0.0.1:9/", actor: "ana" });
  await activeBundle(relearn, 1);
  // So that the newest rollout is the second.
  relearn.clock.advance(HOUR_MS);
  const { approvalId } = await approvedBundle(relearn, 2);
  await relearn.approvals.apply(approvalId, { actor: "ben" });
  const arms = { active: { quality: 0.5, latencyMs: 200 }, canary: { quality: 0.95, latencyMs: 150 } };
  await hourOfTraffic(relearn, 800, arms, seededRandom(1), 6);
}

it("two guards in two installations at once: one widens, once", { timeout: 120_000 }, async () => {
  const relearn = await testInstallation();
  await preparePromotion(relearn);
  const { generation } = (await relearn.guard.status("inbox_triage")).rollout!;
  const { rows } = await rolloutSnapshot(relearn);
  const other = await composeInstallation(await openServerDatabase({ url: relearn.databaseUrl! }), {
    clock: relearn.clock,
  });
  try {
    const analyses = await Promise.all(
      [relearn, other, relearn, other].map(({ guard }) => guard.analyze("inbox_triage")),
    );
    expect(analyses.filter((analysis) => analysis.changed)).toHaveLength(1);
  } finally {
    await other.close();
  }
  const after = await rolloutSnapshot(relearn);
  expect(after.rollouts[0]).toMatchObject({ state: "full", generation: generation + 1 });
  // Whoever looked second saw the units that were scored already, and none twice.
  expect(after).toMatchObject({
    sound: true,
    rows: {
      rollout_receipts: rows.rollout_receipts + 1,
      rollout_analyses: 4,
      notifications: rows.notifications + 1,
    },
  });
});
