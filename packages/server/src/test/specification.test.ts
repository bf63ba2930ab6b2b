import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { builtInAgents } from "../agents/built-in-agents.ts";
import { type TestInstallation, testInstallation } from "./test-installation.ts";

const agent = "inbox_triage";

/** Approvals of people: mail with a high risk score is quarantined rightly, but for every twentieth. */
async function sendApprovals(relearn: TestInstallation, from: number, to: number): Promise<void> {
  const approvals = Array.from({ length: to - from }, (_, at) => {
    const n = from + at;
    const risk = (n * 37) % 100;
    return {
      agent,
      task_key: `thread-${n}`,
      action: "quarantine",
      status: risk > 50 === (n % 20 !== 0) ? "approved" : "rejected",
      payload: { risk_score: risk, spf_fail: n % 3 === 0, attachments: ["a"].slice(n % 2) },
      decided_by: "kim",
    };
  });
  expect(await relearn.signals.ingest("approvals", approvals, { actor: "kim" })).toMatchObject({
    stored: to - from,
  });
}

async function release(relearn: TestInstallation, full: boolean): Promise<string> {
  const { approvals, bundles } = relearn;
  const bundle = await bundles.create(agent, { minExamples: 50 });
  const approvalId = await approvals.propose(agent, bundle.bundle_id, { proposer: "admin" });
  await approvals.approve(approvalId, { approver: "ops_lead", rationale: "Looks good" });
  await approvals.apply(
    approvalId,
    full ? { full, actor: "ops_lead" } : { canaryPercent: 10, actor: "ops_lead" },
  );
  return bundle.bundle_id;
}

describe("The specification", () => {
  it("runs the specification's usage from the library", async () => {
    const relearn = await testInstallation();
    await sendApprovals(relearn, 0, 60);
    expect(await relearn.feeds.loadAll()).toMatchObject({ approvals: 60, feedback: 0, gold: 0 });
    const bundle = await relearn.bundles.create(agent, { minExamples: 50 });
    const approvalId = await relearn.approvals.propose(agent, bundle.bundle_id, { proposer: "admin" });
    expect(await relearn.approvals.listPending()).toMatchObject([
      { id: approvalId, agent, bundle_id: bundle.bundle_id, diff: expect.any(Object) },
    ]);
    await relearn.approvals.approve(approvalId, { approver: "ops_lead", rationale: "Looks good" });
    await relearn.approvals.apply(approvalId, { canaryPercent: 10, actor: "ops_lead" });
    expect(await relearn.sampler.sampleForReview(agent, { topN: 50 })).toEqual([]);
    const verdict = await relearn.guard.checkCanaryPerformance(agent);
    expect(verdict).toMatchObject({ has_regression: false, recommendation: "monitor" });
    expect(await relearn.feeds.getStats()).toMatchObject({
      total: 60,
      by_source: { approvals: 60 },
      by_agent: { [agent]: 60 },
      recent_7d: 60,
    });
  });

  it("shows every storage key of the specification in runtime_settings", async () => {
    const relearn = await testInstallation();
    await sendApprovals(relearn, 0, 60);
    await relearn.feeds.loadAll();
    const first = await release(relearn, true);
    await sendApprovals(relearn, 60, 90);
    await relearn.feeds.loadAll();
    const second = await release(relearn, true);
    await sendApprovals(relearn, 90, 120);
    await relearn.feeds.loadAll();
    const third = await release(relearn, false);
    await relearn.judges.update(agent);
    const settings = await relearn.database.kysely.selectFrom("runtime_settings").selectAll().execute();
    const value = (key: string) => settings.find((one) => one.key === key)?.value;
    expect(value(`bundle.${agent}.active`)).toMatchObject({ bundle_id: second });
    // As specified, an apply backs the active bundle up, as canary too.
    expect(value(`bundle.${agent}.backup`)).toMatchObject({ bundle_id: second });
    expect(value(`bundle.${agent}.canary`)).toMatchObject({ bundle_id: third });
    for (const id of [first, second, third]) {
      expect(value(`bundle.${agent}.${id}`)).toMatchObject({ bundle_id: id, agent });
    }
    expect(value(`judge_weights.${agent}`)).toEqual({
      "gpt-4": 0.8,
      "gpt-3.5-turbo": 0.6,
      "claude-3-opus": 0.8,
      "claude-3-sonnet": 0.7,
    });
    expect(new Set(settings.map((one) => one.key)).size).toBe(settings.length);
  });

  it("gives the bundle every member that the specification shows", async () => {
    const relearn = await testInstallation();
    await sendApprovals(relearn, 0, 60);
    await relearn.feeds.loadAll();
    const bundle = await relearn.bundles.create(agent);
    expect(bundle).toMatchObject({
      agent,
      version: "v1",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      training_count: 60,
      accuracy: expect.any(Number),
      label_distribution: { safe: expect.any(Number), quarantine: expect.any(Number) },
      thresholds: { risk_score_threshold: expect.any(Number), spf_dkim_weight: expect.any(Number) },
      model_type: "LogisticRegression",
      sources_used: ["approvals"],
    });
    expect(bundle.feature_importances).toHaveLength(7);
  });

  it("compares two bundles: changes, additions, removals, accuracy delta", async () => {
    const relearn = await testInstallation();
    await sendApprovals(relearn, 0, 60);
    await relearn.feeds.loadAll();
    const first = await relearn.bundles.create(agent);
    await sendApprovals(relearn, 60, 120);
    await relearn.feeds.loadAll();
    const second = await relearn.bundles.create(agent);
    const diff = await relearn.bundles.diff(second.bundle_id, first.bundle_id);
    expect(diff).toMatchObject({ old_bundle_id: first.bundle_id, new_bundle_id: second.bundle_id });
    expect(diff.changes["thresholds.risk_score_threshold"]).toEqual({
      old: first.thresholds["risk_score_threshold"],
      new: second.thresholds["risk_score_threshold"],
    });
    expect(diff.accuracy_delta).toBeCloseTo(second.accuracy - first.accuracy, 12);
    expect(diff).toMatchObject({ additions: expect.any(Object), removals: expect.any(Object) });
  });

  it("has the features of inbox_triage, insights_writer and knowledge_update, in the specification's order", () => {
    expect(
      Object.fromEntries(builtInAgents.map((one) => [one.name, one.features.map(({ name }) => name)])),
    ).toEqual({
      inbox_triage: [
        "risk_score",
        "has_spf_fail",
        "has_dkim_fail",
        "suspicious_keywords_count",
        "attachment_count",
        "sender_domain_age_days",
        "recipient_count",
      ],
      insights_writer: [
        "pattern_strength",
        "data_points_count",
        "confidence_score",
        "statistical_significance",
        "novelty_score",
      ],
      knowledge_update: [
        "similarity_score",
        "frequency_delta",
        "co_occurrence_count",
        "context_overlap_ratio",
      ],
    });
  });

  it("has the specification's three indexes on labeled examples", async () => {
    const { database } = await testInstallation();
    const { rows } = await sql<{ indexdef: string }>`
      select indexdef from pg_indexes where tablename = 'labeled_examples'`.execute(database.kysely);
    const columns = rows.map(({ indexdef }) => /\((.*?)\)/.exec(indexdef)?.[1] ?? "");
    for (const wanted of ["agent, source", "agent, label", "created_at DESC"]) {
      expect(columns.some((one) => one.includes(wanted))).toBe(true);
    }
  });
});
