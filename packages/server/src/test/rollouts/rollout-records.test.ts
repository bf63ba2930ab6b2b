import type { Receipt } from "@relearn/contract";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../clock.ts";
import { documentDigest } from "../../digest.ts";
import { ReplayService } from "../../guard/replay-service.ts";
import { seededRandom } from "../../numerics/random.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { activeBundle, approvedBundle, hourOfTraffic } from "../traffic.ts";

const usual = { quality: 0.8, latencyMs: 200 };
const harmful = { quality: 0.3, latencyMs: 200 };
/** So far apart that a few hours decide. */
const better = { active: { quality: 0.5, latencyMs: 200 }, canary: { quality: 0.95, latencyMs: 150 } };

async function withCanary(policy: object = {}): Promise<TestInstallation & { rolloutId: string }> {
  const relearn = await testInstallation();
  await relearn.settings.set("rollout_policy.inbox_triage", policy, { actor: "ana" });
  await activeBundle(relearn);
  await hourOfTraffic(relearn, 200, { active: usual, canary: usual }, seededRandom(1), 4);
  const { approvalId } = await approvedBundle(relearn, 2);
  const { rollout } = await relearn.approvals.apply(approvalId, { actor: "ben" });
  return { ...relearn, rolloutId: rollout.rollout_id };
}

/** A rollout that was rolled back by the guard, with a pause and a question in between. */
async function rolledBack(policy: "evidence" | "specification") {
  const relearn = await withCanary({ policy });
  const random = seededRandom(3);
  await hourOfTraffic(relearn, 100, { active: usual, canary: usual }, random, 2);
  await relearn.guard.analyze("inbox_triage");
  await relearn.guard.pauseCanary("inbox_triage", { reason: "Lunch.", actor: "ana" });
  await relearn.guard.resumeCanary("inbox_triage", { reason: "Back.", actor: "ben" });
  for (let step = 0; step < 20 && (await relearn.rollouts.running("inbox_triage")); step++) {
    await hourOfTraffic(relearn, 400, { active: usual, canary: harmful }, random, 2);
    await relearn.guard.nightlyGuardCheck();
  }
  expect((await relearn.rollouts.get(relearn.rolloutId)).rollout.state).toBe("rolled_back");
  return relearn;
}

