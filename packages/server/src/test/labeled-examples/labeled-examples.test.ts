import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../clock.ts";
import { TEST_START, testInstallation } from "../test-installation.ts";

const example = (key: string, over: Record<string, unknown> = {}) => ({
  agent: "inbox_triage",
  key,
  payload: { risk_score: 70 },
  label: "quarantine",
  ...over,
});
const ana = { actor: "ana" };

describe("Labeled Example Store: agent, key, payload, label, source, confidence, notes", () => {
  it("stores what the specification names, with the defaults of an import", async () => {
    const { examples } = await testInstallation();
    const report = await examples.add(
      [
        example("thread-1"),
        example("thread-2", {
          label: "Safe",
          source: "synthetic",
          source_id: "gen-1",
          confidence: 40,
          notes: "looks harmless",
          labeled_by: "bo",
          created_at: "2026-03-01T09:00:00+01:00",
        }),
      ],
      ana,
    );
    expect(report).toEqual({ stored: 2, duplicates: 0, conflicts: 0, rejected: [] });
    const [second, first] = await examples.list({}, { limit: 10 });
    expect(first).toEqual({
      id: expect.any(Number),
      agent: "inbox_triage",
      key: "thread-1",
      payload: { risk_score: 70 },
      label: "quarantine",
      source: "gold",
      source_id: "thread-1",
      confidence: 100,
      notes: null,
      labeled_by: null,
      created_at: TEST_START.toISOString(),
      loaded_at: TEST_START.toISOString(),
      superseded_at: null,
    });
    expect(second).toMatchObject({
      source: "synthetic",
      source_id: "gen-1",
      confidence: 40,
      notes: "looks harmless",
      labeled_by: "bo",
      created_at: "2026-03-01T08:00:00.000Z",
    });
  });

  it("takes the same record again as a duplicate, also within one batch", async () => {
    const { examples, audit } = await testInstallation();
    const batch = Array.from({ length: 30 }, (_, number) => example(`thread-${number % 10}`));
    expect(await examples.add(batch, ana)).toMatchObject({ stored: 10, duplicates: 20 });
    expect(await examples.add(batch, ana)).toMatchObject({ stored: 0, duplicates: 30, conflicts: 0 });
    expect(
      (await audit.list({ kind: "examples.added" }, { limit: 10 })).map((event) => event.detail),
    ).toEqual([{ stored: 10, duplicates: 20, conflicts: 0, rejected: 0, agents: ["inbox_triage"] }]);
  });

  it("tells of a batch's rejections once, in the first event that it leaves", async () => {
    const { examples, audit } = await testInstallation();
    const old = Array.from({ length: 1000 }, (_, number) => example(`thread-${number}`));
    await examples.add(old, ana);
    // The first thousand change nothing and leave no event; two more thousands follow.
    const more = Array.from({ length: 1500 }, (_, number) => example(`thread-${1000 + number}`));
    await examples.add([...old, ...more, { key: "bad" }], ana);
    const events = await audit.list({ kind: "examples.added" }, { limit: 10 });
    expect(events.map((event) => event.detail)).toMatchObject([
      { stored: 500, rejected: 0 },
      { stored: 1000, duplicates: 0, rejected: 1 },
      { stored: 1000, rejected: 0 },
    ]);
  });

  it("keeps another label of the same record as a conflict; the old label stands", async () => {
    const { examples } = await testInstallation();
    await examples.add([example("thread-1")], ana);
    const report = await examples.add(
      [example("thread-1", { label: "safe" }), example("thread-1", { label: "safe" })],
      ana,
    );
    expect(report).toMatchObject({ stored: 0, duplicates: 0, conflicts: 2 });
    expect(await examples.conflicts({}, { limit: 10 })).toMatchObject([
      { kept_label: "quarantine", offered_label: "safe", state: "open", key: "thread-1" },
    ]);
    expect((await examples.list({}, { limit: 10 })).map((one) => one.label)).toEqual(["quarantine"]);
    // Another source's opinion on the same key is no conflict.
    expect(await examples.add([example("thread-1", { label: "safe", source: "review" })], ana)).toMatchObject(
      { stored: 1 },
    );
  });

  it("says of both labels of a conflict who gave it and when, also after it is settled", async () => {
    const { examples } = await testInstallation();
    const old = { labeled_by: "bo", created_at: "2026-02-01T09:00:00.000Z" };
    await examples.add(
      [
        example("thread-1", old),
        // The same key elsewhere must not answer for it.
        example("thread-1", { source: "review", labeled_by: "eve" }),
      ],
      ana,
    );
    const offered = { label: "safe", labeled_by: "cleo", created_at: "2026-02-03T09:00:00.000Z" };
    await examples.add([example("thread-1", offered)], ana);
    await examples.add([example("thread-1", { ...offered, label: "spam" })], ana);
    const [later, first] = await examples.conflicts({ state: "open" }, { limit: 10 });
    expect([later, first]).toMatchObject([
      { kept: old, offered: { label: "spam" } },
      { kept: old, offered },
    ]);
    expect(await examples.settle(first!.id, "take_new", ana)).toMatchObject({ kept: old, offered });
    // What was offered first stands now, so it is the old label of the other conflict.
    expect(await examples.conflicts({}, { limit: 10 })).toMatchObject([
      { state: "open", kept_label: "safe", kept: { labeled_by: "cleo", created_at: offered.created_at } },
      { state: "took_new", kept_label: "quarantine", kept: old },
    ]);
  });

  it("settles a conflict for the new label: the old row stays, superseded", async () => {
    const { examples, clock, audit } = await testInstallation();
    await examples.add([example("thread-1")], ana);
    await examples.add([example("thread-1", { label: "safe", payload: { risk_score: 5 } })], ana);
    const [conflict] = await examples.conflicts({ state: "open" }, { limit: 10 });
    clock.advance(DAY_MS);
    expect(await examples.settle(conflict!.id, "take_new", { actor: "bo" })).toMatchObject({
      state: "took_new",
      settled_by: "bo",
    });
    expect(await examples.list({}, { limit: 10 })).toMatchObject([
      { label: "safe", payload: { risk_score: 5 } },
    ]);
    expect(await examples.list({ superseded: true }, { limit: 10 })).toMatchObject([
      { label: "safe", superseded_at: null },
      { label: "quarantine", superseded_at: clock.now().toISOString() },
    ]);
    expect(await audit.list({ kind: "conflict.settled" }, { limit: 10 })).toMatchObject([
      { actor: "bo", agent: "inbox_triage", detail: { settlement: "take_new", offered_label: "safe" } },
    ]);
    await expect(examples.settle(conflict!.id, "keep_old", ana)).rejects.toMatchObject({
      code: "already_so",
      message: expect.stringContaining("bo"),
    });
    await expect(examples.settle(99_999, "keep_old", ana)).rejects.toMatchObject({ code: "not_found" });
  });

  it("does not ask again what a person has settled when the old file is read again", async () => {
    const { examples, clock } = await testInstallation();
    const asked = example("thread-1", { label: "safe" });
    await examples.add([example("thread-1")], ana);
    await examples.add([asked], ana);
    const [conflict] = await examples.conflicts({}, { limit: 10 });
    await examples.settle(conflict!.id, "keep_old", ana);
    expect(await examples.add([asked], ana)).toMatchObject({ duplicates: 1, conflicts: 0 });
    // A label given after the settlement is news.
    clock.advance(2 * DAY_MS);
    const news = { ...asked, created_at: "2026-03-03T12:00:00Z" };
    expect(await examples.add([news], ana)).toMatchObject({ duplicates: 0, conflicts: 1 });
  });

  it("rejects each bad record with path, value and what is accepted, and keeps the good ones", async () => {
    const { examples } = await testInstallation();
    const bad: [Record<string, unknown>, string, string][] = [
      [{ label: "x".repeat(10_000) }, "label", "invalid"],
      [{ label: "" }, "label", "invalid"],
      [{ key: "k".repeat(513) }, "key", "invalid"],
      [{ agent: "nobody" }, "agent", "unknown_agent"],
      [{ confidence: 101 }, "confidence", "invalid"],
      [{ confidence: 0.5 }, "confidence", "invalid"],
      [{ payload: [1] }, "payload", "invalid"],
      [{ payload: "text" }, "payload", "invalid"],
      [{ payload: { a: { b: Number.POSITIVE_INFINITY } } }, "payload.a.b", "invalid"],
      [{ payload: { a: Number.NaN } }, "payload.a", "invalid"],
      [{ payload: { "bad\u0000name": 1 } }, "payload.bad\u0000name", "invalid"],
      [{ payload: { a: "half \ud800" } }, "payload.a", "invalid"],
      [{ payload: { a: "x".repeat(256 * 1024) } }, "payload", "invalid"],
      [{ payload: nested(40) }, `payload${".a".repeat(32)}`, "invalid"],
      [{ notes: "a\u0000b" }, "notes", "invalid"],
      [{ created_at: "2026-03-03T13:00:00Z" }, "created_at", "in_future"],
      [{ created_at: "2026-03-01" }, "created_at", "invalid"],
      [{ created_at: "2026-03-01T10:00:00" }, "created_at", "invalid"],
      [{ created_at: "0000-01-01T10:00:00Z" }, "created_at", "invalid"],
      [{ source: "rumour" }, "source", "invalid"],
      [{ lable: "safe" }, "lable", "invalid"],
    ];
    const report = await examples.add(
      [example("good-1"), ...bad.map(([over]) => example("bad", over)), null, 7, "text", example("good-2")],
      ana,
    );
    expect(report.stored).toBe(2);
    expect(report.rejected.map(({ index, path, reason }) => [index, path, reason])).toEqual([
      ...bad.map(([, path, reason], place) => [place + 1, path, reason]),
      [bad.length + 1, "(root)", "invalid"],
      [bad.length + 2, "(root)", "invalid"],
      [bad.length + 3, "(root)", "invalid"],
    ]);
    const first = report.rejected[0]!;
    expect(first.message).toBe("must be text of 1 to 200 characters");
    expect(first.value.length).toBeLessThan(100);
    expect(report.rejected.every((one) => one.value.length < 100)).toBe(true);
  });

  it("keeps payloads with missing, null, string and huge values as they are", async () => {
    const { examples } = await testInstallation();
    const payloads = [
      {},
      { risk_score: null },
      { risk_score: "high" },
      { risk_score: 1e308 },
      { ["__proto__"]: 1 },
      nested(31),
    ];
    await examples.add(
      payloads.map((payload, number) => example(`thread-${number}`, { payload })),
      ana,
    );
    const stored = await examples.list({}, { after: 0, limit: 10 });
    expect(stored.map((one) => one.payload)).toEqual(payloads);
  });

  it("never keeps what an agent's redact names", async () => {
    const { agents, examples } = await testInstallation();
    await agents.apply({ ...(await agents.get("inbox_triage")).definition, redact: ["sender.name"] }, ana);
    await examples.add([example("t", { payload: { risk_score: 1, sender: { name: "Eve", age: 3 } } })], ana);
    expect((await examples.list({}, { limit: 1 }))[0]?.payload).toEqual({
      risk_score: 1,
      sender: { age: 3 },
    });
  });

  it("adds the same records from two at once without a loss or a double", async () => {
    const { examples } = await testInstallation();
    const batch = Array.from({ length: 300 }, (_, number) => example(`thread-${number}`));
    const reports = await Promise.all([
      examples.add(batch, ana),
      examples.add([...batch].reverse(), ana),
      examples.add(batch, ana),
    ]);
    expect(reports.reduce((sum, one) => sum + one.stored, 0)).toBe(300);
    expect(reports.reduce((sum, one) => sum + one.duplicates, 0)).toBe(600);
    expect((await examples.stats()).total).toBe(300);
  });

  it("pages current examples for training up to a frozen id", async () => {
    const { examples } = await testInstallation();
    const keys = ["b", "a", "Ä", "Z", "a"];
    await examples.add(
      keys.map((key, number) => example(key, { source_id: `s${number}` })),
      ana,
    );
    await examples.add([example("x", { agent: "insights_writer" })], ana);
    const through = await examples.freezeHighestId("inbox_triage");
    await examples.add([example("later")], ana);
    const byId = [];
    for (let after = 0; ; ) {
      const page = await examples.pageForTraining("inbox_triage", after, through, 2);
      if (page.length === 0) break;
      byId.push(...page);
      after = page.at(-1)!.id;
    }
    expect(byId.map((one) => one.key).sort()).toEqual([...keys].sort());
    expect(byId[0]).toMatchObject({ payload: { risk_score: 70 }, source: "gold", confidence: 100 });
    expect(byId[0]?.created_at).toBeInstanceOf(Date);
    expect(await examples.freezeHighestId("knowledge_update")).toBe(0);
  });
});

