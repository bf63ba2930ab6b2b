/**
 * What Relearn 0.1 stored is opened, migrated, replayed and answered by this version. Everything goes through
 * services and HTTP, never through tables, so that the test holds for every later schema.
 */
import { assignArm, type BundleDocument } from "@relearn/client";
import type { AuditEvent, Receipt } from "@relearn/contract";
import { describe, expect, it } from "vitest";
import type { OpenApiDocument } from "../../api/openapi-document.ts";
import { GENESIS_HASH, verifyChainPage } from "../../audit/audit-event.ts";
import { contentDigest } from "../../bundles/bundle.ts";
import { HOUR_MS } from "../../clock.ts";
import { verifyReceipts } from "../../guard/receipt.ts";
import { isFinal } from "../../rollouts/rollout.ts";
import type { TestInstallation } from "../test-installation.ts";
import { fixtureInstallation, readFixture, readFixtureLines } from "./load-fixture.ts";

const exported = JSON.parse(readFixture("now.json")) as { now: string; journal_of: string };

const listRollouts = async ({ rollouts }: TestInstallation) =>
  (await rollouts.list({}, 1000)).map(({ rollout, approval_id }) => ({ ...rollout, approval_id }));

describe("the installation of Relearn 0.1", () => {
  it("replays with no difference; receipts, audit log, exports and bundles verify", async () => {
    const relearn = await fixtureInstallation();
    const found = await listRollouts(relearn);
    const states = new Set(found.map(({ state }) => state));
    for (const state of [
      "completed",
      "rolled_back",
      "rejected",
      "expired",
      "superseded",
      "proposed",
      "canary",
    ])
      expect(states).toContain(state);
    let verdicts = 0;
    for (const { rollout_id } of found) {
      const replay = await relearn.replays.replay(rollout_id);
      expect([rollout_id, replay.differences]).toEqual([rollout_id, []]);
      expect(replay.identical).toBe(true);
      verdicts += replay.analyses;
      const receipts = await relearn.replays.receipts(rollout_id);
      expect(verifyReceipts(receipts)).toEqual({ ok: true, receipts: receipts.length });
    }
    expect(verdicts).toBeGreaterThan(40);
    expect(await relearn.audit.verify()).toMatchObject({ intact: true });
    const bundles = await relearn.bundles.list({}, 1000);
    expect(bundles.length).toBeGreaterThan(20);
    for (const { bundle } of bundles) expect(contentDigest(bundle)).toBe(bundle.digest);
    await expectExportsStored(relearn);
    for (const { bundle } of bundles) {
      const { reproduced, message } = await relearn.bundles.verify(bundle.bundle_id);
      if (!reproduced)
        expect(message).toMatch(/^The bundle was created by Relearn 0\.1\.0; this is version /);
    }
  });

  it("is in order for the doctor, and every page of it is answered as the OpenAPI document says", async () => {
    const relearn = await fixtureInstallation();
    const { checks } = await relearn.doctor.examine();
    expect(checks.filter((one) => one.result !== "ok")).toEqual([]);
    const found = await listRollouts(relearn);
    const bundles = await relearn.bundles.list({}, 1000);
    const values: Record<string, readonly string[]> = {
      agent: ["inbox_triage", "refund_desk"],
      rollout_id: found.map((rollout) => rollout.rollout_id),
      approval_id: found.map((rollout) => rollout.approval_id),
      bundle_id: bundles.map(({ bundle }) => bundle.bundle_id),
    };
    const { paths } = (await (await relearn.fetch("/openapi.json")).json()) as OpenApiDocument;
    const answered: Record<number, number> = {};
    for (const [path, operations] of Object.entries(paths)) {
      // An event stream has no end.
      if (operations["get"] === undefined || path.endsWith("/changes")) continue;
      const names = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name!);
      const [name, ...others] = names;
      if (others.length > 0 || (name !== undefined && values[name] === undefined)) continue;
      for (const value of name === undefined ? [""] : values[name]!) {
        // `fetch` holds each answer against the document.
        const answer = await relearn.fetch(path.replace(`{${name}}`, value), {
          headers: { "relearn-actor": "ana" },
        });
        const body = await answer.text();
        answered[answer.status] = (answered[answer.status] ?? 0) + 1;
        expect(answer.status, `${path} of ${value}: ${body.slice(0, 300)}`).toBeLessThan(500);
        if (name !== undefined && name !== "agent")
          expect(answer.status, `${path} of ${value}: ${body.slice(0, 300)}`).toBe(200);
      }
    }
    expect(answered[200]).toBeGreaterThan(200);
  });

  it("goes on with the rollouts that run, under the policy they began with, and replays them", async () => {
    const relearn = await fixtureInstallation();
    const running = (await listRollouts(relearn)).filter((one) => one.stage !== null && !isFinal(one.state));
    expect(running.map(({ agent, policy }) => [agent, policy.policy]).sort()).toEqual([
      ["inbox_triage", "specification"],
      ["refund_desk", "evidence"],
    ]);
    for (const { agent, rollout_id, policy } of running) {
      const before = await relearn.replays.replay(rollout_id);
      await sendHarm(relearn, agent, rollout_id);
      relearn.clock.advance(2 * HOUR_MS);
      const looked = await relearn.guard.analyze(agent);
      expect(looked.verdict).toMatchObject({ recommendation: "rollback", policy: policy.policy });
      expect(looked.rollout.state).toBe("rolled_back");
      const after = await relearn.replays.replay(rollout_id);
      expect(after).toMatchObject({ differences: [], analyses: before.analyses + 1 });
    }
    expect(await relearn.audit.verify()).toMatchObject({ intact: true });
  });
});

