import { gzipSync } from "node:zlib";
import { assignArm } from "@relearn/client";
import type { Rollout, SignalKind } from "@relearn/contract";
import { signalKinds } from "@relearn/contract/values";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openAuthentication } from "../../api/authenticate.ts";
import { createInstallationApp } from "../../compose.ts";
import { jsonb } from "../../db/jsonb.ts";
import { MAX_BATCH_BYTES } from "../../http/request-body.ts";
import { MAX_BATCH_RECORDS } from "../../http/take-record-batch.ts";
import { proposeRollout, rolloutPolicy } from "../../rollouts/rollout.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";

const ana = { actor: "ana" };
const approval = (over: Record<string, unknown> = {}) => ({
  agent: "inbox_triage",
  task_key: "thread-1",
  request_id: "req-1",
  action: "quarantine",
  status: "pending",
  payload: { risk_score: 80 },
  requested_at: "2026-03-01T10:00:00Z",
  ...over,
});
const feedback = (over: Record<string, unknown> = {}) => ({
  agent: "inbox_triage",
  event_id: "fb-1",
  thumb: "up",
  occurred_at: "2026-03-01T10:00:00Z",
  ...over,
});
const gold = (over: Record<string, unknown> = {}) => ({
  agent: "inbox_triage",
  task_key: "gold-1",
  payload: { risk_score: 10 },
  label: "Safe",
  ...over,
});
const evaluation = (over: Record<string, unknown> = {}) => ({
  agent: "inbox_triage",
  task_key: "thread-1",
  result_id: "ev-1",
  payload: { risk_score: 40 },
  judge_scores: { "gpt-4": { verdict: "quarantine", confidence: 80 } },
  ...over,
});
const outcome = (over: Record<string, unknown> = {}) => ({
  agent: "inbox_triage",
  unit_id: "user-1",
  at: "2026-03-02T11:00:00Z",
  quality: 1,
  ...over,
});

