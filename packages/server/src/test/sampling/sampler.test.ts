import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS } from "../../clock.ts";
import type { Executor } from "../../db/database.ts";
import type { JudgeScores } from "../../judges/judge-scores.ts";
import { predictPanel } from "../../judges/panel-model.ts";
import { seededRandom } from "../../numerics/random.ts";
import { reviewPriority } from "../../sampling/query-strategy.ts";
import { specificationUncertainty } from "../../sampling/specification-uncertainty.ts";
import { byTieHash } from "../../sampling/tie-hash.ts";
import { TEST_START, type TestInstallation, testInstallation } from "../test-installation.ts";

const AGENT = "inbox_triage";

interface Judged {
  readonly task_key: string;
  readonly result_id: string;
  readonly payload: Record<string, unknown>;
  readonly judge_scores: JudgeScores;
  readonly created_at: Date;
  readonly agent?: string;
}

async function store(executor: Executor, results: readonly Judged[]): Promise<void> {
  await sql`insert into evaluation_results (task_key, agent, result_id, payload, judge_scores, created_at)
    select task_key, coalesce(agent, ${AGENT}), result_id, payload, judge_scores, created_at
      from jsonb_to_recordset(${JSON.stringify(results)}::jsonb)
        as row(task_key text, agent text, result_id text, payload jsonb, judge_scores jsonb, created_at timestamptz)
     order by result_id`.execute(executor);
}

async function label(executor: Executor, keys: readonly string[], labelOf: (key: string) => string) {
  await sql`insert into labeled_examples
      (key, agent, payload, label, source, source_id, confidence, created_at, loaded_at)
    select key, ${AGENT}, '{}', label, 'gold', key, 100, ${TEST_START}, ${TEST_START}
      from jsonb_to_recordset(${JSON.stringify(
        keys.map((key) => ({ key, label: labelOf(key) })),
      )}::jsonb) as row(key text, label text)`.execute(executor);
}

/** Three judges of different skill; now and then one says nothing, or nobody judges at all. */
function simulate(count: number, seed: number, changes: Partial<Judged> = {}): Judged[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index): Judged => {
    const truth = random.uniform() < 0.4 ? "quarantine" : "safe";
    const other = truth === "safe" ? "quarantine" : "safe";
    const judged = (skill: number) => ({
      verdict: random.uniform() < 0.05 ? null : random.uniform() < skill ? truth : other,
      ...(random.uniform() < 0.9 ? { confidence: random.below(101) } : {}),
    });
    return {
      task_key: `t${index}`,
      result_id: `r${String(index).padStart(6, "0")}`,
      payload: { risk_score: random.below(101), recipient_count: 1 + random.below(5) },
      judge_scores:
        random.uniform() < 0.02 ? {} : { good: judged(0.95), fair: judged(0.8), poor: judged(0.6) },
      created_at: new Date(TEST_START.getTime() - random.uniform() * 6.9 * DAY_MS),
      ...changes,
    };
  });
}

const getTruth = (key: string): string => (Number(key.slice(1)) % 3 === 0 ? "quarantine" : "safe");

async function items(installation: TestInstallation) {
  return installation.database.kysely
    .selectFrom("review_items")
    .select(["task_key", "state", "is_control", "inclusion_probability", "method", "priority", "batch_id"])
    .orderBy("id")
    .execute();
}

