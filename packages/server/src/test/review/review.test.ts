import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { MINUTE_MS } from "../../clock.ts";
import { leaseReviewItem } from "../../review/review-lease-store.ts";
import { insertReviewItems, requireReviewItem, settleReviewItem } from "../../review/review-store.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { reviewItem } from "./review-item.fixture.ts";

const AGENT = "inbox_triage";

async function queue(installation: TestInstallation, count: number, reviewsNeeded = 1) {
  await insertReviewItems(
    installation.database.kysely,
    AGENT,
    Array.from({ length: count }, (_, index) => reviewItem(index)),
    { batchId: "rb_1", reviewsNeeded, now: installation.clock.now() },
  );
}

async function claimOne(installation: TestInstallation, actor: string) {
  const [item] = await installation.reviewLeases.claim(AGENT, { actor });
  if (item?.lease?.token == null) throw new Error(`nothing for ${actor}`);
  return { item, leaseToken: item.lease.token };
}

const examples = (installation: TestInstallation) =>
  installation.database.kysely
    .selectFrom("labeled_examples")
    .select(["key", "label", "source", "labeled_by", "notes", "superseded_at"])
    .orderBy("id")
    .execute();

describe("the review queue", () => {
  it("offers the most worthwhile first, one item to one person, and nothing of what judges said", async () => {
    const installation = await testInstallation();
    await queue(installation, 3);
    const first = await claimOne(installation, "ana");
    const second = await claimOne(installation, "ben");
    expect([first.item.task_key, second.item.task_key]).toEqual(["thread-0", "thread-1"]);
    expect(first.item).toMatchObject({
      classes: ["safe", "quarantine"],
      why: "Judges disagree (entropy 0.90).",
      revealed: null,
      reviews_needed: 1,
    });
    expect(JSON.stringify(first.item)).not.toContain("gpt-4");
    const seenByBen = await installation.reviewItems.get(first.item.item_id, { actor: "ben", reveal: true });
    expect(seenByBen.revealed).toBeNull();
    expect(seenByBen.lease).toMatchObject({ reviewer: "ana", token: null });
  });

  it("stores label, example, state and audit event together, and then shows what was hidden", async () => {
    const installation = await testInstallation();
    await queue(installation, 1);
    const { item, leaseToken } = await claimOne(installation, "ana");
    installation.clock.advance(30_000);
    const result = await installation.review.label(item.item_id, "quarantine", {
      actor: "ana",
      leaseToken,
      notes: "forged sender",
    });
    expect(result).toMatchObject({
      state: "labeled",
      label: "quarantine",
      repeated: false,
      revealed: { judges_agreeing: { agreeing: 1, verdicts: 2 }, others: [] },
    });
    expect(result.revealed.judge_scores).toHaveProperty("gpt-4");
    expect(await examples(installation)).toMatchObject([
      {
        key: "thread-0",
        label: "quarantine",
        source: "review",
        labeled_by: "ana",
        notes: "forged sender",
        superseded_at: null,
      },
    ]);
    const [event] = await installation.audit.list({ kind: "review.labeled" }, { limit: 5 });
    expect(event).toMatchObject({ actor: "ana", agent: AGENT, detail: { blind: true, state: "labeled" } });
    expect(JSON.stringify(event)).not.toContain("forged");
    expect(await installation.reviewLeases.claim(AGENT, { actor: "ben" })).toEqual([]);
  });

  it.each(["review_answers", "review_items", "labeled_examples", "audit_events"])(
    "stores nothing of a label where %s cannot be written, and takes it afterwards",
    async (table) => {
      const installation = await testInstallation();
      await queue(installation, 1);
      const { item, leaseToken } = await claimOne(installation, "ana");
      const { kysely } = installation.database;
      const stored = async () => ({
        answers: await kysely.selectFrom("review_answers").selectAll().execute(),
        items: await kysely.selectFrom("review_items").selectAll().execute(),
        examples: await examples(installation),
        events: await kysely.selectFrom("audit_events").select("kind").orderBy("sequence").execute(),
      });
      const before = await stored();
      await sql`create function refuse() returns trigger language plpgsql as $$
        begin raise exception 'the disk is full'; end $$`.execute(kysely);
      await sql`create trigger refuse before insert or update on ${sql.table(table)}
        for each row execute function refuse()`.execute(kysely);
      const label = () => installation.review.label(item.item_id, "quarantine", { actor: "ana", leaseToken });
      await expect(label()).rejects.toThrow("the disk is full");
      expect(await stored()).toEqual(before);
      await sql`drop trigger refuse on ${sql.table(table)}`.execute(kysely);
      expect(await label()).toMatchObject({ state: "labeled", repeated: false });
      expect(await stored()).toMatchObject({
        answers: [{ label: "quarantine" }],
        items: [{ state: "labeled" }],
        examples: [{ label: "quarantine" }],
        events: [...before.events, { kind: "review.labeled" }],
      });
    },
  );

  it("takes the same submit twice as one, and another label under the same lease as none", async () => {
    const installation = await testInstallation();
    await queue(installation, 1);
    const { item, leaseToken } = await claimOne(installation, "ana");
    const once = await installation.review.label(item.item_id, "safe", { actor: "ana", leaseToken });
    installation.clock.advance(60 * MINUTE_MS);
    const again = await installation.review.label(item.item_id, "safe", { actor: "ana", leaseToken });
    expect(again).toEqual({ ...once, repeated: true });
    await expect(
      installation.review.label(item.item_id, "quarantine", { actor: "ana", leaseToken }),
    ).rejects.toMatchObject({ code: "already_answered" });
    await expect(
      installation.review.label(item.item_id, "safe", { actor: "eve", leaseToken }),
    ).rejects.toMatchObject({ code: "already_answered" });
    expect(await examples(installation)).toHaveLength(1);
  });

  it("hands a late submit back, and offers the item to the next person", async () => {
    const installation = await testInstallation();
    await queue(installation, 1);
    const api = installation.as("ana");
    const late = await claimOne(installation, "ana");
    installation.clock.advance(10 * MINUTE_MS);
    const submit = { label: "safe", lease_token: late.leaseToken, notes: "a long thought" };
    await expect(api.post(`/v1/review/items/${late.item.item_id}/label`, submit)).rejects.toMatchObject({
      code: "lease_lost",
      details: { free: true, sent: { label: "safe", notes: "a long thought" } },
    });
    const next = await claimOne(installation, "ben");
    expect(next.item.item_id).toBe(late.item.item_id);
    await expect(api.post(`/v1/review/items/${late.item.item_id}/label`, submit)).rejects.toMatchObject({
      code: "lease_lost",
      details: { free: false },
    });
    await installation.review.label(next.item.item_id, "safe", {
      actor: "ben",
      leaseToken: next.leaseToken,
    });
    expect(await examples(installation)).toMatchObject([{ labeled_by: "ben" }]);
  });

  it("claims a lapsed item again and takes the submit then", async () => {
    const installation = await testInstallation();
    await queue(installation, 1);
    const late = await claimOne(installation, "ana");
    installation.clock.advance(11 * MINUTE_MS);
    const again = await installation.reviewLeases.claimItem(late.item.item_id, { actor: "ana" });
    const result = await installation.review.label(late.item.item_id, "safe", {
      actor: "ana",
      leaseToken: again.lease!.token!,
    });
    expect(result.state).toBe("labeled");
    await expect(
      installation.reviewLeases.claimItem(late.item.item_id, { actor: "ben" }),
    ).rejects.toMatchObject({
      code: "lease_lost",
    });
  });

  it("renews a lease that is held, resumes it after a reload, and gives it back", async () => {
    const installation = await testInstallation();
    await queue(installation, 2);
    const { item, leaseToken } = await claimOne(installation, "ana");
    installation.clock.advance(9 * MINUTE_MS);
    await installation.reviewLeases.renew(item.item_id, { actor: "ana", leaseToken });
    installation.clock.advance(9 * MINUTE_MS);
    const [resumed, fresh] = await installation.reviewLeases.claim(AGENT, {
      actor: "ana",
      count: 2,
      resume: true,
    });
    expect(resumed!.lease).toMatchObject({ token: leaseToken });
    expect(fresh!.task_key).toBe("thread-1");
    await expect(
      installation.reviewLeases.renew(item.item_id, { actor: "ben", leaseToken }),
    ).rejects.toMatchObject({ code: "lease_lost" });
    expect(await installation.reviewLeases.release(item.item_id, { actor: "ben", leaseToken })).toMatchObject(
      {
        released: false,
      },
    );
    expect(await installation.reviewLeases.release(item.item_id, { actor: "ana", leaseToken })).toMatchObject(
      {
        released: true,
      },
    );
    expect((await claimOne(installation, "ben")).item.item_id).toBe(item.item_id);
  });

  it.each([
    ["unclear", "skipped"],
    ["not_my_field", "pending"],
  ] as const)("skips an item as %s: it is %s", async (reason, state) => {
    const installation = await testInstallation();
    await queue(installation, 1);
    const { item, leaseToken } = await claimOne(installation, "ana");
    const result = await installation.review.skip(item.item_id, reason, { actor: "ana", leaseToken });
    expect(result).toMatchObject({ state, label: null });
    expect(await installation.reviewLeases.claim(AGENT, { actor: "ana" })).toEqual([]);
    expect(await installation.reviewLeases.claim(AGENT, { actor: "ben" })).toHaveLength(
      state === "pending" ? 1 : 0,
    );
    expect(await examples(installation)).toEqual([]);
  });

  it("neither settles nor leases an item that has changed since it was read", async () => {
    const installation = await testInstallation();
    await queue(installation, 1);
    const { kysely } = installation.database;
    const now = installation.clock.now();
    const { item, leaseToken } = await claimOne(installation, "ana");
    const leased = await requireReviewItem(kysely, item.item_id);
    await installation.reviewLeases.release(item.item_id, { actor: "ana", leaseToken });
    const released = await requireReviewItem(kysely, item.item_id);
    const outcome = { state: "labeled", label: "safe", now } as const;
    const lease = { reviewer: "ben", now, expiresAt: new Date(now.getTime() + MINUTE_MS), blind: true };
    expect(await settleReviewItem(kysely, leased, outcome)).toBe(0);
    expect(await leaseReviewItem(kysely, leased, lease)).toBeUndefined();
    expect(await requireReviewItem(kysely, item.item_id)).toEqual(released);

    expect(await leaseReviewItem(kysely, released, lease)).toMatchObject({
      state: "leased",
      leased_to: "ben",
    });
    expect(await settleReviewItem(kysely, released, outcome)).toBe(0);
    const again = await requireReviewItem(kysely, item.item_id);
    expect(await settleReviewItem(kysely, { ...again, lease_token: leaseToken }, outcome)).toBe(0);
    expect(await settleReviewItem(kysely, again, outcome)).toBe(1);
    expect(await requireReviewItem(kysely, item.item_id)).toMatchObject({
      state: "labeled",
      label: "safe",
      lease_token: null,
    });
  });

  it("undoes answers newest first, and takes the label out again", async () => {
    const installation = await testInstallation();
    await queue(installation, 2);
    for (const label of ["safe", "quarantine"]) {
      const { item, leaseToken } = await claimOne(installation, "ana");
      await installation.review.label(item.item_id, label, { actor: "ana", leaseToken });
    }
    const last = await installation.review.undo({ actor: "ana" });
    expect(last).toMatchObject({
      undone: { label: "quarantine" },
      item: { task_key: "thread-1", state: "leased", lease: { reviewer: "ana" } },
    });
    const result = await installation.review.label(last.item.item_id, "safe", {
      actor: "ana",
      leaseToken: last.item.lease!.token!,
    });
    expect(result.state).toBe("labeled");
    await installation.review.undo({ actor: "ana" });
    await installation.review.undo({ actor: "ana" });
    await expect(installation.review.undo({ actor: "ana" })).rejects.toMatchObject({
      code: "nothing_to_undo",
    });
    expect((await examples(installation)).filter((example) => example.superseded_at === null)).toEqual([]);
    await expect(installation.review.undo({ actor: "ben" })).rejects.toMatchObject({
      code: "nothing_to_undo",
    });
  });

  it("corrects a label that a bundle was trained on, and does not undo it", async () => {
    const installation = await testInstallation();
    await queue(installation, 1);
    const { item, leaseToken } = await claimOne(installation, "ana");
    await installation.review.label(item.item_id, "safe", { actor: "ana", leaseToken });
    await installation.examples.add(
      Array.from({ length: 60 }, (_, index) => ({
        agent: AGENT,
        key: `gold-${index}`,
        payload: { risk_score: index },
        label: index < 30 ? "safe" : "quarantine",
      })),
      { actor: "ana" },
    );
    const bundle = await installation.bundles.create(AGENT, { actor: "ana" });
    await expect(installation.review.undo({ actor: "ana" })).rejects.toMatchObject({
      code: "label_used",
      message: expect.stringContaining(bundle.bundle_id),
    });
    await expect(
      installation.review.correct(item.item_id, "quarantine", { actor: "ben" }),
    ).rejects.toMatchObject({ code: "wrong_state" });
    await installation.review.correct(item.item_id, "quarantine", { actor: "ana", notes: "looked again" });
    const ofItem = (await examples(installation)).filter((example) => example.source === "review");
    expect(ofItem.map((example) => [example.label, example.superseded_at === null])).toEqual([
      ["safe", false],
      ["quarantine", true],
    ]);
    await expect(installation.review.undo({ actor: "ana" })).rejects.toMatchObject({ code: "final" });
  });

  it("refuses a label that is no class, one that cannot be stored, and notes beyond the limit", async () => {
    const installation = await testInstallation();
    await queue(installation, 1);
    const { item, leaseToken } = await claimOne(installation, "ana");
    const send = (label: string, notes?: string) =>
      installation.review.label(item.item_id, label, {
        actor: "ana",
        leaseToken,
        ...(notes === undefined ? {} : { notes }),
      });
    await expect(send("maybe")).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("safe, quarantine"),
    });
    await expect(send("sa\u0000fe")).rejects.toMatchObject({ code: "invalid_input" });
    await expect(send("safe", "x".repeat(10_001))).rejects.toMatchObject({ code: "invalid_input" });
    await expect(send("safe", "half \ud800")).rejects.toMatchObject({ code: "invalid_input" });
    expect((await send("Safe")).state).toBe("labeled");
  });

  it("marks an answer as not blind where its giver saw the verdicts before", async () => {
    const installation = await testInstallation();
    await queue(installation, 2);
    const { item, leaseToken } = await claimOne(installation, "ana");
    const seen = await installation.reviewItems.get(item.item_id, { actor: "ana", reveal: true });
    expect(seen.revealed?.judge_scores).toHaveProperty("gpt-4");
    await installation.review.label(item.item_id, "safe", { actor: "ana", leaseToken });
    const [open] = await installation.reviewLeases.claim(AGENT, { actor: "ben", blind: false });
    expect(open!.revealed?.judge_scores).toHaveProperty("gpt-4");
    await installation.review.label(open!.item_id, "safe", { actor: "ben", leaseToken: open!.lease!.token! });
    const events = await installation.audit.list({ kind: "review.labeled" }, { limit: 5 });
    expect(events.map((event) => event.detail["blind"])).toEqual([false, false]);
  });
});