describe("signals: the same record again changes nothing, a changed one is an update", () => {
  it("takes an action approval from pending to approved, and never back", async () => {
    const { signals, database } = await testInstallation();
    const stored = () => database.kysely.selectFrom("action_approvals").selectAll().execute();
    expect(await signals.ingest("approvals", [approval()], ana)).toEqual({
      stored: 1,
      updated: 0,
      duplicates: 0,
      rejected: [],
    });
    const [pending] = await stored();
    expect(await signals.ingest("approvals", [approval()], ana)).toMatchObject({ duplicates: 1 });
    const approved = approval({
      status: "approved",
      decided_by: "bo",
      notes: "phishing",
      decided_at: "2026-03-01T11:00:00+01:00",
    });
    expect(await signals.ingest("approvals", [approved], ana)).toMatchObject({ updated: 1, duplicates: 0 });
    expect(await signals.ingest("approvals", [approved, approval()], ana)).toMatchObject({ duplicates: 2 });
    const [after] = await stored();
    expect(after).toMatchObject({
      status: "approved",
      decided_by: "bo",
      notes: "phishing",
      decided_at: new Date("2026-03-01T10:00:00Z"),
    });
    // A change is seen by readers that go by ascending id.
    expect(after!.id).toBeGreaterThan(pending!.id);
  });

  it("applies several records of one request in one batch in their order", async () => {
    const { signals, database } = await testInstallation();
    const report = await signals.ingest(
      "approvals",
      [approval(), approval(), approval({ status: "rejected" }), approval({ status: "approved" })],
      ana,
    );
    expect(report).toMatchObject({ stored: 1, updated: 2, duplicates: 1 });
    const [row] = await database.kysely.selectFrom("action_approvals").selectAll().execute();
    expect(row).toMatchObject({ status: "approved" });
  });

  it("keeps what a record leaves out: a second import without times is no change", async () => {
    const { signals, clock } = await testInstallation();
    const lean = { ...approval({ status: "approved" }), requested_at: undefined };
    const noTime = { ...gold(), created_at: null };
    const result = evaluation();
    const kinds = ["approvals", "gold", "evaluations"] as const;
    const send = async () => {
      const reports = [];
      for (const [place, kind] of kinds.entries()) {
        reports.push(await signals.ingest(kind, [[lean, noTime, result][place]], ana));
      }
      return reports;
    };
    expect(await send()).toMatchObject([{ stored: 1 }, { stored: 1 }, { stored: 1 }]);
    clock.advance(3_600_000);
    expect(await send()).toMatchObject([{ duplicates: 1 }, { duplicates: 1 }, { duplicates: 1 }]);
  });

  it("keeps two agents' own ids apart", async () => {
    const { signals } = await testInstallation();
    const other = { agent: "insights_writer" };
    for (const [kind, record] of [
      ["approvals", approval()],
      ["feedback", feedback()],
      ["gold", gold()],
      ["evaluations", evaluation()],
      ["outcomes", outcome()],
    ] as const) {
      expect(await signals.ingest(kind, [record, { ...record, ...other }], ana)).toMatchObject({ stored: 2 });
    }
  });

  it("gives feedback and evaluation results without an id one of their content", async () => {
    const { signals } = await testInstallation();
    const bare = { ...feedback(), event_id: undefined };
    expect(await signals.ingest("feedback", [bare, bare, { ...bare, thumb: "down" }], ana)).toMatchObject({
      stored: 2,
      duplicates: 1,
    });
    const result = { ...evaluation(), result_id: undefined };
    expect(await signals.ingest("evaluations", [result, result], ana)).toMatchObject({
      stored: 1,
      duplicates: 1,
    });
  });

  it("writes people's signals into the audit log by count, never their content, and no event for nothing", async () => {
    const { signals, audit } = await testInstallation();
    await signals.ingest("approvals", [approval({ notes: "secret" }), {}], ana);
    await signals.ingest("approvals", [approval({ notes: "secret" })], ana);
    await signals.ingest("outcomes", [outcome()], ana);
    const events = await audit.list({ kind: "signals.received" }, { limit: 10 });
    expect(events).toMatchObject([
      {
        actor: "ana",
        object: "approvals",
        detail: { stored: 1, updated: 0, duplicates: 0, rejected: 1, agents: ["inbox_triage"] },
      },
    ]);
    expect(JSON.stringify(events)).not.toContain("secret");
    expect(await audit.verify()).toMatchObject({ intact: true });
  });

  it("never stores what an agent's redact names, in any kind", async () => {
    const { agents, signals, database } = await testInstallation();
    await agents.apply({ ...(await agents.get("inbox_triage")).definition, redact: ["subject"] }, ana);
    const payload = { risk_score: 1, subject: "to Eve" };
    await signals.ingest("approvals", [approval({ payload })], ana);
    await signals.ingest("feedback", [feedback({ payload })], ana);
    await signals.ingest("gold", [gold({ payload })], ana);
    await signals.ingest("evaluations", [evaluation({ payload })], ana);
    for (const table of [
      "action_approvals",
      "feedback_events",
      "golden_tasks",
      "evaluation_results",
    ] as const) {
      const rows = await database.kysely.selectFrom(table).select("payload").execute();
      expect(rows).toEqual([{ payload: { risk_score: 1 } }]);
    }
  });

  it("takes two imports of the same records at once", async () => {
    const { signals, database } = await testInstallation();
    const batch = Array.from({ length: 400 }, (_, number) => gold({ task_key: `gold-${number}` }));
    const reports = await Promise.all([
      signals.ingest("gold", batch, ana),
      signals.ingest("gold", [...batch].reverse(), ana),
    ]);
    expect(reports[0]!.stored + reports[1]!.stored).toBe(400);
    const { count } = await database.kysely
      .selectFrom("golden_tasks")
      .select((query) => query.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    expect(count).toBe(400);
  });

  it("takes nothing from an empty batch", async () => {
    const { signals } = await testInstallation();
    for (const kind of signalKinds) {
      expect(await signals.ingest(kind, [], ana)).toEqual({
        stored: 0,
        updated: 0,
        duplicates: 0,
        rejected: [],
      });
    }
  });
});

describe("signals: a bad record is told with path, value and what is accepted; good ones are kept", () => {
  const bad: readonly (readonly [SignalKind, object, string, string])[] = [
    ["approvals", approval({ status: "maybe" }), "status", "invalid"],
    ["approvals", approval({ action: "x".repeat(181) }), "action", "invalid"],
    ["approvals", approval({ agent: "nobody" }), "agent", "unknown_agent"],
    ["approvals", approval({ decided_at: "2026-03-03T12:00:01Z" }), "decided_at", "in_future"],
    ["approvals", approval({ payload: null }), "payload", "invalid"],
    [
      "approvals",
      approval({ payload: { risk_score: Number.POSITIVE_INFINITY } }),
      "payload.risk_score",
      "invalid",
    ],
    ["feedback", feedback({ thumb: "sideways" }), "thumb", "invalid"],
    ["feedback", feedback({ occurred_at: null }), "occurred_at", "invalid"],
    ["feedback", feedback({ occurred_at: "yesterday" }), "occurred_at", "invalid"],
    ["feedback", feedback({ decision: "d".repeat(10_000) }), "decision", "invalid"],
    ["gold", gold({ label: "l".repeat(10_000) }), "label", "invalid"],
    ["gold", gold({ label: null }), "label", "invalid"],
    ["gold", gold({ task_key: "" }), "task_key", "invalid"],
    ["gold", gold({ task_key: "half \udc00" }), "task_key", "invalid"],
    ["evaluations", evaluation({ judge_scores: { j: { verdict: 1 } } }), "judge_scores.j.verdict", "invalid"],
    [
      "evaluations",
      evaluation({ judge_scores: { j: { verdict: "a", confidence: 101 } } }),
      "judge_scores.j.confidence",
      "invalid",
    ],
    [
      "evaluations",
      evaluation({ judge_scores: { j: { verdikt: "a" } } }),
      "judge_scores.j.verdikt",
      "invalid",
    ],
    ["evaluations", evaluation({ judge_scores: [] }), "judge_scores", "invalid"],
    [
      "exposures",
      {
        unit_id: "u",
        rollout_id: "ro_1",
        agent: "inbox_triage",
        arm: "active",
        basis_points: 10.5,
        generation: 1,
        at: "2026-03-02T10:00:00Z",
      },
      "basis_points",
      "invalid",
    ],
    [
      "exposures",
      {
        unit_id: "u",
        rollout_id: "ro_1",
        agent: "inbox_triage",
        arm: "active",
        basis_points: 1000,
        generation: 1,
        at: "2026-03-02T10:00:00Z",
      },
      "rollout_id",
      "unknown_rollout",
    ],
    ["outcomes", outcome({ quality: 1.01 }), "quality", "invalid"],
    ["outcomes", outcome({ quality: "good" }), "quality", "invalid"],
    ["outcomes", outcome({ latency_ms: -1 }), "latency_ms", "invalid"],
    ["outcomes", outcome({ cost: Number.NaN }), "cost", "invalid"],
    ["outcomes", outcome({ rollout_id: "ro_none" }), "rollout_id", "unknown_rollout"],
    ["outcomes", outcome({ at: "2027-01-01T00:00:00Z" }), "at", "in_future"],
  ];

  it("of every kind and every fault", async () => {
    const { signals } = await testInstallation();
    const good = {
      approvals: [approval()],
      feedback: [feedback()],
      gold: [gold()],
      evaluations: [evaluation()],
      exposures: [],
      outcomes: [outcome()],
    };
    for (const kind of signalKinds) {
      const wrong = bad.filter(([of]) => of === kind);
      const report = await signals.ingest(
        kind,
        [...good[kind], ...wrong.map(([, record]) => record), ...good[kind]],
        ana,
      );
      expect(report).toMatchObject({ stored: good[kind].length, duplicates: good[kind].length });
      expect(report.rejected.map(({ index, path, reason }) => [index, path, reason])).toEqual(
        wrong.map(([, , path, reason], place) => [place + good[kind].length, path, reason]),
      );
      for (const one of report.rejected) {
        expect(one.message.length).toBeGreaterThan(10);
        expect(one.value.length).toBeLessThan(100);
      }
    }
  });

  it("stores or rejects anything, and never fails", async () => {
    const { signals } = await testInstallation();
    const text = fc.string({ unit: "binary", maxLength: 20 });
    const mutated = fc
      .tuple(
        fc.constantFrom(
          ["approvals", approval()] as const,
          ["feedback", feedback()] as const,
          ["gold", gold()] as const,
          ["evaluations", evaluation()] as const,
          ["outcomes", outcome()] as const,
        ),
        fc.dictionary(
          fc.constantFrom(
            "task_key",
            "payload",
            "notes",
            "label",
            "judge_scores",
            "unit_id",
            "event_id",
            "at",
          ),
          fc.oneof(text, fc.anything(), fc.dictionary(text, fc.oneof(text, fc.double(), fc.jsonValue()))),
        ),
      )
      .map(([[kind, record], over]) => [kind, { ...record, ...over }] as const);
    await fc.assert(
      fc.asyncProperty(mutated, async ([kind, record]) => {
        const report = await signals.ingest(kind, [record], ana);
        expect(report.stored + report.updated + report.duplicates + report.rejected.length).toBe(1);
      }),
      { numRuns: 300 },
    );
  });
});

const SALT = "salt-1";

/** A rollout of inbox_triage at 10 percent. */
async function startedRollout(installation: TestInstallation, over: Partial<Rollout> = {}): Promise<Rollout> {
  const now = installation.clock.now();
  await installation.database.kysely
    .insertInto("bundles")
    .values({
      bundle_id: "b-1",
      agent: "inbox_triage",
      digest: "d-1",
      document: jsonb({} as never),
      training: jsonb({} as never),
      status: "canary",
      created_by: "ana",
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const rollout: Rollout = {
    ...proposeRollout(
      {
        rollout_id: "ro_1",
        agent: "inbox_triage",
        bundle_id: "b-1",
        bundle_digest: "d-1",
        active_bundle_id: null,
        active_digest: null,
        salt: SALT,
        policy: rolloutPolicy(),
        proposed_by: "ana",
        attempt: 1,
      },
      now,
    ),
    state: "canary",
    stage: 0,
    percent: 10,
    started_at: now.toISOString(),
    ...over,
  };
  await installation.database.kysely
    .insertInto("rollouts")
    .values({
      rollout_id: rollout.rollout_id,
      approval_id: `ap-${rollout.rollout_id}`,
      agent: rollout.agent,
      bundle_id: rollout.bundle_id,
      state: rollout.state,
      generation: rollout.generation,
      document: jsonb(rollout),
      diff: jsonb({} as never),
      created_at: now,
      updated_at: now,
    })
    .execute();
  return rollout;
}

const exposure = (unit: string, basisPoints: number, over: Record<string, unknown> = {}) => ({
  rollout_id: "ro_1",
  unit_id: unit,
  agent: "inbox_triage",
  arm: assignArm({ salt: SALT, canaryBasisPoints: basisPoints }, unit),
  basis_points: basisPoints,
  generation: 2,
  bundle_id: "b-1",
  at: "2026-03-02T11:00:00Z",
  ...over,
});

describe("exposures: a unit's first decision in a stage; the server recomputes the arm", () => {
  it("stores each unit once, moves last_at on, and keeps the first decision", async () => {
    const installation = await testInstallation();
    await startedRollout(installation);
    const { signals, database } = installation;
    const units = Array.from({ length: 200 }, (_, number) => `user-${number}`);
    expect(
      await signals.ingest(
        "exposures",
        units.map((unit) => exposure(unit, 1000)),
        ana,
      ),
    ).toMatchObject({
      stored: 200,
      rejected: [],
    });
    const arms = await database.kysely.selectFrom("exposures").select("arm").execute();
    expect(new Set(arms.map((row) => row.arm))).toEqual(new Set(["active", "canary"]));
    const again = [
      exposure("user-0", 1000),
      exposure("user-1", 1000, { at: "2026-03-02T11:30:00Z", generation: 9, bundle_id: "b-9" }),
      exposure("user-2", 1000, { at: "2026-03-02T10:00:00Z" }),
      exposure("user-3", 5000, { at: "2026-03-02T11:40:00Z" }),
    ];
    expect(await signals.ingest("exposures", again, ana)).toEqual({
      stored: 1,
      updated: 1,
      duplicates: 2,
      rejected: [],
    });
    const row = await database.kysely
      .selectFrom("exposures")
      .selectAll()
      .where("unit_id", "=", "user-1")
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({
      generation: 2,
      bundle_id: "b-1",
      first_at: new Date("2026-03-02T11:00:00Z"),
      last_at: new Date("2026-03-02T11:30:00Z"),
    });
  });

  it("rejects an arm that the salt does not give, another agent's rollout, and one never started", async () => {
    const installation = await testInstallation();
    await startedRollout(installation);
    await startedRollout(installation, { rollout_id: "ro_2", state: "proposed", started_at: null });
    const wrong = exposure("user-0", 1000);
    const report = await installation.signals.ingest(
      "exposures",
      [
        { ...wrong, arm: wrong.arm === "active" ? "canary" : "active" },
        exposure("user-1", 1000, { agent: "insights_writer" }),
        exposure("user-2", 1000, { rollout_id: "ro_2" }),
        exposure("user-3", 1000, { arm: "holdback" }),
      ],
      ana,
    );
    expect(report.rejected.map((one) => one.reason)).toEqual([
      "arm_mismatch",
      "agent_mismatch",
      "not_started",
      "arm_mismatch",
    ]);
    expect(report.rejected[0]!.message).toContain("1000 basis points");
  });

  it("knows the holdback of the last stage", async () => {
    const installation = await testInstallation();
    await startedRollout(installation, { state: "full", stage: 2, percent: 95 });
    const units = Array.from({ length: 300 }, (_, number) => `user-${number}`);
    const full = units.map((unit) =>
      exposure(unit, 10_000, {
        arm: assignArm({ salt: SALT, canaryBasisPoints: 10_000, holdbackBasisPoints: 500 }, unit),
      }),
    );
    expect(new Set(full.map((one) => one.arm))).toEqual(new Set(["canary", "holdback"]));
    expect(await installation.signals.ingest("exposures", full, ana)).toMatchObject({ stored: 300 });
  });
});

describe("outcomes: unique on (rollout, unit, outcome_id), the first report stands", () => {
  it("takes the arm from the exposure, else from the salt, and active outside rollouts", async () => {
    const installation = await testInstallation();
    await startedRollout(installation);
    const { signals, database } = installation;
    // Canary at 50 percent only: its outcome after the second exposure belongs to canary.
    const unit = Array.from({ length: 100 }, (_, number) => `user-${number}`).find(
      (name) => exposure(name, 1000).arm === "active" && exposure(name, 5000).arm === "canary",
    )!;
    await signals.ingest(
      "exposures",
      [exposure(unit, 1000), exposure(unit, 5000, { at: "2026-03-02T11:30:00Z" })],
      ana,
    );
    const report = await signals.ingest(
      "outcomes",
      [
        outcome({ unit_id: unit, rollout_id: "ro_1", outcome_id: "a", at: "2026-03-02T11:10:00Z" }),
        outcome({ unit_id: unit, rollout_id: "ro_1", outcome_id: "b", at: "2026-03-02T11:40:00Z" }),
        outcome({ unit_id: "unseen", rollout_id: "ro_1" }),
        outcome({ unit_id: unit, rollout_id: null }),
        outcome({ unit_id: unit, rollout_id: "" }),
      ],
      ana,
    );
    expect(report).toMatchObject({ stored: 4, duplicates: 1, rejected: [] });
    const rows = await database.kysely
      .selectFrom("outcomes")
      .select(["unit_id", "rollout_id", "outcome_id", "arm"])
      .orderBy("id")
      .execute();
    expect(new Map(rows.map((row) => [`${row.rollout_id}/${row.outcome_id}`, row.arm]))).toEqual(
      new Map([
        ["ro_1/a", "active"],
        ["ro_1/b", "canary"],
        ["ro_1/unseen", exposure("unseen", 1000).arm],
        [`/${unit}`, "active"],
      ]),
    );
  });

  it("does not let a later report change an outcome", async () => {
    const { signals, database } = await testInstallation();
    await signals.ingest(
      "outcomes",
      [outcome({ quality: 1, latency_ms: 12.5, cost: 0.002, success: true })],
      ana,
    );
    expect(await signals.ingest("outcomes", [outcome({ quality: 0 })], ana)).toMatchObject({ duplicates: 1 });
    const [row] = await database.kysely.selectFrom("outcomes").selectAll().execute();
    expect(row).toMatchObject({ quality: 1, latency_ms: 12.5, cost: 0.002, success: true, arm: "active" });
  });
});

describe("signals over HTTP", () => {
  async function posting() {
    const installation = await testInstallation();
    const app = createInstallationApp(installation, {
      authenticate: openAuthentication(),
      reportFailure: (error) => console.error(error),
    });
    const post = async (
      path: string,
      body: string | Uint8Array<ArrayBuffer>,
      headers: Record<string, string>,
    ) => {
      const answer = await app.fetch(
        new Request(`http://relearn.localhost${path}`, { method: "POST", body, headers }),
      );
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    return { installation, post };
  }
  const ndjson = { "content-type": "application/x-ndjson" };
  const json = { "content-type": "application/json" };

  it("takes a JSON list, NDJSON, and gzip of either; a bad line is told by its index", async () => {
    const { post } = await posting();
    expect(await post("/v1/signals/gold", JSON.stringify([gold()]), json)).toMatchObject({
      status: 200,
      body: { stored: 1 },
    });
    const lines = `${JSON.stringify(gold({ task_key: "g2" }))}\r\n\n{"agent": \n${JSON.stringify(gold({ label: "" }))}\n${JSON.stringify(gold({ task_key: "g3" }))}`;
    const expected = {
      rejected: [
        { index: 1, reason: "not_json", path: "(root)" },
        { index: 2, reason: "invalid", path: "label" },
      ],
    };
    expect(await post("/v1/signals/gold", lines, ndjson)).toMatchObject({
      body: { stored: 2, ...expected },
    });
    expect(
      await post("/v1/signals/gold", new Uint8Array(gzipSync(lines)), {
        ...ndjson,
        "content-encoding": "gzip",
      }),
    ).toMatchObject({ body: { stored: 0, duplicates: 2, ...expected } });
  });

  it("takes exposures and outcomes as the client package sends them", async () => {
    const { installation, post } = await posting();
    await startedRollout(installation);
    const exposures = `${JSON.stringify(exposure("u1", 1000))}\n${JSON.stringify(exposure("u2", 1000, { bundle_id: null }))}\n`;
    expect(await post("/v1/exposures", exposures, ndjson)).toMatchObject({ body: { stored: 2 } });
    const outcomes = `${JSON.stringify({ rollout_id: null, unit_id: "u1", agent: "inbox_triage", outcome_id: "u1", quality: 0.5, at: "2026-03-02T11:00:00.000Z" })}\n`;
    expect(await post("/v1/outcomes", outcomes, ndjson)).toMatchObject({ body: { stored: 1 } });
  });

  it("refuses what is too large by count and by unpacked size, also when packed small", async () => {
    const { post } = await posting();
    const many = "{}\n".repeat(MAX_BATCH_RECORDS + 1);
    expect(await post("/v1/signals/gold", many, ndjson)).toMatchObject({
      status: 413,
      body: { code: "too_large" },
    });
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(MAX_BATCH_BYTES + 1, " ")));
    expect(bomb.length).toBeLessThan(100_000);
    expect(await post("/v1/signals/gold", bomb, { ...json, "content-encoding": "gzip" })).toMatchObject({
      status: 413,
      body: { code: "too_large" },
    });
  });

  it("refuses a body that it cannot read as a whole", async () => {
    const { post } = await posting();
    const unreadable = { status: 400, body: { code: "invalid_input" } };
    const otherKind = { status: 415, body: { code: "unsupported_media_type" } };
    const bodies: [string, Record<string, string>, object][] = [
      ["{}", json, unreadable],
      ["[{", json, unreadable],
      ["", json, unreadable],
      ["a,b", { "content-type": "text/csv" }, otherKind],
      ["[]", { ...json, "content-encoding": "br" }, otherKind],
      ["[]", { ...json, "content-encoding": "gzip" }, unreadable],
    ];
    for (const [body, headers, expected] of bodies) {
      expect(await post("/v1/signals/gold", body, headers)).toMatchObject(expected);
    }
  });

  it("refuses infinite numbers that JSON text can spell, and nesting that would break the stack", async () => {
    const { post } = await posting();
    const lines = [
      '{"agent":"inbox_triage","task_key":"g","label":"Safe","payload":{"risk_score":1e999}}',
      `{"agent":"inbox_triage","task_key":"g","label":"Safe","payload":{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}}`,
      `{"agent":"inbox_triage","task_key":"g","label":"Safe","payload":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}`,
      "[".repeat(100_000) + "]".repeat(100_000),
    ].join("\n");
    const { status, body } = await post("/v1/signals/gold", lines, ndjson);
    expect(status).toBe(200);
    expect(body).toMatchObject({ stored: 0, rejected: [{ path: "payload.risk_score" }, {}, {}, {}] });
  });
});