describe("sampling as specified", () => {
  it("gives exactly the formula's most uncertain, in its order, whatever the database's bound", async () => {
    const installation = await testInstallation();
    const results = simulate(3000, 1);
    await store(installation.database.kysely, results);
    await label(installation.database.kysely, ["t1", "t2", "t3", "t4", "t5", "t6"], getTruth);
    await installation.judges.update(AGENT);
    const weights = await installation.judges.getWeights(AGENT);
    const labeled = new Set(["t1", "t2", "t3", "t4", "t5", "t6"]);
    for (const [topN, minUncertainty] of [
      [50, undefined],
      [700, 0.1],
      [1000, 0],
    ] as const) {
      const expected = results
        .filter((result) => !labeled.has(result.task_key))
        .map(({ task_key, judge_scores }) => ({
          task_key,
          ...specificationUncertainty(judge_scores, weights),
        }))
        .filter((one) => one.uncertainty >= (minUncertainty ?? 0.5))
        .sort((a, b) => b.uncertainty - a.uncertainty || byTieHash(a.task_key, b.task_key))
        .slice(0, topN);
      const found = await installation.sampler.sampleForReview(AGENT, {
        strategy: "specification",
        topN,
        minUncertainty,
        dryRun: true,
      });
      expect(found.map(({ task_key, uncertainty, method }) => ({ task_key, uncertainty, method }))).toEqual(
        expected,
      );
    }
  });

  it("gives the specification's document", async () => {
    const installation = await testInstallation();
    const created_at = new Date(TEST_START.getTime() - HOUR_MS);
    await store(installation.database.kysely, [
      {
        task_key: "thread-12345",
        result_id: "r1",
        payload: { risk_score: 60 },
        judge_scores: { "gpt-4": { verdict: "safe", confidence: 80 }, rules: { verdict: "quarantine" } },
        created_at,
      },
    ]);
    const [candidate] = await installation.sampler.sampleForReview(AGENT, { strategy: "specification" });
    expect(candidate).toMatchObject({
      task_key: "thread-12345",
      agent: AGENT,
      uncertainty: 1,
      method: "disagreement",
      judge_scores: { "gpt-4": { verdict: "safe", confidence: 80 }, rules: { verdict: "quarantine" } },
      payload: { risk_score: 60 },
      created_at: created_at.toISOString(),
      is_control: false,
      queued: false,
    });
  });

  it("looks seven days back, at the newest result of a task, of this agent alone", async () => {
    const installation = await testInstallation();
    const split = { a: { verdict: "safe" }, b: { verdict: "quarantine" } };
    const agreed = { a: { verdict: "safe", confidence: 90 }, b: { verdict: "safe", confidence: 90 } };
    const at = (days: number) => new Date(TEST_START.getTime() - days * DAY_MS);
    const one = (task_key: string, days: number, judge_scores: JudgeScores, agent?: string): Judged => ({
      task_key,
      result_id: `${task_key}-${days}`,
      payload: {},
      judge_scores,
      created_at: at(days),
      ...(agent === undefined ? {} : { agent }),
    });
    await store(installation.database.kysely, [
      one("edge", 7, split),
      one("inside", 6.999, split),
      one("future", -0.01, split),
      one("settled-since", 3, split),
      one("settled-since", 2, agreed),
      one("unsettled-since", 3, agreed),
      one("unsettled-since", 2, split),
      one("elsewhere", 1, split, "insights_writer"),
    ]);
    const found = await installation.sampler.sampleForReview(AGENT, { strategy: "specification" });
    expect(found.map((one) => one.task_key).sort()).toEqual(["inside", "unsettled-since"]);
  });
});

describe("sampling by the panel", () => {
  it.each(["calibrated", "margin", "entropy"] as const)(
    "%s: the pool is the best of all by brute force",
    async (strategy) => {
      const installation = await testInstallation();
      const results = simulate(1200, 2);
      await store(installation.database.kysely, results);
      const labeled = results.slice(0, 60).map((result) => result.task_key);
      await label(installation.database.kysely, labeled, getTruth);
      await installation.judges.update(AGENT);
      const panel = (await installation.judges.storedPanel(AGENT))!;
      const computeWorth = (result: Judged) =>
        reviewPriority(strategy, {
          task_key: result.task_key,
          probabilities: Object.values(predictPanel(panel, result.judge_scores)),
          uncertainty: 0,
        });
      const open = results.slice(60);
      const topN = 10;
      const found = await installation.sampler.sampleForReview(AGENT, { strategy, topN, dryRun: true });
      expect(found).toHaveLength(topN);
      const worst = open.map(computeWorth).sort((a, b) => b - a)[10 * topN - 1]!;
      for (const candidate of found.filter((one) => !one.is_control)) {
        const result = results.find((one) => one.task_key === candidate.task_key)!;
        expect(computeWorth(result)).toBeGreaterThanOrEqual(worst);
        expect(candidate.method).toBe(strategy);
      }
      expect(found.filter((one) => one.is_control)).toHaveLength(1);
    },
  );

  it("does not ask where a review costs more than it brings", async () => {
    const installation = await testInstallation();
    const definition = await installation.agents.definition(AGENT);
    await installation.agents.apply({ ...definition, costs: { error: 1, review: 0.2 } }, { actor: "ana" });
    const results = simulate(600, 3);
    await store(installation.database.kysely, results);
    await label(
      installation.database.kysely,
      results.slice(0, 200).map((result) => result.task_key),
      (key) => results.find((one) => one.task_key === key)!.judge_scores["good"]?.verdict ?? "safe",
    );
    await installation.judges.update(AGENT);
    const found = await installation.sampler.sampleForReview(AGENT, { topN: 500, dryRun: true });
    const asked = found.filter((one) => !one.is_control);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.every((one) => one.value_of_review! > 0)).toBe(true);
    expect(asked.length).toBeLessThan(350);
  });

  it("asks about typical tasks of every kind while there are few labels", async () => {
    const installation = await testInstallation();
    const kinds = [0, 50, 100].flatMap((risk, kind) =>
      simulate(60, 10 + kind).map((result) => ({
        ...result,
        task_key: `${kind}-${result.task_key}`,
        result_id: `${kind}-${result.result_id}`,
        payload: { risk_score: risk },
      })),
    );
    await store(installation.database.kysely, kinds);
    const report = await installation.sampler.sample(AGENT, { topN: 3 });
    expect(report.cold_start).toBe(true);
    const typical = report.candidates.filter((one) => !one.is_control);
    expect(new Set(typical.map((one) => one.payload["risk_score"])).size).toBe(typical.length);
    expect(typical.every((one) => one.method === "cold_start")).toBe(true);
  });

  it("draws at random, the same in one day and another on the next", async () => {
    const installation = await testInstallation();
    await store(installation.database.kysely, simulate(400, 4));
    const draw = async () =>
      (await installation.sampler.sampleForReview(AGENT, { strategy: "random", topN: 20, dryRun: true })).map(
        (one) => one.task_key,
      );
    const today = await draw();
    expect(new Set(today).size).toBe(20);
    expect(await draw()).toEqual(today);
    installation.clock.advance(DAY_MS);
    expect(await draw()).not.toEqual(today);
  });

  it("finds the last open tasks at random among many closed ones", async () => {
    const installation = await testInstallation();
    const results = simulate(1300, 5);
    await store(installation.database.kysely, results);
    const open = new Set(["t7", "t400", "t1299"]);
    await label(
      installation.database.kysely,
      results.map((result) => result.task_key).filter((key) => !open.has(key)),
      getTruth,
    );
    const found = await installation.sampler.sampleForReview(AGENT, { strategy: "random", topN: 20 });
    expect(new Set(found.map((one) => one.task_key))).toEqual(open);
  });
});

