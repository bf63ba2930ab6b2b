import type { LoadReport } from "@relearn/contract";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../clock.ts";
import { jsonb } from "../../db/jsonb.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";

const ana = { actor: "ana" };
const day = "2026-03-01";

async function sendApprovals(installation: TestInstallation, from: number, to: number, over = {}) {
  const records = Array.from({ length: to - from }, (_, place) => ({
    agent: "inbox_triage",
    task_key: `thread-${from + place}`,
    request_id: `req-${from + place}`,
    action: "quarantine",
    status: (from + place) % 3 === 0 ? "rejected" : "approved",
    payload: { risk_score: from + place },
    decided_by: "bo",
    decided_at: `${day}T10:00:00Z`,
    ...over,
  }));
  return installation.signals.ingest("approvals", records, ana);
}

async function sendThumbs(
  installation: TestInstallation,
  ups: number,
  downs: number,
  over: Record<string, unknown> = {},
  prefix = "fb",
) {
  const records = Array.from({ length: ups + downs }, (_, place) => ({
    agent: "insights_writer",
    event_id: `${prefix}-${place}`,
    thumb: place < ups ? "up" : "down",
    occurred_at: `${day}T10:00:00Z`,
    ...over,
  }));
  return installation.signals.ingest("feedback", records, ana);
}

describe("Feed loaders: load_from_approvals", () => {
  it('labels "{action}_approved" and "{action}_rejected", confidence 100, source_id the request', async () => {
    const installation = await testInstallation();
    await sendApprovals(installation, 0, 2);
    await sendApprovals(installation, 2, 3, {
      status: "pending",
      decided_at: undefined,
      decided_by: undefined,
    });
    expect(await installation.feeds.loadFromApprovals()).toEqual({
      feed: "approvals",
      read: 3,
      loaded: 2,
      duplicates: 0,
      conflicts: 0,
      rejected: 0,
      rejections: [],
      left_out: { pending: 1 },
      waiting: [],
      more: false,
    });
    expect(await installation.examples.list({}, { after: 0, limit: 10 })).toMatchObject([
      {
        agent: "inbox_triage",
        key: "thread-0",
        payload: { risk_score: 0 },
        label: "quarantine_rejected",
        source: "approvals",
        source_id: "req-0",
        confidence: 100,
        labeled_by: "bo",
        created_at: `${day}T10:00:00.000Z`,
      },
      { key: "thread-1", label: "quarantine_approved", confidence: 100 },
    ]);
  });

  it("reads only what is new, and a pending request when it is decided", async () => {
    const installation = await testInstallation();
    const { feeds } = installation;
    await sendApprovals(installation, 0, 3, { status: "pending", decided_at: undefined });
    expect(await feeds.loadFromApprovals()).toMatchObject({ read: 3, loaded: 0, left_out: { pending: 3 } });
    expect(await feeds.loadFromApprovals()).toMatchObject({ read: 0, loaded: 0 });
    await sendApprovals(installation, 1, 2);
    expect(await feeds.loadFromApprovals()).toMatchObject({ read: 1, loaded: 1 });
    expect(await feeds.loadFromApprovals({ since: new Date(0) })).toMatchObject({ read: 0 });
  });

  it("reports a decision that was changed after it was loaded as a conflict", async () => {
    const installation = await testInstallation();
    await sendApprovals(installation, 1, 3);
    await installation.feeds.loadFromApprovals();
    await sendApprovals(installation, 1, 2, { status: "rejected" });
    expect(await installation.feeds.loadFromApprovals()).toMatchObject({ read: 1, loaded: 0, conflicts: 1 });
    expect(await installation.examples.conflicts({}, { limit: 5 })).toMatchObject([
      { kept_label: "quarantine_approved", offered_label: "quarantine_rejected", source: "approvals" },
    ]);
  });

  it("reads at most `limit`, in several runs all of it, without a loss or a double", async () => {
    const installation = await testInstallation();
    await sendApprovals(installation, 0, 1100);
    const runs = [];
    for (;;) {
      const report = await installation.feeds.loadFromApprovals({ limit: 470 });
      runs.push([report.read, report.loaded, report.more]);
      if (!report.more) break;
    }
    expect(runs).toEqual([
      [470, 470, true],
      [470, 470, true],
      [160, 160, false],
    ]);
    expect((await installation.examples.stats()).total).toBe(1100);
  });

  it("leaves what is before `since` to a run without it", async () => {
    const installation = await testInstallation();
    await sendApprovals(installation, 0, 10);
    await sendApprovals(installation, 10, 20, { decided_at: "2026-02-01T00:00:00Z" });
    await sendApprovals(installation, 20, 30);
    const since = new Date(`${day}T00:00:00Z`);
    expect(await installation.feeds.loadFromApprovals({ since })).toMatchObject({
      loaded: 20,
      left_out: { before_since: 10 },
    });
    expect(await installation.feeds.loadFromApprovals()).toMatchObject({ loaded: 10, duplicates: 10 });
    expect(await installation.feeds.loadFromApprovals()).toMatchObject({ read: 0 });
  });

  it("rejects what names no agent of the installation or has an impossible label, by its id", async () => {
    const installation = await testInstallation();
    const now = installation.clock.now();
    const row = {
      request_id: "req-1",
      agent: "inbox_triage",
      action: "quarantine",
      status: "approved" as const,
      payload: jsonb({}),
      requested_at: now,
    };
    // Not by the service, which would refuse them.
    await installation.database.kysely
      .insertInto("action_approvals")
      .values([
        { ...row, task_key: "a", agent: "nobody" },
        { ...row, task_key: "b", request_id: "req-2", action: "x".repeat(10_000) },
        { ...row, task_key: "c", request_id: "req-3" },
      ])
      .execute();
    expect(await installation.feeds.loadFromApprovals()).toMatchObject({
      loaded: 1,
      rejected: 2,
      rejections: [
        { record_id: "req-1", reason: expect.stringContaining("nobody") },
        { record_id: "req-2", reason: expect.stringContaining("10009 characters") },
      ],
    });
  });
});

