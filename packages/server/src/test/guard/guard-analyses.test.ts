/** Looks at what traffic should not be like: too much at once, late, twice, out of order, all the same. */

import { assignArm } from "@relearn/client";
import type { RolloutWithApproval, Verdict } from "@relearn/contract";
import { describe, expect, it } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../../clock.ts";
import type { StoredAnalysis } from "../../guard/analysis-records.ts";
import { GuardService } from "../../guard/guard-service.ts";
import { seededRandom } from "../../numerics/random.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { activeBundle, approvedBundle, hourOfTraffic } from "../traffic.ts";

const usual = { quality: 0.8, latencyMs: 200 };
const harmful = { quality: 0.3, latencyMs: 200 };

async function withCanary(policy: object = {}): Promise<TestInstallation & { rolloutId: string }> {
  const relearn = await testInstallation();
  await relearn.settings.set("rollout_policy.inbox_triage", policy, { actor: "ana" });
  await activeBundle(relearn);
  const { approvalId, rolloutId } = await approvedBundle(relearn, 2);
  await relearn.approvals.apply(approvalId, { actor: "ben" });
  return { ...relearn, rolloutId };
}

/** Each arm's units in the present stage, as the evidence counts them. */
const stageUnits = ({ units }: Verdict): number => units.stage_canary + units.stage_active;

async function expectReplays(relearn: TestInstallation, rolloutId: string): Promise<void> {
  expect((await relearn.replays.replay(rolloutId)).differences).toEqual([]);
}

/** Names of units that the present split puts into the arm. */
async function toUnits(
  relearn: TestInstallation,
  arm: "active" | "canary",
  count: number,
): Promise<string[]> {
  const { salt, canary_basis_points: canaryBasisPoints } = await relearn.rollouts.release("inbox_triage");
  const found: string[] = [];
  for (let number = 0; found.length < count; number++) {
    const unitId = `${arm}-${number}`;
    if (assignArm({ salt, canaryBasisPoints, holdbackBasisPoints: 0 }, unitId) === arm) found.push(unitId);
  }
  return found;
}

/** Sends the first decision of each unit, as the client does. */
async function expose(relearn: TestInstallation, unitIds: readonly string[], at: Date): Promise<void> {
  const { rollout_id, canary_basis_points, generation, salt } =
    await relearn.rollouts.release("inbox_triage");
  const split = { salt, canaryBasisPoints: canary_basis_points, holdbackBasisPoints: 0 };
  const records = unitIds.map((unit_id) => ({
    agent: "inbox_triage",
    rollout_id,
    unit_id,
    arm: assignArm(split, unit_id),
    basis_points: canary_basis_points,
    generation,
    at: at.toISOString(),
  }));
  expect(await relearn.signals.ingest("exposures", records, { actor: "agent" })).toMatchObject({
    stored: records.length,
    rejected: [],
  });
}

async function report(relearn: TestInstallation, outcomes: readonly object[]) {
  const { rollout_id } = await relearn.rollouts.release("inbox_triage");
  const at = relearn.clock.now().toISOString();
  const records = outcomes.map((outcome) => ({ agent: "inbox_triage", rollout_id, at, ...outcome }));
  return relearn.signals.ingest("outcomes", records, { actor: "agent" });
}