describe("the queue that sampling fills", () => {
  it("gets each once, however often it is sampled, with batch, audit event and control share", async () => {
    const installation = await testInstallation();
    await store(installation.database.kysely, simulate(500, 6));
    const first = await installation.sampler.sample(AGENT, { topN: 20, actor: "ana" });
    expect(first).toMatchObject({ queued: 20, expired: 0, dry_run: false });
    const again = await installation.sampler.sample(AGENT, { topN: 20 });
    expect(again.queued).toBe(0);
    expect(again.candidates.every((one) => one.queued)).toBe(true);
    expect(again.candidates.map((one) => one.task_key).sort()).toEqual(
      first.candidates.map((one) => one.task_key).sort(),
    );
    const stored = await items(installation);
    expect(stored).toHaveLength(20);
    expect(new Set(stored.map((item) => item.batch_id)).size).toBe(1);
    const control = stored.filter((item) => item.is_control);
    expect(control).toHaveLength(2);
    expect(control.every((item) => item.inclusion_probability === 2 / 500)).toBe(true);
    const events = await installation.audit.list({ kind: "review.sampled" }, { limit: 5 });
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ actor: "ana", detail: { queued: 20, control: 2 } });
    const claimed = await installation.reviewLeases.claim(AGENT, { actor: "ben", count: 20 });
    expect(claimed).toHaveLength(20);
  });

  it("draws every result once to the control share, and the drawn wait until they are labeled", async () => {
    const installation = await testInstallation();
    await store(installation.database.kysely, simulate(100, 7));
    await installation.sampler.sample(AGENT, { topN: 30 });
    const drawn = () =>
      installation.database.kysely.selectFrom("control_share").selectAll().orderBy("task_key").execute();
    expect(await drawn()).toHaveLength(3);
    // Nothing is drawn beside three that wait, and the results of the second day are not passed over by that.
    installation.clock.advance(HOUR_MS);
    const later = simulate(40, 8).map((result) => ({
      ...result,
      task_key: `later-${result.task_key}`,
      result_id: `s${result.result_id}`,
    }));
    await store(installation.database.kysely, later);
    await installation.sampler.sample(AGENT, { topN: 30 });
    expect(await drawn()).toHaveLength(3);
    for (const item of await installation.reviewLeases.claim(AGENT, { actor: "ana", count: 100 })) {
      await installation.review.label(item.item_id, "safe", { actor: "ana", leaseToken: item.lease!.token! });
    }
    await installation.sampler.sample(AGENT, { topN: 30 });
    const all = await drawn();
    expect(all).toHaveLength(6);
    const fresh = all.filter((one) => one.task_key.startsWith("later-"));
    expect(fresh).toHaveLength(3);
    expect(fresh.every((one) => one.inclusion_probability === 3 / 40)).toBe(true);
  });

  it("offers what is skipped no more, and what expired again", async () => {
    const installation = await testInstallation();
    await store(
      installation.database.kysely,
      simulate(3, 9, { judge_scores: { a: { verdict: "safe" }, b: { verdict: "quarantine" } } }),
    );
    const sample = () => installation.sampler.sample(AGENT, { strategy: "specification" });
    await sample();
    const [item] = await installation.reviewLeases.claim(AGENT, { actor: "ana" });
    await installation.review.skip(item!.item_id, "unclear", {
      actor: "ana",
      leaseToken: item!.lease!.token!,
    });
    expect((await sample()).candidates).toHaveLength(2);
    // Two weeks on nobody has come; the tasks were judged again meanwhile.
    installation.clock.advance(15 * DAY_MS);
    await store(
      installation.database.kysely,
      simulate(3, 9, {
        judge_scores: { a: { verdict: "safe" }, b: { verdict: "quarantine" } },
        created_at: new Date(TEST_START.getTime() + 14 * DAY_MS),
      }).map((result) => ({ ...result, result_id: `again-${result.result_id}` })),
    );
    const report = await sample();
    expect(report).toMatchObject({ expired: 2, queued: 2 });
    expect((await items(installation)).map((one) => one.state).sort()).toEqual([
      "pending",
      "pending",
      "skipped",
    ]);
  });

  it("asks as many people as the agent's definition says", async () => {
    const installation = await testInstallation();
    const definition = await installation.agents.definition(AGENT);
    await installation.agents.apply({ ...definition, reviews_per_item: 3 }, { actor: "ana" });
    await store(installation.database.kysely, simulate(5, 11));
    await installation.sampler.sample(AGENT);
    const [item] = await installation.reviewLeases.claim(AGENT, { actor: "ben" });
    expect(item!.reviews_needed).toBe(3);
  });

  it("is filled by the daily job, 20 for each agent", async () => {
    const installation = await testInstallation();
    await store(installation.database.kysely, [
      ...simulate(100, 12),
      ...simulate(60, 13, { agent: "insights_writer" }),
    ]);
    const run = await installation.jobs.run("sample_review_queue", { actor: "ana" });
    expect(run).toMatchObject({
      state: "succeeded",
      result: { queued: { inbox_triage: 20, insights_writer: 20, knowledge_update: 0 } },
    });
  });

  it("takes payloads without features, judges with odd verdicts and an agent without classes", async () => {
    const installation = await testInstallation();
    await installation.agents.apply(
      { name: "free", features: [{ name: "x", path: "x", kind: "number", default: 0 }] },
      { actor: "ana" },
    );
    const odd: JudgeScores[] = [
      {},
      { a: { verdict: "yes" } },
      { a: { verdict: null } },
      { b: { verdict: "" } },
    ];
    await store(
      installation.database.kysely,
      odd.map((judge_scores, index) => ({
        task_key: `o${index}`,
        result_id: `o${index}`,
        payload: index === 0 ? {} : { x: index === 1 ? "word" : 1e308 },
        judge_scores,
        created_at: TEST_START,
        agent: "free",
      })),
    );
    for (const strategy of ["calibrated", "specification", "margin", "entropy", "random"] as const) {
      const found = await installation.sampler.sampleForReview("free", { strategy, dryRun: true });
      expect(found.every((one) => one.uncertainty >= 0 && one.uncertainty <= 1)).toBe(true);
      if (strategy !== "specification") expect(found).toHaveLength(4);
    }
  });

  it("refuses what it cannot do, by name", async () => {
    const installation = await testInstallation();
    const { sampler } = installation;
    await expect(sampler.sampleForReview("nobody")).rejects.toMatchObject({ code: "unknown_agent" });
    await expect(sampler.sampleForReview(AGENT, { topN: 0 })).rejects.toThrow("1 to 1000");
    await expect(sampler.sampleForReview(AGENT, { minUncertainty: Number.NaN })).rejects.toThrow("0 to 1");
    await expect(sampler.sampleForReview(AGENT, { strategy: "best" as "random" })).rejects.toThrow(
      "calibrated, specification",
    );
    expect(await sampler.sampleForReview(AGENT)).toEqual([]);
  });
});

describe("review queue stats", () => {
  it("count the unlabeled tasks of the last seven days, by agent", async () => {
    const installation = await testInstallation();
    expect(await installation.sampler.getReviewQueueStats()).toEqual({ total_unlabeled: 0, by_agent: {} });
    await store(installation.database.kysely, [
      ...simulate(8, 14),
      ...simulate(7, 15, { agent: "insights_writer" }),
      // Judged twice: one task.
      { ...simulate(1, 14)[0]!, result_id: "again" },
      ...simulate(5, 16, { created_at: new Date(TEST_START.getTime() - 8 * DAY_MS) }).map((result) => ({
        ...result,
        task_key: `old-${result.task_key}`,
        result_id: `old-${result.result_id}`,
      })),
    ]);
    await label(installation.database.kysely, ["t3"], getTruth);
    const stats = { total_unlabeled: 14, by_agent: { inbox_triage: 7, insights_writer: 7 } };
    expect(await installation.sampler.getReviewQueueStats()).toEqual(stats);
    expect(await installation.as("ana").get("/v1/sampler/stats")).toEqual(stats);
  });
});