describe("Monitoring: labeled data stats", () => {
  it("counts total, by_source, by_agent, recent_7d, and by_label", async () => {
    const { examples, feeds } = await testInstallation();
    const days = (back: number) => new Date(TEST_START.getTime() - back * DAY_MS).toISOString();
    expect(await examples.stats()).toEqual({
      total: 0,
      by_source: {},
      by_agent: {},
      by_label: {},
      recent_7d: 0,
    });
    await examples.add(
      [
        example("a", { created_at: days(0) }),
        example("b", { created_at: days(7), label: "safe" }),
        example("c", { created_at: days(7.001), source: "approvals" }),
        example("d", { created_at: days(100), agent: "insights_writer", label: "high_quality" }),
      ],
      ana,
    );
    // Another label of "a" replaces it and counts once.
    await examples.add([example("a", { label: "safe", created_at: days(1) })], ana);
    const [conflict] = await examples.conflicts({}, { limit: 1 });
    await examples.settle(conflict!.id, "take_new", ana);
    expect(await examples.stats()).toEqual({
      total: 4,
      by_source: { approvals: 1, gold: 3 },
      by_agent: { inbox_triage: 3, insights_writer: 1 },
      by_label: { inbox_triage: { quarantine: 1, safe: 2 }, insights_writer: { high_quality: 1 } },
      recent_7d: 2,
    });
    expect(await feeds.getStats()).toEqual(await examples.stats());
  });
});

