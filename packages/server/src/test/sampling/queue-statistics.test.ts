import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../clock.ts";
import { seededRandom } from "../../numerics/random.ts";
import { TEST_START, type TestInstallation, testInstallation } from "../test-installation.ts";

const AGENT = "inbox_triage";

/** Results whose truth is known, one agent decision each; every fifth decision is wrong. */
async function judged(installation: TestInstallation, count: number): Promise<Map<string, string>> {
  const random = seededRandom(7);
  const truths = new Map<string, string>();
  const results = Array.from({ length: count }, (_, index) => {
    const truth = random.uniform() < 0.3 ? "quarantine" : "safe";
    const other = truth === "safe" ? "quarantine" : "safe";
    const task_key = `t${index}`;
    truths.set(task_key, truth);
    const verdict = (skill: number) => ({
      verdict: random.uniform() < skill ? truth : other,
      confidence: 80,
    });
    return {
      task_key,
      payload: {
        risk_score: truth === "quarantine" ? 60 + random.below(40) : random.below(60),
        sender_domain_age_days: random.below(3000),
        recipient_count: 1 + random.below(50),
      },
      judge_scores: { good: verdict(0.9), fair: verdict(0.75) },
      decision: random.uniform() < 0.2 ? other : truth,
      created_at: new Date(TEST_START.getTime() - random.uniform() * 6 * DAY_MS),
    };
  });
  await sql`insert into evaluation_results (task_key, agent, result_id, payload, judge_scores, decision, created_at)
    select task_key, ${AGENT}, 'r' || task_key, payload, judge_scores, decision, created_at
      from jsonb_to_recordset(${JSON.stringify(results)}::jsonb)
        as row(task_key text, payload jsonb, judge_scores jsonb, decision text, created_at timestamptz)`.execute(
    installation.database.kysely,
  );
  return truths;
}

async function labelAll(installation: TestInstallation, truths: Map<string, string>): Promise<void> {
  for (;;) {
    const items = await installation.reviewLeases.claim(AGENT, { actor: "ana", count: 100 });
    if (items.length === 0) return;
    for (const { item_id, task_key, lease } of items) {
      await installation.review.label(item_id, truths.get(task_key)!, {
        actor: "ana",
        leaseToken: lease!.token!,
      });
    }
  }
}