describe("Feed loaders: load_from_feedback", () => {
  it("makes one example of an agent's day, when the day has ended", async () => {
    const installation = await testInstallation({ start: new Date(`${day}T23:59:59Z`) });
    await sendThumbs(installation, 5, 2);
    const waiting = [{ agent: "insights_writer", day }];
    expect(await installation.feeds.loadFromFeedback()).toMatchObject({
      read: 7,
      loaded: 0,
      left_out: { names_no_task: 7 },
      waiting,
    });
    expect(await installation.feeds.loadFromFeedback()).toMatchObject({ read: 0, loaded: 0, waiting });
    installation.clock.advance(1000);
    expect(await installation.feeds.loadFromFeedback()).toMatchObject({ read: 0, loaded: 1, waiting: [] });
    expect(await installation.feeds.loadFromFeedback()).toMatchObject({ loaded: 0, duplicates: 0 });
    expect(await installation.examples.list({}, { limit: 5 })).toMatchObject([
      {
        agent: "insights_writer",
        key: `insights_writer:${day}`,
        label: "medium_quality",
        source: "feedback",
        confidence: 71,
        payload: { date: day, thumbs_up: 5, thumbs_down: 2, feedback_count: 7, thumbs_up_ratio: 5 / 7 },
        created_at: "2026-03-02T00:00:00.000Z",
      },
    ]);
  });

  it("tells days and agents apart by UTC, whatever the zone of the sender or the server", async () => {
    const installation = await testInstallation();
    await sendThumbs(installation, 1, 0, { occurred_at: "2026-03-01T00:30:00+01:00" }, "a");
    await sendThumbs(installation, 0, 1, { occurred_at: "2026-03-01T23:59:59.999Z" }, "b");
    await sendThumbs(
      installation,
      0,
      1,
      { occurred_at: "2026-03-01T12:00:00Z", agent: "knowledge_update" },
      "c",
    );
    await sendThumbs(installation, 1, 0, { occurred_at: "2026-03-02T00:00:00Z" }, "d");
    expect(await installation.feeds.loadFromFeedback()).toMatchObject({
      loaded: 3,
      waiting: [{ agent: "insights_writer", day: "2026-03-02" }],
    });
    const stored = await installation.examples.list({}, { after: 0, limit: 10 });
    expect(new Map(stored.map((one) => [one.key, one.label]))).toEqual(
      new Map([
        ["insights_writer:2026-02-28", "high_quality"],
        ["insights_writer:2026-03-01", "low_quality"],
        ["knowledge_update:2026-03-01", "low_quality"],
      ]),
    );
  });

  it("reports late thumbs that change a loaded day's label as a conflict, others as a duplicate", async () => {
    const installation = await testInstallation();
    await sendThumbs(installation, 8, 2);
    expect(await installation.feeds.loadFromFeedback()).toMatchObject({ loaded: 1 });
    await sendThumbs(installation, 1, 0, {}, "late");
    expect(await installation.feeds.loadFromFeedback()).toMatchObject({
      read: 1,
      duplicates: 1,
      conflicts: 0,
    });
    await sendThumbs(installation, 0, 4, {}, "later");
    expect(await installation.feeds.loadFromFeedback()).toMatchObject({
      read: 4,
      duplicates: 0,
      conflicts: 1,
    });
    expect(await installation.examples.conflicts({}, { limit: 5 })).toMatchObject([
      { kept_label: "high_quality", offered_label: "medium_quality" },
    ]);
  });

  it("makes an example of each thumb that names a task, with the task's newest evaluation result", async () => {
    const installation = await testInstallation();
    const result = { agent: "inbox_triage", judge_scores: {} };
    await installation.signals.ingest(
      "evaluations",
      [
        {
          ...result,
          task_key: "t1",
          result_id: "old",
          payload: { risk_score: 1 },
          decision: "safe",
          created_at: `${day}T01:00:00Z`,
        },
        {
          ...result,
          task_key: "t1",
          result_id: "new",
          payload: { risk_score: 2 },
          decision: "quarantine",
          created_at: `${day}T02:00:00Z`,
        },
        {
          ...result,
          task_key: "t2",
          agent: "insights_writer",
          payload: { novelty_score: 1 },
          decision: "high_quality",
        },
      ],
      ana,
    );
    const event = { agent: "inbox_triage", occurred_at: `${day}T10:00:00Z` };
    await installation.signals.ingest(
      "feedback",
      [
        { ...event, event_id: "e1", task_key: "t1", thumb: "up" },
        { ...event, event_id: "e2", task_key: "t1", thumb: "down", person: "cy" },
        {
          ...event,
          event_id: "e3",
          task_key: "t3",
          thumb: "up",
          decision: "safe",
          payload: { risk_score: 9 },
        },
        { ...event, event_id: "e4", task_key: "t4", thumb: "up", decision: "safe" },
        { ...event, event_id: "e5", task_key: "t4", thumb: "up", payload: { risk_score: 9 } },
        { ...event, event_id: "e6", task_key: "t2", thumb: "down", agent: "insights_writer" },
        { ...event, event_id: "e7", task_key: "t2", thumb: "up", agent: "insights_writer" },
      ],
      ana,
    );
    expect(await installation.feeds.loadFromFeedback()).toMatchObject({
      read: 7,
      // Four thumbs, and the day of two agents.
      loaded: 4 + 2,
      left_out: { no_payload: 1, no_decision: 1, down_without_two_classes: 1 },
    });
    const stored = await installation.examples.list({}, { after: 0, limit: 10 });
    const byEvent = new Map(stored.map((one) => [one.source_id, one]));
    expect(byEvent.get("e1")).toMatchObject({ key: "t1", label: "quarantine", payload: { risk_score: 2 } });
    expect(byEvent.get("e2")).toMatchObject({ label: "safe", labeled_by: "cy", confidence: 100 });
    expect(byEvent.get("e3")).toMatchObject({ label: "safe", payload: { risk_score: 9 } });
    expect(byEvent.get("e7")).toMatchObject({ label: "high_quality", payload: { novelty_score: 1 } });
  });

  it("loads more days than a transaction takes", async () => {
    const installation = await testInstallation();
    const records = Array.from({ length: 230 }, (_, place) => ({
      agent: "insights_writer",
      event_id: `e-${place}`,
      thumb: "up",
      occurred_at: new Date(Date.parse(`${day}T10:00:00Z`) - place * DAY_MS).toISOString(),
    }));
    await installation.signals.ingest("feedback", records, ana);
    expect(await installation.feeds.loadFromFeedback()).toMatchObject({
      read: 230,
      loaded: 230,
      waiting: [],
    });
  });
});

