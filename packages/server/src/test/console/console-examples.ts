import { DAY_MS, HOUR_MS } from "../../clock.ts";
import { seededRandom } from "../../numerics/random.ts";
import { insertReviewItems } from "../../review/review-store.ts";
import { reviewItem } from "../review/review-item.fixture.ts";
import type { TestInstallation } from "../test-installation.ts";
import { activeBundle, addExamples, approvedBundle, hourOfTraffic } from "../traffic.ts";

const AGENT = "inbox_triage";

/** A bundle that is active, and the request for a second one by ana. */
export async function bundleHistory(
  relearn: TestInstallation,
): Promise<{ first: string; second: string; approvalId: string }> {
  const first = await activeBundle(relearn);
  await addExamples(relearn, 60, 2);
  const second = await relearn.bundles.create(AGENT, { actor: "ana" });
  const approvalId = await relearn.approvals.propose(AGENT, second.bundle_id, { proposer: "ana" });
  return { first, second: second.bundle_id, approvalId };
}

/** Mails that wait for a label; the judges said "quarantine" with different confidence. */
export async function mailsToReview(
  relearn: TestInstallation,
  count: number,
  reviewsNeeded = 1,
): Promise<void> {
  await insertReviewItems(
    relearn.database.kysely,
    AGENT,
    Array.from({ length: count }, (_, index) =>
      reviewItem(index, {
        payload: {
          risk_score: 60 + index,
          spf_fail: true,
          suspicious_keywords: ["act now", "winner"],
          subject: `You have won, number ${index}`,
          sender_domain: "prizes.example",
          body: "Dear friend,\nclick https://prizes.example/<script>alert(1)</script> now.\u200b\n> earlier\n> words\nYours",
          hops: { count: 3, names: ["a", "b"] },
        },
      }),
    ),
    { batchId: "rb_1", reviewsNeeded, now: relearn.clock.now() },
  );
}

/** A canary that has run for some hours beside the active bundle, `quality` 0.8 there. */
export async function runningCanary(
  relearn: TestInstallation,
  canary: { quality: number; latencyMs: number },
  hours: number,
): Promise<{ active: string; canary: string; rolloutId: string }> {
  const active = await activeBundle(relearn);
  const usual = { quality: 0.8, latencyMs: 200 };
  const random = seededRandom(11);
  for (let hour = 0; hour < 4; hour++)
    await hourOfTraffic(relearn, 100, { active: usual, canary: usual }, random);
  const { approvalId, bundleId } = await approvedBundle(relearn, 2);
  const { rollout } = await relearn.approvals.apply(approvalId, { canaryPercent: 10, actor: "ben" });
  for (let hour = 0; hour < hours; hour++) {
    await hourOfTraffic(relearn, 200, { active: usual, canary }, random);
    if ((await relearn.rollouts.running(AGENT)) !== undefined) await relearn.guard.analyze(AGENT);
  }
  return { active, canary: bundleId, rolloutId: rollout.rollout_id };
}

/** So that the clock of a test that moves it ends about now: the browser's own cannot be moved with it. */
export const hoursAgo = (hours: number): Date => new Date(Date.now() - ((hours * HOUR_MS) % (30 * DAY_MS)));

/** Mails that three judges have looked at, two of three labeled by cleo: what cards and backtests are made of. */
export async function judgedMails(relearn: TestInstallation, count: number): Promise<void> {
  const random = seededRandom(5);
  const now = relearn.clock.now().getTime();
  const mails = Array.from({ length: count }, (_, index) => {
    const risk = random.below(101);
    const label = risk + 15 * random.normal() > 60 ? "quarantine" : "safe";
    const createVerdict = (skill: number) => ({
      verdict: random.uniform() < skill ? label : label === "safe" ? "quarantine" : "safe",
      confidence: 50 + random.below(51),
    });
    return {
      task_key: `judged-${index}`,
      payload: {
        risk_score: risk,
        subject: `Invoice ${index}`,
        sender: "billing@pay.example",
        body: "Pay today.",
      },
      judge_scores: { careful: createVerdict(0.93), fair: createVerdict(0.8), rules: createVerdict(0.65) },
      created_at: new Date(now - Math.floor(random.uniform() * 6 * DAY_MS)).toISOString(),
      label,
    };
  });
  await relearn.signals.ingest(
    "evaluations",
    mails.map(({ label: _label, ...mail }) => ({ ...mail, agent: AGENT })),
    { actor: "ana" },
  );
  await relearn.examples.add(
    mails
      .filter((_, index) => index % 3 !== 0)
      .map(({ task_key, payload, label, created_at }) => ({
        agent: AGENT,
        key: task_key,
        payload,
        label,
        created_at,
        labeled_by: "cleo",
      })),
    { actor: "cleo" },
  );
}

/** An installation in full swing: every page has something to show. */
export async function loopInFullSwing(relearn: TestInstallation): Promise<{
  first: string;
  second: string;
  approvalId: string;
  rolloutId: string;
}> {
  await judgedMails(relearn, 120);
  const { active, rolloutId } = await runningCanary(relearn, { quality: 0.84, latencyMs: 190 }, 5);
  await relearn.judges.update(AGENT);
  await addExamples(relearn, 60, 3);
  const second = await relearn.bundles.create(AGENT, { actor: "ana" });
  const approvalId = await relearn.approvals.propose(AGENT, second.bundle_id, { proposer: "ana" });
  await mailsToReview(relearn, 4);
  await relearn.examples.add(
    [{ agent: AGENT, key: "mail-1-0", source: "gold", source_id: "gold-1-0", label: "other", payload: {} }],
    { actor: "ana" },
  );
  return { first: active, second: second.bundle_id, approvalId, rolloutId };
}
