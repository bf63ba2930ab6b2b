import type { Approval, MoveResult } from "@relearn/contract";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { BacktestService } from "../../bundles/backtest-service.ts";
import { HOUR_MS } from "../../clock.ts";
import { seededRandom } from "../../numerics/random.ts";
import type { RolloutRight } from "../../rollouts/step.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { activeBundle, approvedBundle, hourOfTraffic, trainedBundle } from "../traffic.ts";

const usual = { quality: 0.8, latencyMs: 200 };

const findBundleStatus = async (relearn: TestInstallation, bundleId: string) =>
  (await relearn.bundles.get(bundleId)).status;

const edit = (relearn: TestInstallation, person: string, approvalId: string, bundleId: string) =>
  relearn.as(person).put<Approval>(`/v1/approvals/${approvalId}/bundle`, { bundle_id: bundleId });

const approve = (relearn: TestInstallation, person: string, approvalId: string, digest?: string) =>
  relearn.as(person).post<Approval>(`/v1/approvals/${approvalId}/approval`, {
    rationale: "Reads well.",
    ...(digest === undefined ? {} : { bundle_digest: digest }),
  });

const abort = (relearn: TestInstallation, person: string, rolloutId: string, reason?: string) =>
  relearn
    .as(person)
    .post<MoveResult>(`/v1/rollouts/${rolloutId}/abort`, reason === undefined ? {} : { reason });

async function expectSound(relearn: TestInstallation, rolloutId: string): Promise<void> {
  expect((await relearn.replays.replay(rolloutId)).differences).toEqual([]);
  expect(await relearn.audit.verify()).toMatchObject({ intact: true });
}

