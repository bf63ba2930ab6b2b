import { scoreModel } from "@relearn/client";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS } from "../../clock.ts";
import { seededRandom } from "../../numerics/random.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { activeBundle, addExamples, approvedBundle, hourOfTraffic } from "../traffic.ts";

const setting = async (relearn: TestInstallation, key: string): Promise<unknown> =>
  (
    await relearn.database.kysely
      .selectFrom("runtime_settings")
      .selectAll()
      .where("key", "=", key)
      .executeTakeFirst()
  )?.value;

describe("Bundle Manager: create_bundle", () => {
  it.each([0, 49])("refuses %i examples with the counts", async (count) => {
    const relearn = await testInstallation();
    if (count > 0) await addExamples(relearn, count);
    await expect(relearn.bundles.create("inbox_triage")).rejects.toMatchObject({ code: "insufficient_data" });
  });

  it("trains on 50, stores the bundle as pending under the specification's key", async () => {
    const relearn = await testInstallation();
    await addExamples(relearn, 50);
    const bundle = await relearn.bundles.create("inbox_triage", { minExamples: 50, actor: "ana" });
    expect(bundle).toMatchObject({
      agent: "inbox_triage",
      version: "v1",
      training_count: 50,
      status: "pending",
      sources_used: ["gold"],
    });
    expect(await setting(relearn, `bundle.inbox_triage.${bundle.bundle_id}`)).toMatchObject({
      status: "pending",
      digest: bundle.digest,
    });
  });

  it("gives the same examples the same bundle once", async () => {
    const relearn = await testInstallation();
    await addExamples(relearn, 60);
    const first = await relearn.bundles.create("inbox_triage", { actor: "ana" });
    relearn.clock.advance(DAY_MS);
    const second = await relearn.bundles.create("inbox_triage", { actor: "ana" });
    expect(second).toMatchObject({
      bundle_id: first.bundle_id,
      created: false,
      created_at: first.created_at,
    });
  });

  it("trains again to the same digest, and says what changed where it does not", async () => {
    const relearn = await testInstallation();
    await addExamples(relearn, 60);
    const { bundle_id } = await relearn.bundles.create("inbox_triage", { actor: "ana" });
    await addExamples(relearn, 10, 2);
    expect(await relearn.bundles.verify(bundle_id)).toMatchObject({ reproduced: true });
    await sql`update labeled_examples set payload = '{"risk_score": 1}' where key = 'mail-1-0'`.execute(
      relearn.database.kysely,
    );
    expect(await relearn.bundles.verify(bundle_id)).toMatchObject({
      reproduced: false,
      message: expect.stringContaining("have changed"),
    });
  });
});

describe("A threshold set by hand", () => {
  it("moves the decision's boundary to it, is measured again, warns, and can be made again", async () => {
    const relearn = await testInstallation();
    await addExamples(relearn, 200);
    const trained = await relearn.bundles.create("inbox_triage", { actor: "ana" });
    const { bundle_id } = await relearn.bundles.adjust(trained.bundle_id, {
      thresholds: { risk_score_threshold: 20 },
      actor: "ana",
    });
    const { bundle } = await relearn.bundles.get(bundle_id);
    expect(bundle.thresholds["risk_score_threshold"]).toBe(20);
    expect(bundle.accuracy).toBeLessThan(trained.accuracy);
    expect(bundle.warnings.map((warning) => warning.code)).toContain("set_by_hand");
    if (bundle.model.model_type !== "LogisticRegression") throw new Error("A logistic model was trained.");
    const others = Float64Array.from(bundle.model.scaler.mean);
    const decide = (risk: number): string => {
      others[0] = risk;
      return scoreModel(bundle.model, others).label;
    };
    expect([decide(19.9), decide(20.1)]).toEqual(["safe", "quarantine"]);
    expect(await relearn.bundles.verify(bundle_id)).toMatchObject({ reproduced: true });
  });

  it("is refused where it is no boundary, or out of bounds", async () => {
    const relearn = await testInstallation();
    await addExamples(relearn, 60);
    const { bundle_id } = await relearn.bundles.create("inbox_triage", { actor: "ana" });
    for (const thresholds of [{ spf_dkim_weight: 2 }, { nothing: 1 }, { risk_score_threshold: 101 }]) {
      await expect(relearn.bundles.adjust(bundle_id, { thresholds, actor: "ana" })).rejects.toMatchObject({
        code: "invalid_input",
      });
    }
  });
});

