import type { ArmHistory } from "@relearn/contract";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../numerics/random.ts";
import { testInstallation } from "../test-installation.ts";
import { activeBundle, approvedBundle, hourOfTraffic } from "../traffic.ts";

describe("measured results of both arms over time", () => {
  it("counts every scored unit once, in the hour of its exposure, with its plain means", async () => {
    const relearn = await testInstallation();
    const api = relearn.as("ana");
    await activeBundle(relearn);
    const { approvalId } = await approvedBundle(relearn, 2);
    const { rollout } = await relearn.approvals.apply(approvalId, { canaryPercent: 50, actor: "ben" });
    const arms = {
      active: { quality: 1, latencyMs: 100 },
      canary: { quality: 1, latencyMs: 104 },
    };
    const path = `/v1/rollouts/${rollout.rollout_id}/arms`;
    expect(await api.get(path)).toMatchObject({ hours: 1, points: [] });
    for (let hour = 0; hour < 4; hour++) {
      await hourOfTraffic(relearn, 40, arms, seededRandom(hour));
      await relearn.guard.analyze("inbox_triage");
    }
    const { points, started_at }: ArmHistory = await api.get(path);
    expect(started_at).toBe(rollout.started_at);
    const units = await relearn.database.kysely
      .selectFrom("scored_units")
      .select(["arm", "exposed_at"])
      .execute();
    // The first unit of an hour has matured when the hour has passed, the others have not yet.
    expect(points.map((point) => point.hour)).toEqual([0, 1, 2, 3]);
    for (const arm of ["active", "canary"] as const) {
      expect(points.reduce((sum, point) => sum + (point[arm]?.units ?? 0), 0)).toBe(
        units.filter((unit) => unit.arm === arm).length,
      );
      for (const point of points.slice(0, 2)) {
        expect(point[arm]).toMatchObject({ quality: arms[arm].quality, success: null, cost: null });
        const { latency_p50_ms, latency_p95_ms } = point[arm]!;
        // The median of about twenty units; which units an arm has depends on the rollout's random salt.
        expect(latency_p50_ms).toBeGreaterThan(arms[arm].latencyMs * 0.7);
        expect(latency_p50_ms).toBeLessThan(arms[arm].latencyMs * 1.4);
        expect(latency_p95_ms).toBeGreaterThan(latency_p50_ms!);
      }
    }
  });

  it("is empty before the start, and an unknown rollout is refused", async () => {
    const relearn = await testInstallation();
    const { approvalId } = await approvedBundle(relearn);
    const { rollout } = await relearn.rollouts.getByApproval(approvalId);
    expect(await relearn.guard.armHistory(rollout.rollout_id)).toMatchObject({
      started_at: null,
      points: [],
    });
    await expect(relearn.as("ana").get("/v1/rollouts/ro_none/arms")).rejects.toMatchObject({
      code: "unknown_rollout",
    });
  });
});
