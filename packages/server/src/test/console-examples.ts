import { jsonb } from "../db/jsonb.ts";
import { seededRandom } from "../numerics/random.ts";
import type { TestInstallation } from "./test-installation.ts";

/** Mail whose risk score tells quarantine from safe, with some noise. */
export async function addMailExamples(relearn: TestInstallation, count: number, seed = 1): Promise<void> {
  const random = seededRandom(seed);
  const now = relearn.clock.now();
  const rows = Array.from({ length: count }, (_, index) => {
    const risk = Math.round(random.uniform() * 100);
    return {
      key: `mail-${seed}-${index}`,
      agent: "inbox_triage",
      payload: jsonb({
        risk_score: risk,
        spf_fail: random.uniform() < risk / 150,
        recipient_count: 1 + random.below(5),
      }),
      label: risk + 12 * random.normal() > 60 ? "quarantine" : "safe",
      source: "gold" as const,
      source_id: `gold-${seed}-${index}`,
      confidence: 100,
      notes: null,
      labeled_by: null,
      created_at: now,
      loaded_at: now,
      superseded_at: null,
    };
  });
  await relearn.database.kysely.insertInto("labeled_examples").values(rows).execute();
}

/** A bundle that is active, and the request for a second one by ana. */
export async function bundleHistory(
  relearn: TestInstallation,
): Promise<{ first: string; second: string; approvalId: string }> {
  await addMailExamples(relearn, 80, 1);
  const first = await relearn.bundles.create("inbox_triage", { actor: "ana" });
  const firstApproval = await relearn.bundles.propose("inbox_triage", first.bundle_id, { proposer: "ana" });
  await relearn.bundles.approve(firstApproval, { approver: "ben", rationale: "Reads well." });
  await relearn.bundles.apply(firstApproval, { full: true, actor: "ben" });
  await addMailExamples(relearn, 60, 2);
  const second = await relearn.bundles.create("inbox_triage", { actor: "ana" });
  const approvalId = await relearn.bundles.propose("inbox_triage", second.bundle_id, { proposer: "ana" });
  return { first: first.bundle_id, second: second.bundle_id, approvalId };
}
