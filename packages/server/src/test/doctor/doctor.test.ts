import type { CheckName, CheckResult, DoctorReport } from "@relearn/contract";
import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS } from "../../clock.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { activeBundle, addExamples, approvedBundle } from "../traffic.ts";

const agent = "inbox_triage";
const ana = { actor: "ana" };

async function findCheck(
  relearn: TestInstallation,
  check: CheckName,
  of: string | null = agent,
): Promise<CheckResult> {
  const { checks } = await relearn.doctor.examine();
  const found = checks.find((one) => one.check === check && one.agent === of);
  if (found === undefined) throw new Error(`No check ${check} of ${of}.`);
  return found;
}

const gold = (from: number, count: number, label: (index: number) => string) =>
  Array.from({ length: count }, (_, offset) => ({
    agent,
    task_key: `gold-${from + offset}`,
    payload: { risk_score: offset },
    label: label(from + offset),
  }));

const results = (from: number, count: number) =>
  Array.from({ length: count }, (_, offset) => ({
    agent,
    task_key: `thread-${from + offset}`,
    result_id: `r-${from + offset}`,
    payload: { risk_score: offset },
    judge_scores: {
      "gpt-4": { verdict: "quarantine", confidence: 80 },
      rules: { verdict: offset % 2 === 0 ? "safe" : "quarantine", confidence: 60 },
    },
  }));

const labelsFor = (from: number, count: number) =>
  Array.from({ length: count }, (_, offset) => ({
    agent,
    task_key: `thread-${from + offset}`,
    payload: { risk_score: offset },
    label: offset % 2 === 0 ? "safe" : "quarantine",
  }));

describe("Troubleshooting", () => {
  it('Bundle training fails with "Insufficient data": reports the count of 50 and the command that loads more', async () => {
    const relearn = await testInstallation();
    await relearn.signals.ingest(
      "gold",
      gold(0, 31, (index) => (index % 3 ? "safe" : "quarantine")),
      ana,
    );
    expect(await findCheck(relearn, "training_data")).toMatchObject({
      result: "problem",
      finding: expect.stringMatching(/^0 of the 50 .*31 approvals, feedback events and golden tasks/),
      next: "relearn feeds load",
    });
    await relearn.feeds.loadAll();
    expect(await findCheck(relearn, "training_data")).toMatchObject({
      result: "problem",
      finding: expect.stringMatching(/^31 of the 50/),
      next: "relearn import gold FILE",
    });
    await expect(relearn.bundles.create(agent)).rejects.toMatchObject({ code: "insufficient_data" });
    await relearn.signals.ingest(
      "gold",
      gold(31, 20, (index) => (index % 3 ? "safe" : "quarantine")),
      ana,
    );
    await relearn.feeds.loadAll();
    expect(await findCheck(relearn, "training_data")).toMatchObject({
      result: "ok",
      finding: "51 trainable examples.",
      next: null,
    });
    expect(await relearn.bundles.create(agent)).toMatchObject({ training_count: 51 });
  });

  it("counts as the trainer does: one row a task, no label without a class, none without a feature", async () => {
    const relearn = await testInstallation();
    await addExamples(relearn, 60);
    const { examples } = relearn;
    const example = { agent, confidence: 100, notes: null };
    await examples.add(
      [
        {
          ...example,
          key: "mail-1-0",
          payload: { risk_score: 3 },
          label: "Safe",
          source: "synthetic",
          source_id: "s",
        },
        {
          ...example,
          key: "other-1",
          payload: { risk_score: 3 },
          label: "nonsense",
          source: "gold",
          source_id: "o1",
        },
        { ...example, key: "other-2", payload: { day: 3 }, label: "safe", source: "gold", source_id: "o2" },
      ],
      ana,
    );
    const { training_count, left_out } = await relearn.bundles.create(agent);
    expect([training_count, left_out]).toEqual([60, { no_features: 1, shadowed: 1, unmapped_label: 1 }]);
    expect(await findCheck(relearn, "training_data")).toMatchObject({
      finding: "60 trainable examples; 2 more have no class or no feature.",
    });
  });

  it("Canary stuck in monitoring: a problem after 7 days", async () => {
    const relearn = await testInstallation();
    await activeBundle(relearn);
    const { approvalId } = await approvedBundle(relearn, 2);
    await relearn.approvals.apply(approvalId, { canaryPercent: 10, actor: "ben" });
    relearn.clock.advance(6.5 * DAY_MS);
    expect(await findCheck(relearn, "canary_progress")).toMatchObject({ result: "ok" });
    relearn.clock.advance(DAY_MS);
    expect(await findCheck(relearn, "canary_progress")).toMatchObject({
      result: "problem",
      finding: expect.stringMatching(/at 10 %.* for 7 days/),
      next: "relearn canary check inbox_triage",
    });
    await relearn.guard.rollbackCanary(agent, { reason: "No answer in a week.", actor: "ben" });
    expect(await findCheck(relearn, "canary_progress")).toMatchObject({
      result: "ok",
      finding: "No canary is running.",
    });
  });

  it("Judge weights not updating: results, labels, the nightly update, in this order", async () => {
    const relearn = await testInstallation();
    await relearn.signals.ingest("evaluations", results(0, 12), ana);
    expect(await findCheck(relearn, "judge_weights")).toMatchObject({
      result: "problem",
      finding: expect.stringContaining(
        "None of the tasks of the 12 evaluation results of the last 30 days has a label",
      ),
      next: "relearn sample inbox_triage",
    });
    await relearn.signals.ingest("gold", labelsFor(0, 12), ana);
    await relearn.feeds.loadAll();
    expect(await findCheck(relearn, "judge_weights")).toMatchObject({
      result: "problem",
      finding: expect.stringContaining("updated never"),
      next: "relearn jobs run update_judge_weights",
    });
    await relearn.jobs.run("update_judge_weights", ana);
    expect(await findCheck(relearn, "judge_weights")).toMatchObject({ result: "ok" });
    expect(await findCheck(relearn, "judge_predictions")).toMatchObject({ result: "ok" });
    relearn.clock.advance(3 * DAY_MS);
    expect(await findCheck(relearn, "judge_weights")).toMatchObject({ result: "problem" });
    relearn.clock.advance(30 * DAY_MS);
    expect(await findCheck(relearn, "judge_weights")).toMatchObject({
      finding: expect.stringContaining("None of the 12"),
      next: "relearn import evaluations FILE",
    });
  });

  it("Review queue empty: nothing sampled, or everything labeled", async () => {
    const relearn = await testInstallation();
    await relearn.signals.ingest("evaluations", results(0, 12), ana);
    expect(await findCheck(relearn, "review_queue")).toMatchObject({
      result: "problem",
      finding: expect.stringContaining("12 evaluation results of the last 7 days have no label"),
      next: "relearn sample inbox_triage --min-uncertainty 0.3",
    });
    await relearn.signals.ingest("gold", labelsFor(0, 12), ana);
    await relearn.feeds.loadAll();
    expect(await findCheck(relearn, "review_queue")).toMatchObject({
      result: "warn",
      finding: expect.stringContaining("every evaluation result of the last 7 days has a label"),
    });
  });
});