describe("relearn rollouts replay", () => {
  it.each(["evidence", "specification"] as const)(
    "takes a rollback again to the same receipts, %s",
    async (policy) => {
      const relearn = await rolledBack(policy);
      const replay = await relearn.replays.replay(relearn.rolloutId);
      expect(replay.differences).toEqual([]);
      expect(replay).toMatchObject({ identical: true, rollout: { state: "rolled_back" } });
      expect(replay.analyses).toBeGreaterThan(1);
      expect(replay.units).toBeGreaterThan(100);
      const receipts = await relearn.replays.receipts(relearn.rolloutId);
      expect(receipts.map((one) => one.action)).toEqual(["start", "guard_rollback"]);
      expect(receipts.at(-1)!.evidence_digest === null).toBe(policy === "specification");
    },
  );

  it("takes a completed rollout again, over a widening by hand before the first look", async () => {
    const relearn = await withCanary({ holdback_hours: 4, check_interval_hours: 4 });
    await relearn.guard.promoteCanary("inbox_triage", { reason: "Known fix.", actor: "ben" });
    const random = seededRandom(4);
    for (let step = 0; step < 20 && (await relearn.rollouts.running("inbox_triage")); step++) {
      await hourOfTraffic(relearn, 200, better, random, 2);
      await relearn.guard.nightlyGuardCheck();
    }
    const api = relearn.as("eva");
    const replay = await api.post<{ identical: boolean; rollout: { state: string } }>(
      `/v1/rollouts/${relearn.rolloutId}/replay`,
    );
    expect(replay).toMatchObject({ identical: true, rollout: { state: "completed" } });
    const { receipts } = await api.get<{ receipts: Receipt[] }>(`/v1/rollouts/${relearn.rolloutId}/receipts`);
    expect(receipts.map((one) => one.action)).toEqual([
      "start",
      "override",
      "guard_promote",
      "guard_complete",
    ]);
    await expect(api.post("/v1/rollouts/ro_nobody/replay")).rejects.toMatchObject({
      code: "unknown_rollout",
    });
  });

  it("finds what was tampered with in the database, wherever it is", async () => {
    const relearn = await rolledBack("evidence");
    const { kysely } = relearn.database;
    const id = relearn.rolloutId;
    const receipts = await relearn.replays.receipts(id);
    // As somebody would who knows how receipts are chained: altered, and hashed again.
    const { hash: _hash, ...content } = { ...receipts.at(-1)!, reason: "It was ana." };
    const forged = { ...content, hash: documentDigest(content) };
    const tampering: Record<string, { in: string; change: ReturnType<typeof sql> }> = {
      "a unit's quality": {
        in: "journal",
        change: sql`update scored_units set quality = 1 - coalesce(quality, 0) where rollout_id = ${id} and arm = 'canary'
          and unit_id = (select max(unit_id) from scored_units where arm = 'canary')`,
      },
      "a unit taken away": {
        in: "journal",
        change: sql`delete from scored_units where rollout_id = ${id} and unit_id = (select min(unit_id) from scored_units)`,
      },
      "a verdict": {
        in: "journal",
        change: sql`update rollout_analyses set verdict = jsonb_set(verdict, '{reason}', '"All is well."') where rollout_id = ${id} and analysis = 1`,
      },
      "an analysis taken away": {
        in: "journal",
        change: sql`delete from rollout_analyses where rollout_id = ${id} and analysis = 2`,
      },
      // No verdict hung on it; the digest of the evidence does.
      "the frozen baseline": {
        in: "receipts",
        change: sql`update rollout_epochs set baseline = jsonb_set(baseline, '{quality_mean}', '0.1') where rollout_id = ${id}`,
      },
      "an event taken away": {
        in: "journal",
        change: sql`delete from rollout_events where rollout_id = ${id} and kind = 'pause'`,
      },
      "who approved": {
        in: "rollout",
        change: sql`update rollout_events set detail = jsonb_set(detail, '{event,actor,name}', '"cleo"') where rollout_id = ${id} and kind = 'approve'`,
      },
      "the rollout as it stands": {
        in: "rollout",
        change: sql`update rollouts set document = jsonb_set(document, '{proposed_by}', '"ben"') where rollout_id = ${id}`,
      },
      "a receipt": {
        in: "receipts",
        change: sql`update rollout_receipts set document = jsonb_set(document, '{actor}', '"ana"') where rollout_id = ${id} and sequence = 1`,
      },
      "a receipt taken away": {
        in: "receipts",
        change: sql`delete from rollout_receipts where rollout_id = ${id} and sequence = ${receipts.length}`,
      },
      "a receipt, hashed again": {
        in: "audit",
        change: sql`update rollout_receipts set document = ${JSON.stringify(forged)}::jsonb, hash = ${forged.hash}
          where rollout_id = ${id} and sequence = ${forged.sequence}`,
      },
    };
    for (const [what, { in: where, change }] of Object.entries(tampering)) {
      await kysely
        .transaction()
        .execute(async (trx) => {
          await sql`${change}`.execute(trx);
          const inside = new ReplayService({
            ...relearn.database,
            kysely: trx,
            readSnapshot: (read) => read(trx),
          });
          const replay = await inside.replay(id);
          expect([what, replay.identical, replay.differences.map((one) => one.in)]).toEqual([
            what,
            false,
            expect.arrayContaining([where]),
          ]);
          throw new Error("undo");
        })
        .catch((error: Error) => {
          if (error.message !== "undo") throw error;
        });
    }
    expect((await relearn.replays.replay(id)).identical).toBe(true);
  });

  it("still replays after a person was erased", async () => {
    const relearn = await rolledBack("evidence");
    const { unit_id } = await relearn.database.kysely
      .selectFrom("scored_units")
      .select("unit_id")
      .limit(1)
      .executeTakeFirstOrThrow();
    await relearn.erasure.erase(unit_id, { actor: "ana" });
    expect((await relearn.replays.replay(relearn.rolloutId)).differences).toEqual([]);
  });
});

