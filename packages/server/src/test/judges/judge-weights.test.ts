import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../clock.ts";
import type { Executor } from "../../db/database.ts";
import { defaultJudgeWeights, specificationWeights } from "../../judges/specification-weights.ts";
import { seededRandom } from "../../numerics/random.ts";
import { TEST_START, testInstallation } from "../test-installation.ts";

interface Judged {
  readonly task_key: string;
  readonly judge_scores: Record<string, { verdict: string | null; confidence?: number }>;
  readonly created_at: Date;
  readonly agent?: string;
}

interface Labeled {
  readonly key: string;
  readonly label: string;
  readonly source?: string;
}

async function store(executor: Executor, results: readonly Judged[], labels: readonly Labeled[]) {
  await sql`insert into evaluation_results (task_key, agent, result_id, payload, judge_scores, created_at)
    select task_key, coalesce(agent, 'inbox_triage'), task_key || created_at, '{}', judge_scores, created_at
      from jsonb_to_recordset(${JSON.stringify(results)}::jsonb)
        as row(task_key text, agent text, judge_scores jsonb, created_at timestamptz)`.execute(executor);
  await sql`insert into labeled_examples
      (key, agent, payload, label, source, source_id, confidence, created_at, loaded_at)
    select key, 'inbox_triage', '{}', label, coalesce(source, 'gold'), key, 100, now(), now()
      from jsonb_to_recordset(${JSON.stringify(labels)}::jsonb) as row(key text, label text, source text)`.execute(
    executor,
  );
}

const at = (daysAgo: number): Date => new Date(TEST_START.getTime() - daysAgo * DAY_MS);

/** Verdicts of three judges of different skill over the days given, and labels for most tasks. */
function simulate(count: number, days: number, seed: number, prefix = "t") {
  const random = seededRandom(seed);
  const truths = new Map<string, string>();
  const results: Judged[] = [];
  for (let index = 0; index < count; index++) {
    const task_key = `${prefix}${index}`;
    const truth = random.uniform() < 0.4 ? "quarantine" : "safe";
    const other = truth === "safe" ? "quarantine" : "safe";
    truths.set(task_key, truth);
    const judged = (skill: number) => ({
      verdict: random.uniform() < skill ? truth : other,
      confidence: 50 + random.below(51),
    });
    results.push({
      task_key,
      judge_scores: { good: judged(0.95), fair: judged(0.8), wrong: judged(0.3) },
      created_at: at(random.uniform() * days),
    });
  }
  const labels = [...truths].filter((_, index) => index % 5 !== 0).map(([key, label]) => ({ key, label }));
  return { results, labels };
}