describe("more units than one look takes", () => {
  const parts = 50;

  it("are looked at in parts that follow each other, each unit once; the last one moves the rollout", async () => {
    const relearn = await withCanary();
    const guard = new GuardService({ ...relearn, maxUnitsPerAnalysis: parts });
    await hourOfTraffic(relearn, 930, { active: usual, canary: harmful }, seededRandom(1), 4);
    relearn.clock.advance(HOUR_MS);
    const checked = await guard.checkCanaryPerformance("inbox_triage");
    const { changed, verdict, rollout } = await guard.analyze("inbox_triage");
    expect(checked).toEqual(verdict);
    expect(verdict.recommendation).toBe("rollback");
    expect(stageUnits(verdict)).toBe(930);
    expect({ changed, state: rollout.state }).toEqual({ changed: true, state: "rolled_back" });
    const analyses = await guard.analyses(relearn.rolloutId);
    expect(analyses.map((analysis) => analysis.units)).toEqual([...Array(18).fill(parts), 30]);
    // Harm was proven before the last part: what is not the whole moves nothing.
    expect(analyses.at(-2)!.verdict.recommendation).toBe("rollback");
    expect(analyses.map((analysis) => analysis.inputs!.acted)).toEqual([...Array(18).fill(false), true]);
    await expectReplays(relearn, relearn.rolloutId);
  });

  it("also where units of the stage before are among them, and others arrive late in between", async () => {
    const relearn = await withCanary();
    const guard = new GuardService({ ...relearn, maxUnitsPerAnalysis: parts });
    const canary = await toUnits(relearn, "canary", 120);
    const active = await toUnits(relearn, "active", 120);
    await expose(relearn, [...canary, ...active], relearn.clock.now());
    relearn.clock.advance(2 * HOUR_MS);
    await guard.promoteCanary("inbox_triage", { reason: "Known fix.", actor: "ana" });
    // Who was canary before carries no information now; more of them than a part holds stand before the others.
    await expose(relearn, canary, relearn.clock.now());
    relearn.clock.advance(MINUTE_MS);
    await expose(relearn, active, relearn.clock.now());
    const stillUnseen = new Date(relearn.clock.now().getTime() - MINUTE_MS / 2);
    relearn.clock.advance(2 * HOUR_MS);
    expect(stageUnits((await guard.analyze("inbox_triage")).verdict)).toBe(120);
    const late = (await toUnits(relearn, "active", 200)).slice(120);
    await expose(relearn, late, stillUnseen);
    expect(stageUnits((await guard.analyze("inbox_triage")).verdict)).toBe(200);
    expect(stageUnits((await guard.analyze("inbox_triage")).verdict)).toBe(200);
    // As many assignments by as many chances: who came back at (0.5 - 0.1) / 0.9, who is new at a half.
    const analyses = await guard.analyses(relearn.rolloutId);
    const counts = ({ assignments }: StoredAnalysis) =>
      assignments.map(({ probability, canary: ours, active: theirs }) => [probability, ours + theirs]);
    expect(counts(analyses.find((analysis) => analysis.stage === 1)!)).toEqual([
      [expect.closeTo(4 / 9), 120],
    ]);
    expect(counts(analyses.at(-1)!)).toEqual([
      [expect.closeTo(4 / 9), 120],
      [0.5, 80],
    ]);
    await expectReplays(relearn, relearn.rolloutId);
  });
});

describe("a unit is judged once, by what it did within its window", () => {
  it("whatever came before its exposure, after its window, twice, or under another name", async () => {
    const relearn = await withCanary();
    const [canary] = await toUnits(relearn, "canary", 1);
    const active = await toUnits(relearn, "active", 2);
    const at = relearn.clock.now();
    const minutes = (count: number): string => new Date(at.getTime() + count * MINUTE_MS).toISOString();
    relearn.clock.advance(3 * HOUR_MS);
    await expose(relearn, [canary!, ...active], new Date(at.getTime() + 30 * MINUTE_MS));
    await report(relearn, [
      { unit_id: canary, outcome_id: "before", quality: 0, at: minutes(29) },
      { unit_id: canary, outcome_id: "in", quality: 1, at: minutes(40) },
      { unit_id: canary, outcome_id: "in", quality: 0, at: minutes(41) },
      { unit_id: canary, outcome_id: "second", quality: 0.5, at: minutes(90) },
      { unit_id: canary, outcome_id: "after", quality: 0, at: minutes(91) },
      { unit_id: active[0], outcome_id: "only before", quality: 1, at: minutes(1) },
    ]);
    await relearn.guard.analyze("inbox_triage");
    const scored = await relearn.database.kysely
      .selectFrom("scored_units")
      .select(["unit_id", "reported", "quality"])
      .orderBy("unit_id")
      .execute();
    expect(scored).toEqual([
      ...active.map((unit_id) => ({ unit_id, reported: false, quality: null })),
      { unit_id: canary, reported: true, quality: 0.75 },
    ]);
    // The same again, and more of it: nothing is judged a second time.
    await report(relearn, [{ unit_id: active[0], outcome_id: "late", quality: 1, at: minutes(45) }]);
    expect(stageUnits((await relearn.guard.analyze("inbox_triage")).verdict)).toBe(3);
    await expectReplays(relearn, relearn.rolloutId);
  });

  it("with an id of hundreds of characters of any script", async () => {
    const relearn = await withCanary();
    const unitId = `ö漢🙂\\"'`.repeat(70);
    await expose(relearn, [unitId], relearn.clock.now());
    const { stored } = await report(relearn, [{ unit_id: unitId, quality: 1 }]);
    expect(stored).toBe(1);
    relearn.clock.advance(2 * HOUR_MS);
    expect(stageUnits((await relearn.guard.analyze("inbox_triage")).verdict)).toBe(1);
  });
});