describe("what labels bought", () => {
  it("is nothing known before anything happened", async () => {
    const installation = await testInstallation();
    const queueStatistics = await installation.queueStatistics.progress(AGENT);
    expect(queueStatistics).toMatchObject({
      now: { labels: 0, bundle_id: null, accuracy: null, expected_errors: null, control_labels: 0 },
      points: [],
      settlement: null,
      summary: expect.stringContaining("no bundle yet"),
    });
    expect(await installation.queueStatistics.population(AGENT)).toMatchObject({
      population: 0,
      control: { drawn: 0, labeled: 0 },
      positive_rate: null,
      decision_error: null,
    });
    expect(await installation.queueStatistics.record()).toBe(0);
    await expect(installation.queueStatistics.progress("nobody")).rejects.toMatchObject({
      code: "unknown_agent",
    });
  });

  it("is each bundle's held-out accuracy, and the errors that the control share expects among the rest", async () => {
    const installation = await testInstallation();
    const truths = await judged(installation, 1000);
    await installation.sampler.sample(AGENT, { topN: 120 });
    await labelAll(installation, truths);
    await installation.bundles.create(AGENT, { actor: "ana" });
    installation.clock.advance(3_600_000);
    await installation.sampler.sample(AGENT, { topN: 60 });
    await labelAll(installation, truths);
    const bundle = await installation.bundles.create(AGENT, { actor: "ana" });
    const queueStatistics = await installation.queueStatistics.progress(AGENT);
    expect(queueStatistics.now).toMatchObject({ labels: 180, unlabeled: 820, bundle_id: bundle.bundle_id });
    // Nothing came in after the first draw, so nothing could be drawn by the second.
    expect(queueStatistics.now.control_labels).toBe(12);
    const [low, high] = queueStatistics.now.expected_errors_interval!;
    expect(low).toBeLessThan(queueStatistics.now.expected_errors!);
    // A fifth of the decisions is wrong.
    expect(low).toBeLessThan(0.2 * 820);
    expect(high).toBeGreaterThan(0.2 * 820);
    expect(queueStatistics.points.map((point) => point.labels)).toEqual([120, 180]);
    expect(queueStatistics.points.every((point) => point.accuracy! > 0.8)).toBe(true);
    expect(queueStatistics.settlement!.kappas).toHaveLength(1);
    expect(queueStatistics.summary).toMatch(
      /^180 labels: held-out accuracy .* with the first 120\); about .* of the 820/,
    );
  });

  it("is written down each night, and not twice while nothing changes", async () => {
    const installation = await testInstallation();
    const truths = await judged(installation, 200);
    await installation.sampler.sample(AGENT, { topN: 20 });
    await labelAll(installation, truths);
    expect(await installation.queueStatistics.record()).toBe(1);
    expect(await installation.queueStatistics.record()).toBe(0);
    installation.clock.advance(3_600_000);
    await installation.jobs.run("sample_review_queue", { actor: "ana" });
    await labelAll(installation, truths);
    expect(await installation.queueStatistics.record()).toBe(1);
    const { points } = await installation.queueStatistics.progress(AGENT);
    expect(points.map((point) => point.labels)).toEqual([20, 40]);
    expect(points.every((point) => point.expected_errors !== null && point.accuracy === null)).toBe(true);
  });

  it("tells of all traffic, narrower than labels alone, whatever was chosen besides", async () => {
    const installation = await testInstallation();
    const truths = await judged(installation, 1000);
    await installation.sampler.sample(AGENT, { topN: 200 });
    await labelAll(installation, truths);
    await installation.judges.update(AGENT);
    const figures = await installation
      .as("ana")
      .get<Awaited<ReturnType<typeof installation.queueStatistics.population>>>(
        `/v1/agents/${AGENT}/population`,
      );
    expect(figures).toMatchObject({
      population: 1000,
      control: { drawn: 20, labeled: 20 },
      level: 0.9,
      positive: "quarantine",
    });
    const positives = [...truths.values()].filter((truth) => truth === "quarantine").length / 1000;
    const rate = figures.positive_rate!;
    // Coverage over a thousand draws is the numerics' test; one draw is near.
    expect(Math.abs(rate.estimate - positives)).toBeLessThan(0.15);
    const width = ([low, high]: readonly [number, number]) => high - low;
    expect(width(rate.interval)).toBeLessThan(width(rate.labels_only.interval));
    expect(Math.abs(figures.decision_error!.estimate - 0.2)).toBeLessThan(0.2);
  });
});

describe("a panel without the labels that an estimate rests on", () => {
  it("is the panel that never had them", async () => {
    const installation = await testInstallation();
    const truths = await judged(installation, 300);
    const keys = [...truths.keys()];
    const add = (some: readonly string[]) =>
      sql`insert into labeled_examples (key, agent, payload, label, source, source_id, confidence, created_at, loaded_at)
        select key, ${AGENT}, '{}', label, 'gold', key, 100, ${TEST_START}, ${TEST_START}
          from jsonb_to_recordset(${JSON.stringify(
            some.map((key) => ({ key, label: truths.get(key) })),
          )}::jsonb) as row(key text, label text)`.execute(installation.database.kysely);
    await add(keys.slice(0, 100));
    await installation.judges.update(AGENT);
    const before = (await installation.judges.storedPanel(AGENT))!;
    await add(keys.slice(100, 160));
    await installation.judges.update(AGENT);
    const held = await installation.database.kysely
      .selectFrom("evaluation_results")
      .select(["task_key", "judge_scores", "created_at"])
      .where("task_key", "in", keys.slice(100, 160))
      .execute();
    const definition = await installation.agents.definition(AGENT);
    const without = await installation.judges.panelWithout(
      definition,
      held.map(({ task_key, ...result }) => ({ ...result, label: truths.get(task_key)! })),
      [],
    );
    if (before.method !== "chosen" || without.method !== "chosen")
      throw new Error("a chosen panel was asked for");
    expect(without.judges).toEqual(before.judges);
    without.components.forEach((component, index) => {
      const other = before.components[index]!;
      component.vote_log_odds.forEach((odds, judge) => {
        expect(odds).toBeCloseTo(other.vote_log_odds[judge]!, 6);
      });
    });
  });
});