describe("Bundle Manager: propose, approve, apply", () => {
  it("proposes with a diff, approves without applying, applies as canary at 10 %", async () => {
    const relearn = await testInstallation();
    const first = await activeBundle(relearn);
    await addExamples(relearn, 80, 3);
    const second = await relearn.bundles.create("inbox_triage", { actor: "ana" });
    const approvalId = await relearn.approvals.propose("inbox_triage", second.bundle_id, { proposer: "ana" });
    const pending = await relearn.approvals.listPending();
    expect(pending).toMatchObject([
      { id: approvalId, agent: "inbox_triage", bundle_id: second.bundle_id, status: "pending" },
    ]);
    expect(pending[0]!.diff).toMatchObject({
      old_bundle_id: first,
      changes: { training_count: { old: 80, new: 160 } },
    });

    await relearn.approvals.approve(approvalId, { approver: "ben", rationale: "Looks good" });
    expect((await relearn.rollouts.release("inbox_triage")).canary_bundle_id).toBeNull();

    const { rollout } = await relearn.approvals.apply(approvalId, { actor: "ben" });
    expect(rollout).toMatchObject({ state: "canary", percent: 10 });
    expect(await setting(relearn, "bundle.inbox_triage.canary")).toMatchObject({
      bundle_id: second.bundle_id,
    });
    expect(await setting(relearn, "bundle.inbox_triage.active")).toMatchObject({ bundle_id: first });
    expect(await setting(relearn, "bundle.inbox_triage.backup")).toMatchObject({ bundle_id: first });
  });

  it("gives a first bundle the share that was asked for, beside the agent's defaults", async () => {
    const relearn = await testInstallation();
    await addExamples(relearn, 60);
    const { bundle_id } = await relearn.bundles.create("inbox_triage", { actor: "ana" });
    const approvalId = await relearn.approvals.propose("inbox_triage", bundle_id, { proposer: "ana" });
    await relearn.approvals.approve(approvalId, { approver: "ben", rationale: "First one." });
    await relearn.approvals.apply(approvalId, { canaryPercent: 10, actor: "ben" });
    expect(await relearn.rollouts.release("inbox_triage")).toMatchObject({
      active_bundle_id: null,
      canary_bundle_id: bundle_id,
      canary_basis_points: 1000,
    });
  });

  it("refuses every step out of order, with its reason", async () => {
    const relearn = await testInstallation();
    await addExamples(relearn, 60);
    const { bundle_id } = await relearn.bundles.create("inbox_triage", { actor: "ana" });
    const { approvals } = relearn;
    await expect(approvals.propose("insights_writer", bundle_id, { proposer: "ana" })).rejects.toMatchObject({
      code: "invalid_input",
    });
    await expect(approvals.propose("inbox_triage", "b_none", { proposer: "ana" })).rejects.toMatchObject({
      code: "unknown_bundle",
    });
    await expect(approvals.approve("ap_none", { approver: "ben", rationale: "x" })).rejects.toMatchObject({
      code: "unknown_approval",
    });
    const approvalId = await approvals.propose("inbox_triage", bundle_id, { proposer: "ana" });
    await expect(approvals.propose("inbox_triage", bundle_id, { proposer: "eve" })).rejects.toMatchObject({
      code: "already_proposed",
    });
    await expect(approvals.apply(approvalId, { actor: "ben" })).rejects.toMatchObject({
      code: "wrong_state",
    });
    await expect(
      approvals.approve(approvalId, { approver: "ana", rationale: "Mine." }),
    ).rejects.toMatchObject({
      code: "self_approval",
    });
    await approvals.approve(approvalId, { approver: "ben", rationale: "Good." });
    await expect(approvals.approve(approvalId, { approver: "eve", rationale: "Too." })).rejects.toMatchObject(
      {
        code: "already_approved",
      },
    );
    await expect(approvals.apply(approvalId, { canaryPercent: 0, actor: "ben" })).rejects.toMatchObject({
      code: "invalid_input",
    });
    await approvals.apply(approvalId, { actor: "ben" });
    await expect(approvals.apply(approvalId, { actor: "ben" })).rejects.toMatchObject({
      code: "wrong_state",
    });
    await expect(approvals.reject(approvalId, { approver: "ben", rationale: "Late." })).rejects.toMatchObject(
      {
        code: "wrong_state",
      },
    );
  });

  it("refuses an approval whose time has passed, and one whose base has changed", async () => {
    const relearn = await testInstallation();
    await addExamples(relearn, 60);
    const one = await relearn.bundles.create("inbox_triage", { actor: "ana" });
    const early = await relearn.approvals.propose("inbox_triage", one.bundle_id, { proposer: "ana" });
    relearn.clock.advance(73 * HOUR_MS);
    await expect(
      relearn.approvals.approve(early, { approver: "ben", rationale: "Late." }),
    ).rejects.toMatchObject({ code: "expired" });
    expect(await relearn.rollouts.expireOverdue()).toMatchObject([{ state: "expired" }]);

    const again = await relearn.approvals.propose("inbox_triage", one.bundle_id, { proposer: "ana" });
    await activeBundle(relearn, 9);
    await expect(
      relearn.approvals.approve(again, { approver: "ben", rationale: "Old." }),
    ).rejects.toMatchObject({ code: "final", message: expect.stringContaining("superseded") });
  });

  it("starts one release where two apply at once", async () => {
    const relearn = await testInstallation();
    await activeBundle(relearn);
    const approvals: string[] = [];
    for (const seed of [5, 6]) {
      await addExamples(relearn, 30, seed);
      const { bundle_id } = await relearn.bundles.create("inbox_triage", { actor: "ana" });
      const approvalId = await relearn.approvals.propose("inbox_triage", bundle_id, { proposer: "ana" });
      await relearn.approvals.approve(approvalId, { approver: "ben", rationale: "Go." });
      approvals.push(approvalId);
    }
    const both = await Promise.allSettled([
      ...approvals.map((approvalId) => relearn.approvals.apply(approvalId, { actor: "ben" })),
      relearn.approvals.apply(approvals[0]!, { actor: "eve" }),
    ]);
    expect(both.filter((one) => one.status === "fulfilled")).toHaveLength(1);
    const refusals = both.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : []));
    expect(
      refusals.every((code) => ["already_running", "wrong_state", "stale_generation"].includes(code)),
    ).toBe(true);
  });
});