describe("an act against a gate or four eyes is looked at afterwards", () => {
  it("by somebody else, once", async () => {
    const relearn = await withCanary();
    await relearn.guard.promoteCanary("inbox_triage", { reason: "Known fix.", actor: "ben" });
    const [act] = await relearn.overrides.list({ open: true }, 10);
    expect(act).toMatchObject({ about: "override", actor: "ben", reason: "Known fix.", finding: null });
    const review = { finding: "upheld", notes: "Checked." } as const;
    const analysis = (actor: string, rights?: ["read"]) =>
      relearn.overrides.review(relearn.rolloutId, act!.generation, review, {
        actor,
        ...(rights ? { rights } : {}),
      });
    await expect(analysis("ben")).rejects.toMatchObject({ code: "self_approval" });
    await expect(analysis("eva", ["read"])).rejects.toMatchObject({ code: "lacks_right" });
    expect(await analysis("eva")).toMatchObject({ finding: "upheld", reviewed_by: "eva" });
    await expect(analysis("cleo")).rejects.toMatchObject({ code: "already_so" });
    expect(await relearn.overrides.list({ open: true }, 10)).toEqual([]);
    await expect(
      relearn.overrides.review(relearn.rolloutId, 1, review, { actor: "eva" }),
    ).rejects.toMatchObject({ code: "not_found" });
    expect(await relearn.audit.verify()).toMatchObject({ intact: true });
  });

  it("a widening that the guard advises is none", async () => {
    const relearn = await withCanary({ policy: "specification", check_interval_hours: 1 });
    await hourOfTraffic(relearn, 800, better, seededRandom(5), 4);
    const moved = await relearn.guard.promoteCanary("inbox_triage", { actor: "ben", rights: ["release"] });
    expect(moved.rollout).toMatchObject({ percent: 50 });
    expect(await relearn.overrides.list({}, 10)).toEqual([]);
    expect((await relearn.replays.replay(relearn.rolloutId)).differences).toEqual([]);
  });
});

describe("approvals", () => {
  it("need as many people as the quorum says; breaking the glass needs one, a right and a reason", async () => {
    const relearn = await testInstallation();
    await relearn.settings.set("rollout_policy.inbox_triage", { quorum: 2 }, { actor: "ana" });
    const { approvalId } = await approvedBundle(relearn, 1);
    expect(await relearn.approvals.get(approvalId)).toMatchObject({ status: "pending" });
    await expect(
      relearn.approvals.approve(approvalId, { approver: "ben", rationale: "Again." }),
    ).rejects.toMatchObject({ code: "already_approved" });
    await expect(relearn.approvals.apply(approvalId, { actor: "ben" })).rejects.toMatchObject({
      code: "wrong_state",
    });
    expect(
      await relearn.approvals.approve(approvalId, { approver: "cleo", rationale: "Yes." }),
    ).toMatchObject({
      status: "approved",
      approver: "cleo",
    });
    const second = await approvedBundle(relearn, 2);
    await expect(
      relearn.approvals.approve(second.approvalId, { approver: "ana", rationale: "", breakGlass: true }),
    ).rejects.toMatchObject({ code: "reason_missing" });
    await expect(
      relearn.approvals.approve(second.approvalId, {
        approver: "ana",
        rationale: "Outage.",
        breakGlass: true,
        rights: ["release"],
      }),
    ).rejects.toMatchObject({ code: "lacks_right" });
    expect(
      await relearn.approvals.approve(second.approvalId, {
        approver: "ana",
        rationale: "Outage.",
        breakGlass: true,
      }),
    ).toMatchObject({ status: "approved" });
    expect(await relearn.overrides.list({ open: true }, 10)).toMatchObject([
      { about: "break_glass", actor: "ana", reason: "Outage." },
    ]);
  });

  it("expire after 72 hours, by the guard's job, whether approved or not", async () => {
    const relearn = await testInstallation();
    const { approvalId } = await approvedBundle(relearn, 1);
    relearn.clock.advance(71 * HOUR_MS);
    await relearn.guard.nightlyGuardCheck();
    expect(await relearn.approvals.get(approvalId)).toMatchObject({ status: "approved" });
    relearn.clock.advance(2 * HOUR_MS);
    await relearn.guard.nightlyGuardCheck();
    expect(await relearn.approvals.get(approvalId)).toMatchObject({ status: "expired" });
    await expect(relearn.approvals.apply(approvalId, { actor: "ben" })).rejects.toMatchObject({
      code: "final",
    });
  });

  it("die with the active bundle they were compared with", async () => {
    const relearn = await testInstallation();
    await activeBundle(relearn, 1);
    const second = await approvedBundle(relearn, 2);
    const third = await approvedBundle(relearn, 3);
    await relearn.approvals.apply(second.approvalId, { full: true, actor: "ben" });
    expect(await relearn.approvals.get(third.approvalId)).toMatchObject({ status: "superseded" });
    const fourth = await approvedBundle(relearn, 4);
    await relearn.rollbacks.rollback("inbox_triage", { actor: "ana", reason: "Complaints." });
    expect(await relearn.approvals.get(fourth.approvalId)).toMatchObject({ status: "superseded" });
    expect((await relearn.replays.replay(fourth.rolloutId)).differences).toEqual([]);
    expect(await relearn.audit.verify()).toMatchObject({ intact: true });
  });
});