describe("Best practices", () => {
  it("warns of a balance beyond 90/10, of few labels a week, of judges with few predictions", async () => {
    const relearn = await testInstallation();
    await relearn.signals.ingest(
      "gold",
      gold(0, 60, (index) => (index < 5 ? "quarantine" : "safe")),
      ana,
    );
    await relearn.feeds.loadAll();
    expect(await findCheck(relearn, "label_balance")).toMatchObject({
      result: "warn",
      finding: expect.stringContaining("92 % of 60 labels are safe"),
    });
    expect(await findCheck(relearn, "labels_per_week")).toMatchObject({ result: "ok" });
    relearn.clock.advance(8 * DAY_MS);
    expect(await findCheck(relearn, "labels_per_week")).toMatchObject({
      result: "warn",
      finding: expect.stringContaining("0 labels in the last 7 days"),
    });
    await relearn.signals.ingest("evaluations", results(0, 4), ana);
    await relearn.signals.ingest("gold", labelsFor(0, 4), ana);
    await relearn.feeds.loadAll();
    await relearn.jobs.run("update_judge_weights", ana);
    expect(await findCheck(relearn, "judge_predictions")).toMatchObject({
      result: "warn",
      finding: expect.stringContaining(
        "2 of 2 judges have fewer than 5 labeled predictions, so their weights are unreliable: gpt-4 (4), rules (4)",
      ),
    });
  });

  it("warns of a canary that begins above 10 %, tells of backups, and of four eyes that are off", async () => {
    const relearn = await testInstallation();
    await activeBundle(relearn);
    expect(await findCheck(relearn, "backups")).toMatchObject({
      finding: expect.stringContaining("the first"),
    });
    await activeBundle(relearn, 2);
    expect(await findCheck(relearn, "backups")).toMatchObject({
      finding: expect.stringContaining("1 of at most 3"),
    });
    const { approvalId } = await approvedBundle(relearn, 3);
    await relearn.approvals.apply(approvalId, { canaryPercent: 25, actor: "ben" });
    expect(await findCheck(relearn, "canary_start")).toMatchObject({
      result: "warn",
      finding: expect.stringContaining("25 %"),
    });
    expect(await findCheck(relearn, "four_eyes", null)).toMatchObject({ result: "ok" });
    await relearn.settings.set("four_eyes", false, ana);
    expect(await findCheck(relearn, "four_eyes", null)).toMatchObject({
      result: "warn",
      next: "relearn settings set four_eyes on",
    });
  });
});

describe("the installation itself", () => {
  it("is asked over HTTP; one that is empty is told how to begin", async () => {
    const relearn = await testInstallation();
    const report = await relearn.as("ana").get<DoctorReport>("/v1/doctor");
    expect(report.result).toBe("warn");
    expect(report.checks).toContainEqual({
      check: "in_use",
      agent: null,
      result: "warn",
      finding: "No agent has labels or evaluation results yet.",
      next: "relearn import gold FILE",
    });
    expect(await findCheck(relearn, "database", null)).toMatchObject({
      result: "ok",
      finding: expect.stringMatching(/\d{4}-[a-z-]+/),
    });
  });

  it("has a problem where jobs do not run, fail, and a warning where one is paused", async () => {
    const relearn = await testInstallation();
    expect(await findCheck(relearn, "jobs", null)).toMatchObject({ result: "ok" });
    await relearn.jobs.pause("guard", { ...ana, reason: "night" });
    expect(await findCheck(relearn, "jobs", null)).toMatchObject({
      result: "warn",
      finding: expect.stringContaining("paused by ana: night"),
      next: "relearn jobs resume guard --reason TEXT",
    });
    await relearn.jobs.resume("guard", { ...ana, reason: "day" });
    relearn.clock.advance(2 * HOUR_MS - 1);
    expect(await findCheck(relearn, "jobs", null)).toMatchObject({
      result: "problem",
      finding: expect.stringContaining("Overdue jobs: guard; guard since"),
      next: "relearn serve",
    });
    await relearn.jobs.runDue("guard");
    expect(await findCheck(relearn, "jobs", null)).toMatchObject({ result: "ok" });
  });
});