describe("Bundle Manager: rollback_bundle", () => {
  it("has nothing to roll back at first", async () => {
    const relearn = await testInstallation();
    await expect(relearn.rollbacks.rollback("inbox_triage", { actor: "ana" })).rejects.toMatchObject({
      code: "nothing_to_roll_back",
    });
  });

  it("restores the newest backup, and the one before it the next time; the last three are kept", async () => {
    const relearn = await testInstallation();
    const made: string[] = [];
    for (const seed of [1, 2, 3, 4, 5]) {
      made.push(await activeBundle(relearn, seed));
      relearn.clock.advance(HOUR_MS);
    }
    expect((await relearn.bundles.backups("inbox_triage")).map((backup) => backup.bundle_id)).toEqual([
      made[3],
      made[2],
      made[1],
    ]);
    expect(
      await relearn.rollbacks.rollback("inbox_triage", { actor: "ana", reason: "Complaints." }),
    ).toMatchObject({
      active_bundle_id: made[3],
      replaced_bundle_id: made[4],
    });
    expect(await relearn.rollbacks.rollback("inbox_triage", { actor: "ana" })).toMatchObject({
      active_bundle_id: made[2],
    });
    expect((await relearn.rollouts.release("inbox_triage")).last_known_good_bundle_id).toBe(made[2]);
    expect(await relearn.audit.verify()).toMatchObject({ intact: true });
  });

  it("refuses to restore a bundle that was altered in the database", async () => {
    const relearn = await testInstallation();
    const first = await activeBundle(relearn);
    await addExamples(relearn, 80, 3);
    const second = await relearn.bundles.create("inbox_triage", { actor: "ana" });
    const approvalId = await relearn.approvals.propose("inbox_triage", second.bundle_id, { proposer: "ana" });
    await relearn.approvals.approve(approvalId, { approver: "ben", rationale: "Go." });
    await sql`update bundles set document = jsonb_set(document, '{thresholds,risk_score_threshold}', '1') where bundle_id = ${second.bundle_id}`.execute(
      relearn.database.kysely,
    );
    await expect(relearn.approvals.apply(approvalId, { full: true, actor: "ben" })).rejects.toMatchObject({
      code: "bundle_altered",
    });
    expect((await relearn.rollouts.release("inbox_triage")).active_bundle_id).toBe(first);
  });
});

