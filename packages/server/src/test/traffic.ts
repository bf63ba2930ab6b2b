import { assignArm } from "@relearn/client";
import { HOUR_MS, type ManualClock } from "../clock.ts";
import type { Installation } from "../compose.ts";
import { jsonb } from "../db/jsonb.ts";
import { type Random, seededRandom } from "../numerics/random.ts";

/** An installation with a clock that the test moves. */
export type TimedInstallation = Installation & { readonly clock: ManualClock };

/** Adds `count` mails whose risk score tells quarantine from safe, with some noise, as gold examples. */
export async function addExamples(relearn: TimedInstallation, count: number, seed = 1): Promise<void> {
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

/** One more trained bundle, without a request. */
export async function trainedBundle(relearn: TimedInstallation, seed: number): Promise<string> {
  await addExamples(relearn, 80, seed);
  return (await relearn.bundles.create("inbox_triage", { actor: "ana" })).bundle_id;
}

/** Trains on fresh examples, proposes as ana and approves as ben; returns the approval's id. */
export async function approvedBundle(
  relearn: TimedInstallation,
  seed = 1,
): Promise<{ approvalId: string; bundleId: string; rolloutId: string }> {
  const bundleId = await trainedBundle(relearn, seed);
  const approvalId = await relearn.approvals.propose("inbox_triage", bundleId, { proposer: "ana" });
  const { rollout_id } = await relearn.approvals.approve(approvalId, {
    approver: "ben",
    rationale: "Reads well.",
  });
  return { approvalId, bundleId, rolloutId: rollout_id };
}

/** As `approvedBundle`, and gives it all traffic. */
export async function activeBundle(relearn: TimedInstallation, seed = 1): Promise<string> {
  const { approvalId, bundleId } = await approvedBundle(relearn, seed);
  await relearn.approvals.apply(approvalId, { full: true, actor: "ben" });
  return bundleId;
}

/** Measured results of an arm. */
export interface ArmQuality {
  readonly quality: number;
  readonly latencyMs: number;
}

let unitsMade = 0;

/**
 * Lets an hour of traffic pass, or `hours`: `units` new units in all are assigned as the switchboard would and
 * their outcomes arrive at once; then the clock stands that much later.
 */
export async function hourOfTraffic(
  relearn: TimedInstallation,
  units: number,
  arms: { readonly active: ArmQuality; readonly canary: ArmQuality },
  random: Random,
  hours = 1,
): Promise<void> {
  const release = await relearn.rollouts.release("inbox_triage");
  const start = relearn.clock.now().getTime();
  const exposures = [];
  const outcomes = [];
  for (let unit = 0; unit < units; unit++) {
    unitsMade += 1;
    const unitId = `user-${unitsMade}`;
    const at = new Date(start + Math.floor((unit / units) * hours * HOUR_MS));
    const arm =
      release.rollout_id === null
        ? "active"
        : assignArm(
            {
              salt: release.salt,
              canaryBasisPoints: release.canary_basis_points,
              holdbackBasisPoints: release.holdback_basis_points,
            },
            unitId,
          );
    const { quality, latencyMs } = arms[arm === "canary" ? "canary" : "active"];
    const place = { unit_id: unitId, rollout_id: release.rollout_id ?? "", agent: "inbox_triage", arm };
    if (release.rollout_id !== null) {
      exposures.push({
        ...place,
        basis_points: release.canary_basis_points,
        generation: release.generation,
        bundle_id: null,
        first_at: at,
        last_at: at,
        received_at: at,
      });
    }
    outcomes.push({
      ...place,
      outcome_id: unitId,
      task_key: null,
      quality: random.uniform() < quality ? 1 : 0,
      latency_ms: latencyMs * Math.exp(0.3 * random.normal()),
      cost: null,
      success: null,
      judge: null,
      decision: null,
      occurred_at: at,
      received_at: at,
    });
  }
  if (exposures.length > 0) await relearn.database.kysely.insertInto("exposures").values(exposures).execute();
  await relearn.database.kysely.insertInto("outcomes").values(outcomes).execute();
  relearn.clock.advance(hours * HOUR_MS);
}