describe("judge weights in the database", () => {
  it("are the four defaults where there are no evaluation results", async () => {
    const { judges, database } = await testInstallation();
    expect(await judges.show("inbox_triage")).toMatchObject({ weights: defaultJudgeWeights, defaults: true });
    const updates = await judges.update();
    expect(updates.map((update) => update.agent)).toEqual([
      "inbox_triage",
      "insights_writer",
      "knowledge_update",
    ]);
    expect(updates.every((update) => update.defaults)).toBe(true);
    const setting = await database.kysely
      .selectFrom("runtime_settings")
      .select("value")
      .where("key", "=", "judge_weights.inbox_triage")
      .executeTakeFirst();
    expect(setting?.value).toEqual(defaultJudgeWeights);
  });

  it("are the specification's over the last 30 days, to the millisecond", async () => {
    const { judges, database } = await testInstallation();
    const { results, labels } = simulate(400, 40, 1);
    // Both edges of the window lie within a day that has more results on the other side.
    const edges = [
      { ...results[1]!, task_key: "in", created_at: new Date(at(30).getTime()) },
      { ...results[1]!, task_key: "out", created_at: new Date(at(30).getTime() - 1) },
      { ...results[1]!, task_key: "future", created_at: new Date(TEST_START.getTime() + 1) },
    ];
    const all = [...results, ...edges];
    const allLabels = [...labels, ...edges.map(({ task_key }) => ({ key: task_key, label: "safe" }))];
    await store(database.kysely, all, allLabels);
    const byKey = new Map(allLabels.map(({ key, label }) => [key, label]));
    const expected = specificationWeights(
      all.map((result) => ({ ...result, label: byKey.get(result.task_key) ?? null })),
      { asOf: TEST_START },
    );
    await judges.update("inbox_triage");
    const report = await judges.show("inbox_triage");
    expect(report.weights).toEqual(expected);
    expect(report.judges["good"]!.predictions).toBe(
      all.filter(
        (result) =>
          byKey.has(result.task_key) && result.created_at >= at(30) && result.created_at <= TEST_START,
      ).length,
    );
  });

  it("gives 0.5 to a judge with under five predictions, also with none at all", async () => {
    const { judges, database } = await testInstallation();
    const scores = { young: { verdict: "safe", confidence: 90 } };
    const results = Array.from({ length: 6 }, (_, index) => ({
      task_key: `t${index}`,
      judge_scores: index < 4 ? scores : { silent: { verdict: "safe" } },
      created_at: at(1),
    }));
    await store(
      database.kysely,
      results,
      results.slice(0, 4).map(({ task_key }) => ({ key: task_key, label: "safe" })),
    );
    await judges.update("inbox_triage");
    expect((await judges.show("inbox_triage")).weights).toEqual({ silent: 0.5, young: 0.5 });
  });

  it("reads labels of approvals, gold and review through the label map, and no others", async () => {
    const { judges, database } = await testInstallation();
    const results = Array.from({ length: 12 }, (_, index) => ({
      task_key: `t${index}`,
      judge_scores: { one: { verdict: "quarantine", confidence: 100 } },
      created_at: at(1),
    }));
    await store(database.kysely, results, [
      ...[0, 1, 2].map((index) => ({ key: `t${index}`, label: "quarantine_approved", source: "approvals" })),
      ...[3, 4].map((index) => ({ key: `t${index}`, label: "High-Risk", source: "gold" })),
      { key: "t5", label: "Safe", source: "review" },
      // A review counts before the approval that it corrects.
      { key: "t6", label: "quarantine", source: "review" },
      { key: "t6", label: "quarantine_rejected", source: "approvals" },
      { key: "t7", label: "safe", source: "feedback" },
      { key: "t8", label: "safe", source: "synthetic" },
      { key: "t9", label: "no class of this agent", source: "gold" },
    ]);
    await judges.update("inbox_triage");
    const { one } = (await judges.show("inbox_triage")).judges;
    expect(one).toMatchObject({ predictions: 7, agreement: expect.closeTo(6 / 7, 12) });
  });

  it("counts late, changed and taken-back labels as if it counted everything from scratch", async () => {
    const { judges, database, clock } = await testInstallation();
    const { results, labels } = simulate(300, 25, 2);
    await store(database.kysely, results.slice(0, 200), labels.slice(0, 100));
    await judges.update("inbox_triage");
    clock.advance(DAY_MS);
    const more = results.slice(200).map((result) => ({ ...result, created_at: clock.now() }));
    await store(database.kysely, more, labels.slice(100));
    await sql`update labeled_examples set superseded_at = ${clock.now()} where key in ('t1', 't2', 't3')`.execute(
      database.kysely,
    );
    const [update] = await judges.update("inbox_triage");
    const stepwise = [await judges.show("inbox_triage"), await judges.reliability("inbox_triage")];
    await database.kysely.deleteFrom("judge_evidence_marks").execute();
    const [recomputed] = await judges.update("inbox_triage");
    expect(update!.labels).toBe(recomputed!.labels);
    const atOnce = [await judges.show("inbox_triage"), await judges.reliability("inbox_triage")];
    expect(stepwise[0]).toEqual(atOnce[0]);
    const [one, other] = [stepwise[1], atOnce[1]].map((report) => JSON.stringify(report, rounded));
    expect(one).toEqual(other);
  });

  it("counts again only the days that changed", async () => {
    const { judges, database } = await testInstallation();
    const { results, labels } = simulate(300, 25, 3);
    await store(database.kysely, results, labels);
    const [first] = await judges.update("inbox_triage");
    expect(first!.days_counted).toBe(26);
    const [nothingNew] = await judges.update("inbox_triage");
    expect(nothingNew!.days_counted).toBe(0);
    await store(database.kysely, [{ ...results[0]!, task_key: "new", created_at: at(3) }], []);
    const [oneDay] = await judges.update("inbox_triage");
    expect(oneDay!.days_counted).toBe(1);
    expect(oneDay!.labels).toBe(first!.labels);
  });

  it("makes cards and a panel that trust the good judge and turn the wrong one round", async () => {
    const { judges, database } = await testInstallation();
    const { results, labels } = simulate(400, 25, 4);
    await store(database.kysely, results, labels);
    await judges.update("inbox_triage");
    const { cards, panel } = await judges.reliability("inbox_triage");
    expect(cards.map((card) => card.judge)).toEqual(["fair", "good", "wrong"]);
    expect(cards[1]!.agreement.value).toBeCloseTo(0.95, 1);
    expect(cards[1]!.positive).toBe("quarantine");
    expect(panel).toMatchObject({ method: "chosen", judges: ["fair", "good", "wrong"] });
    const findWeight = (judge: number): number =>
      panel?.method === "chosen"
        ? panel.components.reduce((sum, part) => sum + part.probability * part.vote_log_odds[judge]!, 0)
        : Number.NaN;
    expect(findWeight(1)).toBeGreaterThan(findWeight(0));
    expect(findWeight(2)).toBeLessThan(0);
  });

  it("is written down, shown over HTTP, and refuses an agent that is not there", async () => {
    const installation = await testInstallation();
    const api = installation.as("ana");
    await api.post("/v1/judges/update", { agent: "inbox_triage" });
    expect(await api.get("/v1/judges/inbox_triage/weights")).toMatchObject({ defaults: true });
    expect(await api.get("/v1/judges/inbox_triage")).toMatchObject({ cards: [] });
    await expect(api.get("/v1/judges/nobody/weights")).rejects.toMatchObject({ code: "unknown_agent" });
    await expect(api.post("/v1/judges/update", { agent: "nobody" })).rejects.toMatchObject({
      code: "unknown_agent",
    });
    expect(await installation.audit.list({ kind: "judges.weighed" }, { limit: 5 })).toMatchObject([
      { actor: "ana", object: "inbox_triage" },
    ]);
  });
});

/** Sums in another order differ in the last bits. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(9)) : value;
}
