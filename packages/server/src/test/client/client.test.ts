import { createSwitchboard } from "@relearn/client";
import { expect, it, onTestFinished } from "vitest";
import { openAuthentication } from "../../api/authenticate.ts";
import { createInstallationApp } from "../../compose.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { activeBundle, approvedBundle } from "../traffic.ts";

/** The client as an agent runs it, against the real HTTP application, without a port between. */
function createTestSwitchboard(relearn: TestInstallation) {
  const app = createInstallationApp(relearn, {
    authenticate: openAuthentication(),
    reportFailure: (error) => console.error(error),
  });
  const switchboard = createSwitchboard({
    agent: "inbox_triage",
    url: "http://relearn.localhost",
    fetch: async (input, init) => app.fetch(new Request(input, init)),
    now: () => relearn.clock.now().getTime(),
    refreshIntervalMs: 0,
    flushIntervalMs: 0,
  });
  onTestFinished(() => switchboard.close());
  return switchboard;
}

it("an agent without a bundle decides by its definition's defaults", async () => {
  const switchboard = createTestSwitchboard(await testInstallation());
  expect(await switchboard.ready()).toBe(true);
  expect(switchboard.decide("user-1", { risk_score: 90 })).toMatchObject({
    reason: "DEFAULT",
    variant: "defaults",
    thresholds: { risk_score_threshold: 50, spf_dkim_weight: 1 },
  });
});

it("the service takes every exposure and outcome of the client, and a rollback reaches it", async () => {
  const relearn = await testInstallation();
  const active = await activeBundle(relearn);
  const switchboard = createTestSwitchboard(relearn);
  await switchboard.ready();
  expect(switchboard.decide("user-1", { risk_score: 95, spf_fail: true })).toMatchObject({
    reason: "DEFAULT",
    bundleId: active,
    label: "quarantine",
  });
  switchboard.recordOutcome("user-1", { quality: 1, latencyMs: 120 });

  const { approvalId, bundleId: canary } = await approvedBundle(relearn, 2);
  await relearn.approvals.apply(approvalId, { canaryPercent: 50, actor: "ben" });
  expect(await switchboard.refresh()).toBe("changed");
  expect(await switchboard.refresh()).toBe("unchanged");
  const arms = new Map<string, number>();
  for (let unit = 0; unit < 200; unit++) {
    const decision = switchboard.decide(`user-${unit}`, { risk_score: unit % 100 });
    expect(decision).toMatchObject({
      reason: "SPLIT",
      bundleId: decision.variant === "canary" ? canary : active,
    });
    arms.set(decision.variant, (arms.get(decision.variant) ?? 0) + 1);
    switchboard.recordOutcome(decision, { quality: 0.5, latencyMs: 100, cost: 0.01, success: true });
  }
  expect(await switchboard.flush()).toBe(true);
  expect(switchboard.stats()).toMatchObject({
    exposures: { sent: 200, rejected: 0 },
    outcomes: { sent: 201, rejected: 0 },
    lastError: null,
  });
  for (const table of ["exposures", "outcomes"] as const) {
    const rows = await relearn.database.kysely
      .selectFrom(table)
      .select(({ fn }) => ["arm", fn.countAll<string>().as("units")])
      .where("rollout_id", "<>", "")
      .groupBy("arm")
      .execute();
    expect(new Map(rows.map(({ arm, units }) => [arm, Number(units)]))).toEqual(arms);
  }

  await relearn.guard.rollbackCanary("inbox_triage", { actor: "ben", reason: "Looks worse." });
  expect(await switchboard.refresh()).toBe("changed");
  for (let unit = 0; unit < 20; unit++) {
    expect(switchboard.assign(`user-${unit}`)).toMatchObject({ reason: "DEFAULT", bundleId: active });
  }
});