describe("nothing is concluded", () => {
  it("from outcomes that are all the same, in both arms", async () => {
    const relearn = await withCanary({ check_interval_hours: 0, undecided_hours: 8760 });
    for (const quality of [0, 1]) {
      const arm = { quality, latencyMs: 0 };
      await hourOfTraffic(relearn, 400, { active: arm, canary: arm }, seededRandom(3), 2);
    }
    relearn.clock.advance(HOUR_MS);
    const { verdict, rollout } = await relearn.guard.analyze("inbox_triage");
    expect(rollout.state).not.toBe("rolled_back");
    expect(verdict).toMatchObject({ has_regression: false });
    for (const value of Object.values(verdict.e_values)) expect(Number.isFinite(value)).toBe(true);
    await expectReplays(relearn, relearn.rolloutId);
  });

  it("from an arm that nobody reaches: it waits, then asks, and widens nothing", async () => {
    const relearn = await withCanary();
    const active = await toUnits(relearn, "active", 300);
    await expose(relearn, active, relearn.clock.now());
    await report(
      relearn,
      active.map((unit_id) => ({ unit_id, quality: 1 })),
    );
    relearn.clock.advance(2 * HOUR_MS);
    const first = await relearn.guard.analyze("inbox_triage");
    expect(["monitor", "hold"]).toContain(first.verdict.recommendation);
    relearn.clock.advance(170 * HOUR_MS);
    const later = await relearn.guard.analyze("inbox_triage");
    expect(later.rollout).toMatchObject({ percent: 10 });
    expect(["ask", "hold"]).toContain(later.rollout.state);
  });

  it("from a clock that goes back between two looks: no unit is lost or counted twice", async () => {
    const relearn = await withCanary();
    await hourOfTraffic(relearn, 300, { active: usual, canary: usual }, seededRandom(4), 3);
    const first = stageUnits((await relearn.guard.analyze("inbox_triage")).verdict);
    expect(first).toBeGreaterThan(0);
    const before = relearn.clock.now();
    relearn.clock.advance(-90 * MINUTE_MS);
    const back = await relearn.guard.analyze("inbox_triage");
    expect(stageUnits(back.verdict)).toBe(first);
    relearn.clock.set(before);
    relearn.clock.advance(2 * HOUR_MS);
    expect(stageUnits((await relearn.guard.analyze("inbox_triage")).verdict)).toBe(300);
    await expectReplays(relearn, relearn.rolloutId);
  });

  it("from what is reported of a rollout that has ended", async () => {
    const relearn = await withCanary();
    const units = await toUnits(relearn, "canary", 5);
    await expose(relearn, units, relearn.clock.now());
    const { rollout_id } = await relearn.rollouts.release("inbox_triage");
    const at = relearn.clock.now().toISOString();
    await relearn.guard.rollbackCanary("inbox_triage", { reason: "Complaints.", actor: "ana" });
    const before = (await relearn.rollouts.get(relearn.rolloutId)).rollout;
    relearn.clock.advance(2 * HOUR_MS);
    expect(
      await relearn.signals.ingest(
        "outcomes",
        units.map((unit_id) => ({ agent: "inbox_triage", rollout_id, unit_id, quality: 1, at })),
        { actor: "agent" },
      ),
    ).toMatchObject({ stored: 5, rejected: [] });
    expect(await relearn.guard.nightlyGuardCheck()).toEqual({ analyses: [], failures: [] });
    expect((await relearn.rollouts.get(relearn.rolloutId)).rollout).toEqual(before);
    await expectReplays(relearn, relearn.rolloutId);
  });
});

it("an ended rollout is listed with the figures of its last look, a request with none", async () => {
  const relearn = await withCanary();
  await hourOfTraffic(relearn, 900, { active: usual, canary: harmful }, seededRandom(5), 4);
  relearn.clock.advance(HOUR_MS);
  const { verdict, rollout } = await relearn.guard.analyze("inbox_triage");
  expect(rollout.state).toBe("rolled_back");
  const request = await approvedBundle(relearn, 3);
  const api = relearn.as("eva");
  const { rollouts } = await api.get<{ rollouts: RolloutWithApproval[] }>("/v1/rollouts");
  const { recommendation, reason, quality_delta, latency_delta, intervals, units } = verdict;
  const figures = { recommendation, reason, quality_delta, latency_delta, intervals, units };
  const listed = new Map(rollouts.map((one) => [one.rollout.rollout_id, one.figures]));
  expect(listed.get(relearn.rolloutId)).toEqual(figures);
  expect(listed.get(request.rolloutId)).toBeNull();
  expect(await api.get(`/v1/rollouts/${relearn.rolloutId}`)).toMatchObject({ figures });
});

it("a second rollout of the same agent is refused while one runs", async () => {
  const relearn = await withCanary();
  const second = await approvedBundle(relearn, 3);
  await expect(relearn.approvals.apply(second.approvalId, { actor: "ben" })).rejects.toMatchObject({
    code: "already_running",
  });
});