describe("several reviews an item", () => {
  async function labelBy(installation: TestInstallation, person: string, label: string) {
    const { item, leaseToken } = await claimOne(installation, person);
    return installation.review.label(item.item_id, label, { actor: person, leaseToken });
  }

  it("settles by agreement, each person once", async () => {
    const installation = await testInstallation();
    await queue(installation, 1, 3);
    expect((await labelBy(installation, "ana", "safe")).state).toBe("pending");
    expect(await installation.reviewLeases.claim(AGENT, { actor: "ana" })).toEqual([]);
    const second = await labelBy(installation, "ben", "safe");
    expect(second.state).toBe("pending");
    expect(await examples(installation)).toEqual([]);
    expect((await labelBy(installation, "cy", "safe")).state).toBe("labeled");
    expect(await examples(installation)).toMatchObject([{ label: "safe", labeled_by: "ana, ben, cy" }]);
  });

  it("sends a disagreement to a third person, blind to who said what", async () => {
    const installation = await testInstallation();
    await queue(installation, 1, 2);
    await labelBy(installation, "ana", "safe");
    const { item_id, state } = await labelBy(installation, "ben", "quarantine");
    expect(state).toBe("disputed");
    const { items } = await installation.as("cy").get<{ items: unknown[] }>("/v1/review/disputed");
    expect(items).toMatchObject([
      {
        item_id,
        answers: [
          { who: "A", label: "safe" },
          { who: "B", label: "quarantine" },
        ],
      },
    ]);
    expect(JSON.stringify(items)).not.toMatch(/ana|ben|gpt-4/);
    await expect(
      installation.review.adjudicate(item_id, "safe", { actor: "ana", rationale: "mine" }),
    ).rejects.toMatchObject({ code: "reviewer_involved" });
    await expect(
      installation.review.adjudicate(item_id, "safe", { actor: "cy", rationale: " " }),
    ).rejects.toMatchObject({ code: "reason_missing" });
    const settled = await installation
      .as("cy")
      .post(`/v1/review/items/${item_id}/adjudication`, { label: "quarantine", rationale: "the domain" });
    expect(settled).toMatchObject({
      state: "labeled",
      revealed: { others: [{ reviewer: "ana" }, { reviewer: "ben" }] },
    });
    expect(await examples(installation)).toMatchObject([{ label: "quarantine", labeled_by: "cy" }]);
    await expect(
      installation.review.adjudicate(item_id, "safe", { actor: "dee", rationale: "no" }),
    ).rejects.toMatchObject({ code: "wrong_state" });
    await expect(installation.review.undo({ actor: "ana" })).rejects.toMatchObject({ code: "final" });
    await installation.review.undo({ actor: "cy" });
    expect(
      (await installation.reviewItems.disputed(AGENT, { limit: 5 })).map((item) => item.item_id),
    ).toEqual([item_id]);
    expect((await examples(installation)).every((example) => example.superseded_at !== null)).toBe(true);
  });

  it("reports how far people agree", async () => {
    const installation = await testInstallation();
    await queue(installation, 4, 2);
    for (const [first, second] of [
      ["safe", "safe"],
      ["quarantine", "quarantine"],
      ["safe", "quarantine"],
      ["safe", "safe"],
    ] as const) {
      await labelBy(installation, "ana", first);
      await labelBy(installation, "ben", second);
    }
    const report = await installation.reviewItems.agreement(AGENT);
    // /usr/bin/python3 -c "from sklearn.metrics import cohen_kappa_score as k; print(k([0,1,0,0],[0,1,1,0]))"
    expect(report.pairs).toMatchObject([
      { reviewers: ["ana", "ben"], items: 4, agreement: 0.75, kappa: expect.closeTo(0.5, 12) },
    ]);
    // 1 - (8 - 1) * 2 / (8 * 7 - 5 * 4 - 3 * 2), Krippendorff's formula for two coders by hand.
    expect(report.krippendorff_alpha).toBeCloseTo(1 - (7 * 2) / 30, 12);
    expect(report.reviewers["ana"]).toMatchObject({
      labels: 4,
      shared: 3,
      agreeing: 3,
      kappa: 1,
      estimated_accuracy: null,
      skips: 0,
    });
  });
});