describe("Bundle Manager: what an approver reads", () => {
  it("has the expected date, and what would have been decided differently last week, with who was right", async () => {
    const relearn = await testInstallation();
    await activeBundle(relearn, 1);
    const arm = { quality: 0.8, latencyMs: 200 };
    await hourOfTraffic(relearn, 300, { active: arm, canary: arm }, seededRandom(1), 3);
    const now = relearn.clock.now().getTime();
    const evaluations = Array.from({ length: 101 }, (_, risk) => ({
      agent: "inbox_triage",
      task_key: `seen-${risk}`,
      payload: { risk_score: risk },
      judge_scores: {},
      created_at: new Date(now - risk * 60_000).toISOString(),
    }));
    const old = {
      ...evaluations[99]!,
      task_key: "old",
      created_at: new Date(now - 8 * 86_400_000).toISOString(),
    };
    const approvals = ["seen-70", "approved-alone"].map((task_key) => ({
      agent: "inbox_triage",
      task_key,
      action: "quarantine",
      status: "approved",
      payload: { risk_score: 70 },
      requested_at: new Date(now - 60_000).toISOString(),
    }));
    await relearn.signals.ingest("evaluations", [...evaluations, old], { actor: "ana" });
    await relearn.signals.ingest("approvals", approvals, { actor: "ana" });
    await relearn.feeds.loadFromApprovals();
    const first = await relearn.bundles.create("inbox_triage", { actor: "ana" });
    const moved = await relearn.bundles.adjust(first.bundle_id, {
      thresholds: { risk_score_threshold: 85 },
      actor: "ana",
    });
    const id = await relearn.approvals.propose("inbox_triage", moved.bundle_id, { proposer: "ana" });
    const approval = await relearn.approvals.get(id);
    expect(approval.plan).toMatchObject({
      units_per_hour: expect.closeTo(100, -1),
      base_quality: expect.closeTo(0.8, 1),
      expected_at: expect.stringMatching(/^2026-/),
      warning: null,
    });
    const { backtest } = approval;
    // One payload a task: the older evaluation is out of the week, the approval of a task seen already counts once.
    expect(backtest).toMatchObject({ payloads: 102, is_sample: false });
    expect(backtest!.different).toBeGreaterThan(10);
    expect(backtest!.by_class).toEqual([{ old: "quarantine", new: "safe", count: backtest!.different }]);
    expect(backtest!.labeled_different).toEqual({
      payloads: 2,
      old_right: 2,
      new_right: 0,
      neither_right: 0,
    });
    expect(backtest!.examples).toHaveLength(Math.min(20, backtest!.different));
    expect(
      backtest!.examples
        .slice(0, 2)
        .map((one) => [one.task_key, one.right])
        .sort(),
    ).toEqual([
      ["approved-alone", "old"],
      ["seen-70", "old"],
    ]);
    // Lists leave the examples out; an erased task is one no more.
    expect((await relearn.approvals.listPending())[0]!.backtest).toMatchObject({
      payloads: 102,
      examples: [],
    });
    await relearn.erasure.erase("seen-70", { actor: "ana" });
    const kept = (await relearn.approvals.get(id)).backtest!.examples.map((one) => one.task_key);
    expect(kept).not.toContain("seen-70");
    expect(kept).toContain("approved-alone");
  });

  it("warns where a verdict takes more than a week, and says that nothing is known yet", async () => {
    const relearn = await testInstallation();
    const first = await approvedBundle(relearn, 1);
    expect(await relearn.approvals.get(first.approvalId)).toMatchObject({
      backtest: null,
      plan: { units_per_hour: 0, expected_at: null, warning: expect.stringContaining("No traffic") },
    });
    await relearn.approvals.apply(first.approvalId, { full: true, actor: "ben" });
    const arm = { quality: 0.8, latencyMs: 200 };
    await hourOfTraffic(relearn, 60, { active: arm, canary: arm }, seededRandom(1), 12);
    const second = await approvedBundle(relearn, 2);
    const approval = await relearn.approvals.get(second.approvalId);
    expect(approval.plan!.warning).toMatch(/needs about .* days .* a person is asked/);
    expect(approval.backtest).toMatchObject({ payloads: 0, different: 0, examples: [] });
  });
});
