/** Rollouts under rules of the guard that this version of Relearn does not have. */
import type { StoredReplay } from "@relearn/contract";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { HOUR_MS } from "../../clock.ts";
import { seededRandom } from "../../numerics/random.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { activeBundle, approvedBundle, hourOfTraffic } from "../traffic.ts";

const usual = { quality: 0.8, latencyMs: 200 };

/** A canary that the guard has looked at once, and whose rollout then says that it runs under rules 7. */
async function underUnknownRules(): Promise<TestInstallation & { rolloutId: string }> {
  const relearn = await testInstallation();
  await activeBundle(relearn);
  const { approvalId, rolloutId } = await approvedBundle(relearn, 2);
  await sql`update rollouts set document = document || '{"rules": 7}' where rollout_id = ${rolloutId}`.execute(
    relearn.database.kysely,
  );
  await sql`update rollout_events set detail = jsonb_set(detail, '{rollout,rules}', '7')
    where rollout_id = ${rolloutId} and kind = 'propose'`.execute(relearn.database.kysely);
  await relearn.approvals.apply(approvalId, { actor: "ben" });
  return { ...relearn, rolloutId };
}

it("are not looked at, and a person can end them", async () => {
  const relearn = await underUnknownRules();
  await hourOfTraffic(relearn, 60, { active: usual, canary: usual }, seededRandom(1), 2);
  await expect(relearn.guard.analyze("inbox_triage")).rejects.toMatchObject({
    code: "unknown_rules",
    message: expect.stringContaining("runs under rules 7; this version of Relearn has rules 1."),
    details: { rules: 7, known: [1] },
  });
  expect(await relearn.guard.nightlyGuardCheck()).toMatchObject({
    analyses: [],
    failures: [{ agent: "inbox_triage", error: expect.stringContaining("rules 7") }],
  });
  relearn.clock.advance(HOUR_MS);
  const { rollout } = await relearn.guard.rollbackCanary("inbox_triage", { actor: "ana" });
  expect(rollout).toMatchObject({ state: "rolled_back", rules: 7, reason: { text: "Rolled back." } });
  const { kysely } = relearn.database;
  const receipts = await relearn.replays.receipts(relearn.rolloutId);
  expect(receipts.map(({ action, rules }) => [action, rules])).toEqual([
    ["start", 7],
    ["roll_back", 7],
  ]);
  const api = relearn.as("ana");
  const path = `/v1/rollouts/${relearn.rolloutId}/replay`;
  expect(await api.post<StoredReplay>(path)).toMatchObject({
    identical: true,
    verdicts_replayed: false,
    rules: 7,
    note: "verdicts not replayed: rules 7",
    receipts: 2,
    rollout: { state: "rolled_back" },
  });
  await sql`update rollout_receipts set document = jsonb_set(document, '{actor}', '"eva"')
    where rollout_id = ${relearn.rolloutId} and sequence = 2`.execute(kysely);
  expect(await api.post<StoredReplay>(path)).toMatchObject({
    identical: false,
    verdicts_replayed: false,
    differences: [{ in: "receipts", place: 1 }],
  });
});