describe("Feed loaders: load_from_goldsets", () => {
  const gold = (agent: string, key: string) => ({ agent, task_key: key, payload: { a: 1 }, label: "Safe" });

  it("loads curated tasks with confidence 100 and source gold, of one agent or of all", async () => {
    const installation = await testInstallation();
    const { feeds, signals, examples } = installation;
    await signals.ingest(
      "gold",
      [gold("inbox_triage", "g1"), gold("insights_writer", "g1"), gold("inbox_triage", "g2")],
      ana,
    );
    expect(await feeds.loadFromGoldsets({ agent: "inbox_triage", limit: 1 })).toMatchObject({
      loaded: 1,
      more: true,
    });
    expect(await feeds.loadFromGoldsets({ agent: "inbox_triage" })).toMatchObject({ loaded: 1, more: false });
    expect(await feeds.loadFromGoldsets()).toMatchObject({ read: 1, loaded: 1 });
    expect(await examples.list({ agent: "inbox_triage" }, { after: 0, limit: 5 })).toMatchObject([
      { key: "g1", label: "Safe", source: "gold", source_id: "g1", confidence: 100 },
      { key: "g2" },
    ]);
    await expect(feeds.loadFromGoldsets({ agent: "nobody" })).rejects.toMatchObject({
      code: "unknown_agent",
    });
    // Everything was read, so the limit ended nothing; with another agent's task to come it does.
    await signals.ingest("gold", [gold("insights_writer", "g3")], ana);
    expect(await feeds.loadFromGoldsets({ limit: 1 })).toMatchObject({ loaded: 1, more: false });
    await signals.ingest("gold", [gold("insights_writer", "g4"), gold("inbox_triage", "g4")], ana);
    expect(await feeds.loadFromGoldsets({ limit: 1 })).toMatchObject({ loaded: 1, more: true });
    expect(await feeds.loadFromGoldsets()).toMatchObject({ loaded: 1 });
    // A curated label that is changed waits for a person.
    await signals.ingest("gold", [{ ...gold("inbox_triage", "g1"), label: "High-Risk" }], ana);
    expect(await feeds.loadFromGoldsets()).toMatchObject({ read: 1, conflicts: 1 });
  });
});