describe("who says how good a decision was", () => {
  it("a judge that changes in mid-rollout: the evidence starts from scratch automatically, as a further attempt", async () => {
    const relearn = await withCanary();
    const random = seededRandom(6);
    const judgedBy = (judge: string) =>
      relearn.database.kysely.updateTable("outcomes").set({ judge }).where("judge", "is", null).execute();
    for (let step = 0; step < 3; step++) {
      await hourOfTraffic(relearn, 100, { active: usual, canary: usual }, random, 2);
      await judgedBy("gpt-4@2024-05");
      expect((await relearn.guard.analyze("inbox_triage")).verdict.code).toBe("gates_waiting");
    }
    await hourOfTraffic(relearn, 100, { active: usual, canary: usual }, random, 2);
    await judgedBy("gpt-4@2024-08");
    expect(await relearn.guard.analyze("inbox_triage")).toMatchObject({
      verdict: {
        recommendation: "monitor",
        code: "judge_changed",
        reason: expect.stringContaining("gpt-4@2024-05"),
      },
      rollout: { state: "canary", percent: 10, attempt: 2 },
      changed: true,
    });
    // Once: the next analysis has nothing of the new judge's yet.
    expect(await relearn.guard.analyze("inbox_triage")).toMatchObject({ changed: false });
    await hourOfTraffic(relearn, 100, { active: usual, canary: usual }, random, 2);
    await judgedBy("gpt-4@2024-08");
    const { verdict, rollout } = await relearn.guard.analyze("inbox_triage");
    expect(verdict.code).toBe("gates_waiting");
    expect(rollout).toMatchObject({ attempt: 2, state: "canary" });
    // Units of the second hour are still within their window; those before the change count no more.
    expect(verdict.units.canary + verdict.units.active).toBeLessThanOrEqual(100);
    expect((await relearn.replays.replay(relearn.rolloutId)).differences).toEqual([]);
  });

  it("quality_source label: the label of the task within the window says 1 or 0, whatever was reported", async () => {
    const relearn = await withCanary({ quality_source: "label", maturity_hours: 2 });
    const release = await relearn.rollouts.release("inbox_triage");
    const start = relearn.clock.now();
    const at = (minutes: number) => new Date(start.getTime() + minutes * 60_000);
    const { kysely } = relearn.database;
    // unit, decided, label (raw), minutes until the label
    const rows: [string, string | null, string | null, number, number | null][] = [
      ["right", "quarantine", "quarantine_approved", 30, 1],
      ["wrong", "quarantine", "quarantine_rejected", 30, 0],
      ["late", "quarantine", "quarantine_approved", 150, null],
      ["unlabeled", "safe", null, 0, null],
      ["unmapped", "safe", "purple", 30, null],
      ["undecided", null, "Safe", 30, null],
      ["evaluated", null, "Safe", 30, 1],
    ];
    for (const [unit, decision, label, minutes] of rows) {
      const place = {
        unit_id: unit,
        rollout_id: release.rollout_id!,
        agent: "inbox_triage",
        arm: "active" as const,
      };
      await kysely
        .insertInto("exposures")
        .values({
          ...place,
          basis_points: 1000,
          generation: 1,
          bundle_id: null,
          first_at: at(1),
          last_at: at(1),
          received_at: at(1),
        })
        .execute();
      await kysely
        .insertInto("outcomes")
        .values({
          ...place,
          outcome_id: unit,
          task_key: `task-${unit}`,
          quality: 0.123,
          latency_ms: null,
          cost: null,
          success: null,
          judge: null,
          decision,
          occurred_at: at(1),
          received_at: at(1),
        })
        .execute();
      if (label === null) continue;
      await kysely
        .insertInto("labeled_examples")
        .values({
          key: `task-${unit}`,
          agent: "inbox_triage",
          payload: sql`'{}'::jsonb` as never,
          label,
          source: "approvals",
          source_id: unit,
          confidence: 100,
          notes: null,
          labeled_by: null,
          created_at: at(minutes),
          loaded_at: at(minutes),
          superseded_at: null,
        })
        .execute();
    }
    await relearn.signals.ingest(
      "evaluations",
      [
        {
          agent: "inbox_triage",
          task_key: "task-evaluated",
          payload: {},
          judge_scores: {},
          decision: "safe",
        },
      ],
      { actor: "ana" },
    );
    relearn.clock.advance(4 * HOUR_MS);
    await relearn.guard.analyze("inbox_triage");
    const scored = await kysely.selectFrom("scored_units").select(["unit_id", "quality"]).execute();
    expect(Object.fromEntries(scored.map((row) => [row.unit_id, row.quality]))).toEqual(
      Object.fromEntries(rows.map(([unit, , , , quality]) => [unit, quality])),
    );
    expect((await relearn.replays.replay(relearn.rolloutId)).differences).toEqual([]);
  });
});
