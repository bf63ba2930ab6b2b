import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../clock.ts";
import { seededRandom } from "../../numerics/random.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { activeBundle, approvedBundle, hourOfTraffic } from "../traffic.ts";

const usual = { quality: 0.8, latencyMs: 200 };
const harmful = { quality: 0.5, latencyMs: 200 };
const better = { quality: 0.95, latencyMs: 200 };

/** An installation with an active bundle, a day of its traffic, and a canary of the next bundle at 10 %. */
async function withCanary(
  policy: "specification" | "evidence",
): Promise<TestInstallation & { active: string; canary: string }> {
  const relearn = await testInstallation();
  await relearn.settings.set("rollout_policy.inbox_triage", { policy }, { actor: "ana" });
  const active = await activeBundle(relearn);
  const random = seededRandom(11);
  for (let hour = 0; hour < 4; hour++)
    await hourOfTraffic(relearn, 100, { active: usual, canary: usual }, random);
  const { approvalId, bundleId } = await approvedBundle(relearn, 2);
  await relearn.approvals.apply(approvalId, { canaryPercent: 10, actor: "ben" });
  return { ...relearn, active, canary: bundleId };
}

describe("Online Learning Guardrails: check_canary_performance", () => {
  it("has no canary to check at first, and says so", async () => {
    const relearn = await testInstallation();
    await expect(relearn.guard.checkCanaryPerformance("inbox_triage")).rejects.toMatchObject({
      code: "no_canary",
    });
    await expect(relearn.guard.checkCanaryPerformance("nobody")).rejects.toMatchObject({
      code: "unknown_agent",
    });
  });

  it("monitors under 30 units an arm", async () => {
    const relearn = await withCanary("specification");
    await hourOfTraffic(relearn, 100, { active: usual, canary: harmful }, seededRandom(1));
    relearn.clock.advance(HOUR_MS);
    expect(await relearn.guard.checkCanaryPerformance("inbox_triage")).toMatchObject({
      has_regression: false,
      recommendation: "monitor",
      code: "too_few_units",
    });
  });

  it("changes nothing, however often it is asked", async () => {
    const relearn = await withCanary("specification");
    for (let hour = 0; hour < 6; hour++)
      await hourOfTraffic(relearn, 200, { active: usual, canary: harmful }, seededRandom(hour));
    const first = await relearn.guard.checkCanaryPerformance("inbox_triage");
    expect(first).toMatchObject({ has_regression: true, recommendation: "rollback" });
    expect(await relearn.guard.checkCanaryPerformance("inbox_triage")).toEqual(first);
    expect(await relearn.guard.status("inbox_triage")).toMatchObject({
      rollout: { state: "canary" },
      newest_analysis: null,
    });
  });
});

describe.each(["specification", "evidence"] as const)("Online Learning Guardrails, policy %s", (policy) => {
  it("takes a harmful canary back by itself: active stays", async () => {
    const relearn = await withCanary(policy);
    const random = seededRandom(5);
    for (let hour = 0; hour < 30 && (await relearn.rollouts.running("inbox_triage")) !== undefined; hour++) {
      await hourOfTraffic(relearn, 200, { active: usual, canary: harmful }, random);
      await relearn.guard.nightlyGuardCheck();
    }
    expect(await relearn.rollouts.release("inbox_triage")).toMatchObject({
      active_bundle_id: relearn.active,
      canary_bundle_id: null,
      rollout_id: null,
    });
    expect((await relearn.bundles.get(relearn.canary)).status).toBe("rolled_back");
    const [last] = await relearn.rollouts.list({ agent: "inbox_triage" }, 1);
    expect(last!.rollout).toMatchObject({
      state: "rolled_back",
      reason: { text: expect.stringContaining("uality") },
    });
    expect(await relearn.audit.verify()).toMatchObject({ intact: true });
  });

  it("widens a better canary over 10, 50 and 100 % and completes it", async () => {
    const relearn = await withCanary(policy);
    const random = seededRandom(6);
    const percents = new Set<number>();
    // So much better that point estimates over the holdback's few units, which each run draws again with its
    // salt, cannot say otherwise: 95 % is no drop from any mean, and latency would have to be off by 7 sigma.
    const arms = { active: { quality: 0.5, latencyMs: 200 }, canary: { quality: 0.95, latencyMs: 150 } };
    for (let analysis = 0; analysis < 50; analysis++) {
      const running = await relearn.rollouts.running("inbox_triage");
      if (running === undefined) break;
      percents.add(running.rollout.percent);
      await hourOfTraffic(relearn, 240, arms, random, 4);
      await relearn.guard.nightlyGuardCheck();
    }
    expect([...percents]).toEqual([10, 50, 95]);
    expect(await relearn.rollouts.release("inbox_triage")).toMatchObject({
      active_bundle_id: relearn.canary,
      holdback_bundle_id: null,
      last_known_good_bundle_id: relearn.canary,
    });
    const [last] = await relearn.rollouts.list({ agent: "inbox_triage" }, 1);
    expect(last!.rollout.state).toBe("completed");
  });
});