describe("Load labeled data: load_all_feeds", () => {
  it("counts what each feed loaded, once", async () => {
    const installation = await testInstallation();
    await sendApprovals(installation, 0, 45);
    await sendThumbs(installation, 3, 1);
    await installation.signals.ingest(
      "gold",
      [{ agent: "inbox_triage", task_key: "g", payload: {}, label: "Safe" }],
      ana,
    );
    expect(await installation.feeds.loadAll()).toMatchObject({ approvals: 45, feedback: 1, gold: 1 });
    expect(await installation.feeds.loadAll()).toMatchObject({ approvals: 0, feedback: 0, gold: 0 });
    expect(await installation.examples.stats()).toMatchObject({
      total: 47,
      by_source: { approvals: 45, feedback: 1, gold: 1 },
    });
    const events = await installation.audit.list({ kind: "feed.loaded" }, { limit: 10 });
    expect(events.map((event) => [event.object, event.actor_kind, event.detail["loaded"]])).toEqual([
      ["gold", "system", 1],
      ["feedback", "system", 1],
      ["approvals", "system", 45],
    ]);
  });

  it("reports nothing from nothing", async () => {
    const { feeds } = await testInstallation();
    expect(await feeds.loadAll()).toMatchObject({ approvals: 0, feedback: 0, gold: 0 });
  });

  it("takes turns with another run at the same time", async () => {
    const installation = await testInstallation();
    await sendApprovals(installation, 0, 1200);
    await sendThumbs(installation, 5, 5);
    const runs = await Promise.all([installation.feeds.loadAll(), installation.feeds.loadAll()]);
    expect(runs[0]!.approvals + runs[1]!.approvals).toBe(1200);
    expect(runs[0]!.feedback + runs[1]!.feedback).toBe(1);
    for (const { reports } of runs) expect(reports.every((one) => one.duplicates === 0)).toBe(true);
  });

  it("loads over HTTP: all, or one feed with since and limit", async () => {
    const installation = await testInstallation();
    const api = installation.as("ana");
    await sendApprovals(installation, 0, 5);
    expect(
      await api.post<LoadReport>("/v1/feeds/load", {
        source: "approvals",
        since: `${day}T00:00:00Z`,
        limit: 3,
      }),
    ).toMatchObject({ approvals: 3, feedback: 0, gold: 0, reports: [{ feed: "approvals", more: true }] });
    expect(await api.post("/v1/feeds/load", {})).toMatchObject({ approvals: 2 });
    await expect(api.post("/v1/feeds/load", { source: "rumours" })).rejects.toMatchObject({
      code: "invalid_input",
    });
    await expect(
      api.post("/v1/feeds/load", { source: "approvals", agent: "inbox_triage" }),
    ).rejects.toMatchObject({ message: expect.stringContaining("is accepted for the source gold only") });
  });
});