describe("labeled examples over HTTP", () => {
  it("adds, pages by cursor with filters, lists conflicts and settles them", async () => {
    const api = (await testInstallation()).as("ana");
    const batch = Array.from({ length: 7 }, (_, number) =>
      example(`thread-${number}`, { label: number % 2 === 0 ? "safe" : "quarantine" }),
    );
    expect(await api.post("/v1/examples", batch)).toMatchObject({ stored: 7 });
    const seen: string[] = [];
    let before: number | undefined;
    for (;;) {
      const page: { examples: { key: string }[]; next: number | null } = await api.get("/v1/examples", {
        limit: 3,
        before,
      });
      seen.push(...page.examples.map((one) => one.key));
      if (page.next === null) break;
      before = page.next;
    }
    expect(seen).toEqual([...batch].reverse().map((one) => one.key));
    const safe = await api.get<{ examples: unknown[] }>("/v1/examples", {
      label: "safe",
      agent: "inbox_triage",
      after: 0,
    });
    expect(safe.examples).toHaveLength(4);
    await api.post("/v1/examples", [example("thread-0")]);
    const { conflicts } = await api.get<{ conflicts: { id: number }[] }>("/v1/conflicts", { state: "open" });
    expect(conflicts).toHaveLength(1);
    expect(
      await api.post(`/v1/conflicts/${conflicts[0]!.id}/settle`, { settlement: "take_new" }),
    ).toMatchObject({ state: "took_new", settled_by: "ana" });
    expect(await api.get("/v1/stats")).toMatchObject({ total: 7 });
    await expect(api.get("/v1/examples", { lable: "safe" })).rejects.toMatchObject({ code: "invalid_input" });
  });
});