describe("another bundle is put into a request", () => {
  it("approvals before it count no more, and the next one names what was read", async () => {
    const relearn = await testInstallation();
    await activeBundle(relearn, 1);
    const { approvalId, bundleId: first, rolloutId } = await approvedBundle(relearn, 2);
    const second = await trainedBundle(relearn, 3);
    relearn.clock.advance(70 * HOUR_MS);
    const edited = await edit(relearn, "eva", approvalId, second);
    expect(edited).toMatchObject({
      status: "pending",
      bundle_id: second,
      edited_by: ["eva"],
      approvals: [],
      diff: { new_bundle_id: second },
      expires_at: new Date(relearn.clock.now().getTime() + 72 * HOUR_MS).toISOString(),
    });
    expect([await findBundleStatus(relearn, first), await findBundleStatus(relearn, second)]).toEqual([
      "pending",
      "proposed",
    ]);
    await expect(relearn.approvals.apply(approvalId, { actor: "ben" })).rejects.toMatchObject({
      code: "wrong_state",
    });
    for (const [person, digest, code] of [
      // Somebody who still has the page of the first bundle before them.
      ["ben", undefined, "digest_changed"],
      ["ben", (await relearn.bundles.get(first)).bundle.digest, "digest_changed"],
      ["ben", "0123456789ab", "digest_changed"],
      ["ben", "0123", "invalid_input"],
      ["ben", "", "invalid_input"],
      ["eva", edited.bundle_digest, "self_approval"],
      ["ana", edited.bundle_digest, "self_approval"],
    ] as const) {
      await expect(approve(relearn, person, approvalId, digest), `${person} ${digest}`).rejects.toMatchObject(
        { code },
      );
    }
    await approve(relearn, "ben", approvalId, edited.bundle_digest.slice(0, 12));
    const { rollout } = await relearn.approvals.apply(approvalId, { actor: "ben" });
    expect(rollout).toMatchObject({ state: "canary", bundle_id: second, attempt: 1 });
    expect(await relearn.rollouts.release("inbox_triage")).toMatchObject({ canary_bundle_id: second });
    const journal = await relearn.rollouts.journal(rolloutId);
    expect(journal.map((entry) => entry.kind)).toEqual(["propose", "approve", "edit", "approve", "start"]);
    await expectSound(relearn, rolloutId);
  });

  it("what was tried before keeps its attempts, and what was active is told apart", async () => {
    const relearn = await testInstallation();
    await activeBundle(relearn, 1);
    const tried = await approvedBundle(relearn, 2);
    await relearn.approvals.apply(tried.approvalId, { actor: "ben" });
    await relearn.guard.rollbackCanary("inbox_triage", { actor: "ben", reason: "Complaints." });
    const { approvalId, rolloutId } = await approvedBundle(relearn, 3);
    await edit(relearn, "ana", approvalId, tried.bundleId);
    expect((await relearn.rollouts.get(rolloutId)).rollout).toMatchObject({ attempt: 2 });
    await expectSound(relearn, rolloutId);
  });

  it("refuses a bundle that is active, asked for, being released, of another agent, unknown or the same", async () => {
    const relearn = await testInstallation();
    const active = await activeBundle(relearn, 1);
    const { approvalId, bundleId } = await approvedBundle(relearn, 2);
    const asked = await approvedBundle(relearn, 3);
    const run = await approvedBundle(relearn, 4);
    await relearn.approvals.apply(run.approvalId, { actor: "ben" });
    for (const [other, code] of [
      [active, "nothing_to_propose"],
      [asked.bundleId, "already_proposed"],
      [run.bundleId, "already_running"],
      ["b_nobody", "unknown_bundle"],
      [bundleId, "already_so"],
    ] as const) {
      await expect(edit(relearn, "ana", approvalId, other), other).rejects.toMatchObject({ code });
    }
    await expect(edit(relearn, "ana", run.approvalId, asked.bundleId)).rejects.toMatchObject({
      code: "already_proposed",
    });
    await expect(edit(relearn, "ana", "ap_nobody", bundleId)).rejects.toMatchObject({
      code: "unknown_approval",
    });
    await expect(
      relearn.approvals.propose("inbox_triage", run.bundleId, { proposer: "ana" }),
    ).rejects.toMatchObject({ code: "already_running" });
    expect(await relearn.approvals.get(approvalId)).toMatchObject({ status: "approved", edited_by: [] });
    expect(await findBundleStatus(relearn, run.bundleId)).toBe("canary");
  });

  it("decides last week's traffic again for no request that is refused anyhow", async () => {
    const relearn = await testInstallation();
    const active = await activeBundle(relearn, 1);
    const { approvalId, bundleId } = await approvedBundle(relearn, 2);
    const other = await trainedBundle(relearn, 3);
    const run = vi.spyOn(BacktestService.prototype, "run");
    onTestFinished(() => run.mockRestore());
    const put = (bundle: string, rights: readonly RolloutRight[] = ["propose"]) =>
      relearn.approvals.edit(approvalId, { bundleId: bundle, editor: "eva", rights });
    await expect(put(other, ["read"])).rejects.toMatchObject({ code: "lacks_right" });
    await expect(put(bundleId)).rejects.toMatchObject({ code: "already_so" });
    for (const [bundle, code] of [
      [active, "nothing_to_propose"],
      [bundleId, "already_proposed"],
    ] as const) {
      await expect(
        relearn.approvals.propose("inbox_triage", bundle, { proposer: "ana" }),
      ).rejects.toMatchObject({ code });
    }
    await relearn.approvals.reject(approvalId, { approver: "ben", rationale: "No." });
    await expect(put(other)).rejects.toMatchObject({ code: "final" });
    expect(run).not.toHaveBeenCalled();
    await relearn.approvals.propose("inbox_triage", other, { proposer: "ana" });
    expect(run).toHaveBeenCalledTimes(1);
  });

  it("two at once put one of their bundles in whole, and neither editor approves", async () => {
    const relearn = await testInstallation();
    const { approvalId, rolloutId } = await approvedBundle(relearn, 1);
    const [second, third] = [await trainedBundle(relearn, 2), await trainedBundle(relearn, 3)];
    await Promise.all([edit(relearn, "eva", approvalId, second), edit(relearn, "cleo", approvalId, third)]);
    const approval = await relearn.approvals.get(approvalId);
    expect([second, third]).toContain(approval.bundle_id);
    expect(approval.diff.new_bundle_id).toBe(approval.bundle_id);
    expect([...approval.edited_by].sort()).toEqual(["cleo", "eva"]);
    const other = approval.bundle_id === second ? third : second;
    expect(await findBundleStatus(relearn, other)).toBe("pending");
    await expectSound(relearn, rolloutId);
  });
});