describe("Online Learning Guardrails: people", () => {
  it("promote_canary widens against the evidence with a reason only", async () => {
    const relearn = await withCanary("evidence");
    await expect(
      relearn.guard.promoteCanary("inbox_triage", { targetPercent: 50, actor: "ben" }),
    ).rejects.toMatchObject({ code: "reason_missing" });
    await expect(
      relearn.guard.promoteCanary("inbox_triage", {
        targetPercent: 50,
        reason: "Known fix.",
        actor: "ben",
        rights: ["approve"],
      }),
    ).rejects.toMatchObject({ code: "lacks_right" });
    expect(
      await relearn.guard.promoteCanary("inbox_triage", {
        targetPercent: 50,
        reason: "Known fix.",
        actor: "ben",
      }),
    ).toMatchObject({
      rollout: { percent: 50, result: "overridden" },
    });
    await expect(
      relearn.guard.promoteCanary("inbox_triage", { targetPercent: 10, reason: "Back.", actor: "ben" }),
    ).rejects.toMatchObject({
      code: "illegal_target",
    });
  });

  it("rollback_canary sends all traffic to active; a second one has nothing to take back", async () => {
    const relearn = await withCanary("evidence");
    await relearn.guard.rollbackCanary("inbox_triage", { reason: "Complaints.", actor: "ana" });
    expect(await relearn.rollouts.release("inbox_triage")).toMatchObject({
      active_bundle_id: relearn.active,
      canary_basis_points: 0,
    });
    await expect(relearn.guard.rollbackCanary("inbox_triage", { actor: "ana" })).rejects.toMatchObject({
      code: "no_canary",
    });
  });

  it("the kill switch takes a rollout back and forbids the next until it is off", async () => {
    const relearn = await withCanary("evidence");
    expect(
      await relearn.rollouts.setKillSwitch("inbox_triage", true, "Outage.", { actor: "ana" }),
    ).toMatchObject({
      kill_switch: true,
      canary_bundle_id: null,
      active_bundle_id: relearn.active,
    });
    const { approvalId } = await approvedBundle(relearn, 7);
    await expect(relearn.approvals.apply(approvalId, { actor: "ben" })).rejects.toMatchObject({
      code: "kill_switch_on",
    });
    await relearn.rollouts.setKillSwitch("inbox_triage", false, "Over.", { actor: "ana" });
    expect((await relearn.approvals.apply(approvalId, { actor: "ben" })).rollout.state).toBe("canary");
  });

  it("pause holds the share whatever the evidence says, resume goes on", async () => {
    const relearn = await withCanary("specification");
    await relearn.guard.pauseCanary("inbox_triage", { reason: "Holiday.", actor: "ana" });
    const random = seededRandom(8);
    for (let hour = 0; hour < 30; hour++)
      await hourOfTraffic(relearn, 150, { active: usual, canary: better }, random);
    await relearn.guard.nightlyGuardCheck();
    expect((await relearn.guard.status("inbox_triage")).rollout).toMatchObject({
      state: "hold",
      percent: 10,
    });
    await relearn.guard.resumeCanary("inbox_triage", { reason: "Back.", actor: "ana" });
    await relearn.guard.nightlyGuardCheck();
    expect((await relearn.guard.status("inbox_triage")).rollout).toMatchObject({ percent: 50 });
  });

  it("two guards at once widen once", async () => {
    const relearn = await withCanary("specification");
    const random = seededRandom(9);
    for (let hour = 0; hour < 26; hour++)
      await hourOfTraffic(relearn, 150, { active: usual, canary: better }, random);
    await Promise.all([relearn.guard.nightlyGuardCheck(), relearn.guard.nightlyGuardCheck()]);
    expect((await relearn.guard.status("inbox_triage")).rollout).toMatchObject({ percent: 50 });
  });

  it("hands the switchboard what each arm decides from, with a tag that changes with it", async () => {
    const relearn = await withCanary("evidence");
    const before = await relearn.switchboard.config("inbox_triage");
    expect(before.config).toMatchObject({
      canary_basis_points: 1000,
      active: { bundle_id: relearn.active },
      canary: { bundle_id: relearn.canary },
    });
    relearn.clock.advance(HOUR_MS);
    expect((await relearn.switchboard.config("inbox_triage")).etag).toBe(before.etag);
    await relearn.guard.rollbackCanary("inbox_triage", { actor: "ana" });
    expect((await relearn.switchboard.config("inbox_triage")).etag).not.toBe(before.etag);
  });
});