describe("label counts by day", () => {
  it("counts each label on its day of UTC, those before the window apart", async () => {
    const relearn = await testInstallation();
    const api = relearn.as("ana");
    const labeled = (key: string, created_at: string, source = "gold") => ({
      ...example(key),
      source,
      created_at,
    });
    await api.post("/v1/examples", [
      labeled("a", "2026-03-02T00:00:00Z"),
      labeled("b", "2026-03-01T23:59:59Z"),
      labeled("c", "2026-03-01T00:00:00Z", "synthetic"),
      labeled("d", "2026-02-27T23:59:59Z"),
    ]);
    expect(await api.get("/v1/stats/label-counts", { agent: "inbox_triage", days: 3 })).toEqual({
      agent: "inbox_triage",
      before: { gold: 1 },
      days: [
        { day: "2026-02-28", by_source: {} },
        { day: "2026-03-01", by_source: { gold: 1, synthetic: 1 } },
        { day: "2026-03-02", by_source: { gold: 1 } },
      ],
    });
    await expect(api.get("/v1/stats/label-counts", { agent: "nobody" })).rejects.toMatchObject({
      code: "unknown_agent",
    });
  });
});

describe("any document at all", () => {
  it("is stored or rejected, never a failure", async () => {
    const { examples } = await testInstallation();
    const anything = fc.record(
      {
        agent: fc.oneof(fc.constant("inbox_triage"), fc.string({ unit: "binary" })),
        key: fc.string({ unit: "binary", maxLength: 600 }),
        payload: fc.oneof(fc.dictionary(fc.string({ unit: "binary" }), fc.anything()), fc.anything()),
        label: fc.oneof(fc.string({ unit: "binary" }), fc.anything()),
        confidence: fc.oneof(fc.integer({ min: -1, max: 101 }), fc.double()),
        created_at: fc.oneof(
          fc.date({ noInvalidDate: true, max: new Date("2026-03-01") }).map((date) => date.toISOString()),
          fc.string(),
        ),
      },
      { requiredKeys: ["agent", "key", "payload", "label"] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 20 }), async (documents) => {
        const report = await examples.add(documents, ana);
        const total = report.stored + report.duplicates + report.conflicts + report.rejected.length;
        expect(total).toBe(documents.length);
      }),
      { numRuns: 60 },
    );
  });
});

/** `levels` objects in each other. */
function nested(levels: number): Record<string, unknown> {
  return levels === 0 ? {} : { a: nested(levels - 1) };
}
