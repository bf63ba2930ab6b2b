import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS } from "../../clock.ts";
import type { JudgeScores } from "../../judges/judge-scores.ts";
import { seededRandom } from "../../numerics/random.ts";
import { TEST_START, type TestInstallation, testInstallation } from "../test-installation.ts";
import { activeBundle, addExamples } from "../traffic.ts";

const AGENT = "inbox_triage";

interface Mail {
  readonly key: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly judge_scores: JudgeScores;
  readonly created_at: Date;
  readonly label: string;
}

/** Mails whose risk score tells the truth but for some noise, and two judges of different skill. */
function mails(count: number, seed: number): Mail[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index): Mail => {
    const risk = random.uniform() * 100;
    const label = risk + 15 * random.normal() > 55 ? "quarantine" : "safe";
    const judged = (skill: number) => ({
      verdict: random.uniform() < skill === (label === "safe") ? "safe" : "quarantine",
      confidence: 50 + random.below(51),
    });
    return {
      key: `t${index}`,
      payload: { risk_score: risk, sender_domain_age_days: random.uniform() * 1000 },
      // The version makes the first judge's key the longer one; the database, which orders by length, puts it last.
      judge_scores: { fair: { ...judged(0.75), model_version: "2026-01-01" }, poor: judged(0.6) },
      created_at: new Date(TEST_START.getTime() - random.uniform() * 6 * DAY_MS - HOUR_MS),
      label,
    };
  });
}

async function addResults({ database }: TestInstallation, some: readonly Mail[]): Promise<void> {
  await sql`insert into evaluation_results (task_key, agent, result_id, payload, judge_scores, created_at)
    select key, ${AGENT}, 'r-' || key, payload, judge_scores, created_at
      from jsonb_to_recordset(${JSON.stringify(some)}::jsonb)
        as row(key text, payload jsonb, judge_scores jsonb, created_at timestamptz)`.execute(database.kysely);
}

async function addLabels({ database, clock }: TestInstallation, some: readonly Mail[]): Promise<void> {
  await sql`insert into labeled_examples
      (key, agent, payload, label, source, source_id, confidence, created_at, loaded_at)
    select key, ${AGENT}, payload, label, 'gold', key, 100, ${clock.now()}, ${clock.now()}
      from jsonb_to_recordset(${JSON.stringify(some)}::jsonb)
        as row(key text, payload jsonb, label text)`.execute(database.kysely);
}

const identity = (bundleId: string): string => `feature-model@${bundleId}`;

describe("the trained feature model as a judge", () => {
  it("has a card and a vote in the panel, and nothing of the specification's changes by it", async () => {
    const relearn = await testInstallation();
    const all = mails(400, 1);
    // Nothing in it that the model reads.
    const blank: Mail = { ...all.at(-1)!, key: "blank", payload: { subject: "hello" } };
    await addResults(relearn, [...all, blank]);
    await addLabels(relearn, all.slice(0, 300));
    const asSpecified = async () => ({
      weights: await relearn.judges.show(AGENT),
      queue: await relearn.sampler.sampleForReview(AGENT, {
        strategy: "specification",
        topN: 60,
        dryRun: true,
      }),
    });
    const [without] = await relearn.judges.update(AGENT);
    expect(without!.model_bundle_id).toBeNull();
    const before = await asSpecified();
    const cardsBefore = (await relearn.judges.reliability(AGENT)).cards;
    expect(before.queue.length).toBeGreaterThan(20);

    const { bundle_id } = await relearn.bundles.create(AGENT, { actor: "ana" });
    const [update] = await relearn.judges.update(AGENT);
    expect(update).toMatchObject({ model_bundle_id: bundle_id, weights: without!.weights, labels: 300 });
    expect(await asSpecified()).toEqual(before);

    const { cards, panel } = await relearn.judges.reliability(AGENT);
    expect(cards.map((card) => card.judge)).toEqual(["fair@2026-01-01", identity(bundle_id), "poor"]);
    expect(cards[1]).toMatchObject({ labels: 300, abstentions: 0 });
    expect(cards[1]!.agreement.value).toBeGreaterThan(0.78);
    expect([cards[0], cards[2]]).toEqual(cardsBefore);
    if (panel?.method !== "chosen") throw new Error("a chosen panel was asked for");
    expect(panel.judges).toEqual(["fair@2026-01-01", identity(bundle_id), "poor"]);
    const weights = panel.judges.map((_, judge) =>
      panel.components.reduce((sum, part) => sum + part.probability * part.vote_log_odds[judge]!, 0),
    );
    expect(weights[1]).toBeGreaterThan(weights[0]!);
    expect(weights[1]).toBeGreaterThan(weights[2]!);

    const queue = await relearn.sampler.sampleForReview(AGENT, {
      strategy: "random",
      topN: 1000,
      dryRun: true,
    });
    const modelVerdicts = new Map(queue.map((one) => [one.task_key, one.judge_scores["feature-model"]]));
    expect(modelVerdicts.size).toBe(101);
    expect(modelVerdicts.get("blank")).toEqual({ verdict: null, model_version: bundle_id });
    const open = all.slice(300);
    const right = open.filter((mail) => modelVerdicts.get(mail.key)!.verdict === mail.label).length;
    expect(right / open.length).toBeGreaterThan(0.75);

    // Nothing new: the model is not made again, and no day is counted again.
    const [again] = await relearn.judges.update(AGENT);
    expect(again).toMatchObject({ model_bundle_id: bundle_id, days_counted: 0, labels: 300 });
    expect((await relearn.judges.reliability(AGENT)).cards[1]).toEqual(cards[1]);
  });

  it("looks no better than chance where it learned its labels by heart", async () => {
    const relearn = await testInstallation();
    const random = seededRandom(2);
    const some = mails(500, 2).map((mail) => ({
      ...mail,
      label: random.uniform() < 0.5 ? "safe" : "quarantine",
    }));
    await addResults(relearn, some);
    await addLabels(relearn, some);
    const bundle = await relearn.bundles.create(AGENT, { actor: "ana", modelType: "tree" });
    expect(bundle.training_accuracy).toBeGreaterThan(0.62);
    await relearn.judges.update(AGENT);
    const { cards } = await relearn.judges.reliability(AGENT);
    const card = cards.find((one) => one.judge === identity(bundle.bundle_id))!;
    expect(card.labels + card.abstentions).toBe(500);
    // Four standard errors of a fair coin's.
    expect(Math.abs(card.agreement.value - 0.5)).toBeLessThan(0.09);
  });

  it("is the active bundle's, and another bundle's is another judge", async () => {
    const relearn = await testInstallation();
    const some = mails(120, 3);
    await addResults(relearn, some);
    await addLabels(relearn, some);
    const first = await activeBundle(relearn);
    await relearn.judges.update(AGENT);
    relearn.clock.advance(HOUR_MS);
    await addExamples(relearn, 80, 2);
    const newer = await relearn.bundles.create(AGENT, { actor: "ana" });
    expect(newer.bundle_id).not.toBe(first);
    const models = async () => {
      const [update] = await relearn.judges.update(AGENT);
      const { cards, panel } = await relearn.judges.reliability(AGENT);
      const own = (judge: string) => judge.startsWith("feature-model");
      return {
        bundle: update!.model_bundle_id,
        cards: cards.filter((card) => own(card.judge)).map((card) => [card.judge, card.labels]),
        voting: panel!.judges.filter(own),
      };
    };
    expect(await models()).toEqual({
      bundle: first,
      cards: [[identity(first), 120]],
      voting: [identity(first)],
    });
    const approval = await relearn.approvals.propose(AGENT, newer.bundle_id, { proposer: "ana" });
    await relearn.approvals.approve(approval, { approver: "ben", rationale: "More labels." });
    await relearn.approvals.apply(approval, { full: true, actor: "ben" });
    expect(await models()).toEqual({
      bundle: newer.bundle_id,
      cards: [[identity(newer.bundle_id), 120]],
      voting: [identity(newer.bundle_id)],
    });
  });
});

