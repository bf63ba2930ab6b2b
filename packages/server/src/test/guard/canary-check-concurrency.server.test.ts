import type { Verdict } from "@relearn/contract";
import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../clock.ts";
import type { Executor } from "../../db/database.ts";
import { seededRandom } from "../../numerics/random.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { activeBundle, approvedBundle, hourOfTraffic } from "../traffic.ts";

const AGENT = "inbox_triage";
const same = { quality: 0.8, latencyMs: 200 };

async function withCanary(): Promise<TestInstallation & { rolloutId: string }> {
  const relearn = await testInstallation();
  await activeBundle(relearn);
  const { approvalId, rolloutId } = await approvedBundle(relearn, 2);
  await relearn.approvals.apply(approvalId, { actor: "ben" });
  return { ...relearn, rolloutId };
}

function post(relearn: TestInstallation, action: "check" | "analyze"): Promise<Response> {
  return relearn.fetch(`/v1/agents/${AGENT}/canary/${action}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
}

/** Rows of every table that an analysis writes to. */
async function readAnalysisRows(executor: Executor): Promise<object> {
  const tables = [
    "rollout_analyses",
    "rollout_evidence",
    "rollout_epochs",
    "scored_units",
    "rollout_events",
    "rollout_receipts",
    "audit_events",
  ] as const;
  const rows = await Promise.all(
    tables.map(async (table) => [table, await executor.selectFrom(table).selectAll().execute()]),
  );
  return Object.fromEntries(rows);
}

describe("checks of a canary on a server", () => {
  it("all answer beside running analyses", async () => {
    const relearn = await withCanary();
    const random = seededRandom(1);
    const statuses: number[] = [];
    for (let hour = 0; hour < 4; hour++) {
      await hourOfTraffic(relearn, 300, { active: same, canary: same }, random);
      relearn.clock.advance(HOUR_MS);
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, index) => post(relearn, index % 4 === 3 ? "analyze" : "check")),
      );
      statuses.push(...answers.map(({ status }) => status));
    }
    expect(statuses).toEqual(Array(48).fill(200));
    expect((await relearn.replays.replay(relearn.rolloutId)).differences).toEqual([]);
  });

  it("write nothing, and say what the analysis of the same data says", async () => {
    const relearn = await withCanary();
    await hourOfTraffic(relearn, 300, { active: same, canary: same }, seededRandom(2));
    relearn.clock.advance(HOUR_MS);
    for (let analysis = 0; analysis < 2; analysis++) {
      const before = await readAnalysisRows(relearn.database.kysely);
      const checked = (await (await post(relearn, "check")).json()) as Verdict;
      expect(await readAnalysisRows(relearn.database.kysely)).toEqual(before);
      const { verdict } = (await (await post(relearn, "analyze")).json()) as { verdict: Verdict };
      expect(checked).toEqual(verdict);
      expect(verdict.units.canary + verdict.units.active).toBe(300 * (analysis + 1));
      await hourOfTraffic(relearn, 300, { active: same, canary: same }, seededRandom(3));
      relearn.clock.advance(HOUR_MS);
    }
  });
});