/** What was exported verifies by itself, and is what is stored. */
async function expectExportsStored(relearn: TestInstallation): Promise<void> {
  // Journals are never rewritten: the reader maps the kind `look` of 0.1.
  const journal = readFixture("journal.jsonl").replaceAll('"kind":"look"', '"kind":"analysis"');
  expect(journal).toContain('"kind":"analysis"');
  const entries = journal.trimEnd().split("\n");
  expect(await relearn.rollouts.journal(exported.journal_of)).toEqual(
    entries.map((entry) => JSON.parse(entry)),
  );
  const receipts = readFixtureLines<Receipt>("receipts.jsonl");
  expect(verifyReceipts(receipts)).toEqual({ ok: true, receipts: receipts.length });
  expect(await relearn.replays.receipts(exported.journal_of)).toEqual(receipts);
  const events = readFixtureLines<AuditEvent>("audit.jsonl");
  const end = { sequence: events.length, hash: events.at(-1)!.hash };
  expect(verifyChainPage({ sequence: 0, hash: GENESIS_HASH }, events)).toEqual(end);
  const [page] = await relearn.audit.list({}, { limit: 1, before: events.length + 1 });
  expect(page).toEqual(events.at(-1));
  for (const bundle of readFixtureLines<BundleDocument>("bundles.jsonl")) {
    expect(contentDigest(bundle)).toBe(bundle.digest);
    expect((await relearn.bundles.get(bundle.bundle_id)).bundle).toEqual(bundle);
  }
}

/** Sends 400 units of the running rollout whose canary is of no use. */
async function sendHarm(relearn: TestInstallation, agent: string, rollout_id: string): Promise<void> {
  const { salt, canary_basis_points, generation } = await relearn.rollouts.release(agent);
  const at = relearn.clock.now().toISOString();
  const split = { salt, canaryBasisPoints: canary_basis_points, holdbackBasisPoints: 0 };
  const units = Array.from({ length: 400 }, (_, index) => {
    const unit_id = `later-${index}`;
    return { unit_id, rollout_id, agent, at, arm: assignArm(split, unit_id) };
  });
  const exposures = units.map((unit) => ({ ...unit, basis_points: canary_basis_points, generation }));
  const outcomes = units.map(({ arm, ...unit }) => ({ ...unit, quality: arm === "canary" ? 0 : 1 }));
  for (const [kind, records] of [
    ["exposures", exposures],
    ["outcomes", outcomes],
  ] as const) {
    const { rejected } = await relearn.signals.ingest(kind, records, { actor: "agent" });
    expect(rejected).toEqual([]);
  }
}