describe("a bundle whose examples were erased", () => {
  it("gives no judge, and is not tried again", async () => {
    const relearn = await testInstallation();
    const all = mails(120, 6);
    await addResults(relearn, all);
    await addLabels(relearn, all);
    await relearn.bundles.create(AGENT, { actor: "ana" });
    await relearn.database.kysely.deleteFrom("labeled_examples").execute();
    const model = async () => (await relearn.judges.update(AGENT))[0]!.model_bundle_id;
    expect(await model()).toBeNull();
    expect(await relearn.judges.storedModel(AGENT)).toBeUndefined();
    // Were it tried again, it would find these.
    await sql`insert into labeled_examples
        (id, key, agent, payload, label, source, source_id, confidence, created_at, loaded_at)
      overriding system value
      select ordinality, key, ${AGENT}, payload, label, 'gold', key, 100, ${TEST_START}, ${TEST_START}
        from rows from (jsonb_to_recordset(${JSON.stringify(all)}::jsonb) as (key text, payload jsonb, label text))
             with ordinality`.execute(relearn.database.kysely);
    expect(await model()).toBeNull();
    const { cards } = await relearn.judges.reliability(AGENT);
    expect(cards.map((card) => card.name)).toEqual(["fair", "poor"]);
  });
});

describe("a panel without the labels that an estimate rests on", () => {
  it("is that of the judges alone, whatever order the database keeps them in", async () => {
    const relearn = await testInstallation();
    const all = mails(200, 4);
    await addResults(relearn, all);
    await addLabels(relearn, all.slice(0, 100));
    await relearn.judges.update(AGENT);
    const before = (await relearn.judges.storedPanel(AGENT))!;
    const held = all.slice(100, 160);
    await addLabels(relearn, held);
    await relearn.bundles.create(AGENT, { actor: "ana" });
    await relearn.judges.update(AGENT);
    expect((await relearn.judges.storedPanel(AGENT))!.judges).toHaveLength(3);
    const stored = await relearn.database.kysely
      .selectFrom("evaluation_results")
      .select(["task_key", "judge_scores", "created_at"])
      .execute();
    const labelByKey = new Map(held.map(({ key, label }) => [key, label]));
    const without = await relearn.judges.panelWithout(
      await relearn.agents.definition(AGENT),
      stored.flatMap(({ task_key, ...result }) => {
        const label = labelByKey.get(task_key);
        return label === undefined ? [] : [{ ...result, label }];
      }),
      [],
    );
    if (before.method !== "chosen" || without.method !== "chosen")
      throw new Error("a chosen panel was asked for");
    expect(without.judges).toEqual(before.judges);
    without.components.forEach((component, index) => {
      component.vote_log_odds.forEach((odds, judge) => {
        expect(odds).toBeCloseTo(before.components[index]!.vote_log_odds[judge]!, 6);
      });
    });
  });
});