describe("a rollout is aborted", () => {
  it.each(["proposed", "approved"] as const)("%s: the request is withdrawn", async (state) => {
    const relearn = await testInstallation();
    const bundleId = await trainedBundle(relearn, 1);
    const approvalId = await relearn.approvals.propose("inbox_triage", bundleId, { proposer: "ana" });
    if (state === "approved") await approve(relearn, "ben", approvalId);
    const { rollout_id } = await relearn.approvals.get(approvalId);
    const moved = await abort(relearn, "eva", rollout_id, "Wrong data.");
    expect(moved).toMatchObject({
      changed: true,
      rollout: { state: "rejected", reason: { code: "aborted", text: "Wrong data.", by: "eva" } },
    });
    expect(await findBundleStatus(relearn, bundleId)).toBe("rejected");
    await expect(abort(relearn, "eva", rollout_id)).rejects.toMatchObject({ code: "final" });
    const again = await relearn.approvals.propose("inbox_triage", bundleId, { proposer: "ana" });
    expect(again).not.toBe(approvalId);
    await expectSound(relearn, rollout_id);
  });

  it("canary, paused or at 100 %: every unit gets what was active before", async () => {
    const relearn = await testInstallation();
    const active = await activeBundle(relearn, 1);
    for (const [seed, before] of ["canary", "hold", "full"].entries()) {
      const { approvalId, bundleId, rolloutId } = await approvedBundle(relearn, 2 + seed);
      await relearn.approvals.apply(approvalId, { actor: "ben" });
      await hourOfTraffic(relearn, 50, { active: usual, canary: usual }, seededRandom(seed), 2);
      if (before === "hold") await relearn.guard.pauseCanary("inbox_triage", { actor: "ana", reason: "-" });
      if (before === "full") {
        await relearn.guard.promoteCanary("inbox_triage", { actor: "ana", targetPercent: 100, reason: "-" });
      }
      expect((await relearn.rollouts.get(rolloutId)).rollout.state).toBe(before);
      const moved = await abort(relearn, "eva", rolloutId);
      expect(moved.rollout).toMatchObject({ state: "rolled_back", percent: 0, reason: { code: "aborted" } });
      expect(await relearn.rollouts.release("inbox_triage")).toMatchObject({
        active_bundle_id: active,
        canary_bundle_id: null,
        holdback_bundle_id: null,
      });
      expect(await findBundleStatus(relearn, bundleId)).toBe("rolled_back");
      expect((await relearn.replays.receipts(rolloutId)).at(-1)).toMatchObject({
        action: "abort",
        actor: "eva",
      });
      await expectSound(relearn, rolloutId);
    }
    await expect(abort(relearn, "eva", "ro_nobody")).rejects.toMatchObject({ code: "unknown_rollout" });
  });

  it("beats what comes with it: abort, a look and a widening at once end in the abort, once", async () => {
    const relearn = await testInstallation();
    await activeBundle(relearn, 1);
    const { approvalId, rolloutId } = await approvedBundle(relearn, 2);
    await relearn.approvals.apply(approvalId, { actor: "ben" });
    const acts = await Promise.allSettled([
      relearn.guard.promoteCanary("inbox_triage", { actor: "ana", reason: "Known fix." }),
      abort(relearn, "eva", rolloutId),
      relearn.guard.analyze("inbox_triage"),
      abort(relearn, "cleo", rolloutId),
    ]);
    const [first, second] = [acts[1]!, acts[3]!].map((act) => act.status);
    expect([first, second].sort()).toEqual(["fulfilled", "rejected"]);
    expect((await relearn.rollouts.get(rolloutId)).rollout).toMatchObject({ state: "rolled_back" });
    expect((await relearn.rollouts.release("inbox_triage")).canary_bundle_id).toBeNull();
    await expectSound(relearn, rolloutId);
  });
});

it("a request that dies leaves the state of a bundle alone that has become active by another way", async () => {
  const relearn = await testInstallation();
  const first = await activeBundle(relearn, 1);
  await activeBundle(relearn, 2);
  const approvalId = await relearn.approvals.propose("inbox_triage", first, { proposer: "ana" });
  await relearn.rollbacks.rollback("inbox_triage", { actor: "ana", reason: "Complaints." });
  expect(await relearn.approvals.get(approvalId)).toMatchObject({ status: "superseded" });
  expect(await findBundleStatus(relearn, first)).toBe("active");
});
