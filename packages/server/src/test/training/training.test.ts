import { describe, expect, it } from "vitest";
import { builtInAgents } from "../../agents/built-in-agents.ts";
import { nameBundle } from "../../bundles/bundle.ts";
import { formatExplanation } from "../../cli/explain.ts";
import { followTraining } from "../../cli/follow-training.ts";
import { RELEARN_VERSION } from "../../compose.ts";
import { jsonb } from "../../db/jsonb.ts";
import { seededRandom, shuffled } from "../../numerics/random.ts";
import { trainBundle } from "../../training/train-bundle.ts";
import type { TrainingReport } from "../../training/training-snapshot.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { activeBundle, addExamples } from "../traffic.ts";

const inbox = builtInAgents.find((agent) => agent.name === "inbox_triage")!;
type Bundle = Awaited<ReturnType<TestInstallation["bundles"]["create"]>>;

describe("A training from the database", () => {
  it("gives the same bundle in whatever order the examples were stored", async () => {
    const random = seededRandom(3);
    const payloads = new Map<string, object>();
    const rows = Array.from({ length: 300 }, (_, index) => {
      const risk = Math.round(random.uniform() * 100);
      // Keys that sort otherwise by English rules than by code points, and some with two labels.
      const key = `${["a", "B", "é", "_", "z"][index % 5]}-${index % 260}`;
      const payload = { risk_score: risk, spf_fail: random.uniform() < risk / 150, attachments: [1, 2] };
      payloads.set(`record-${index}`, payload);
      return {
        key,
        agent: "inbox_triage",
        payload: jsonb(payload),
        label: risk + 12 * random.normal() > 60 ? "quarantine" : "safe",
        source: index < 260 ? ("approvals" as const) : ("gold" as const),
        source_id: `record-${index}`,
        confidence: 50 + (index % 51),
        notes: null,
        labeled_by: null,
        created_at: new Date(Date.UTC(2026, 1, 1, 0, index)),
        loaded_at: new Date(Date.UTC(2026, 1, 2)),
        superseded_at: null,
      };
    });
    const relearn = await testInstallation();
    const { kysely } = relearn.database;
    const digests: string[] = [];
    for (const order of [rows, shuffled(rows, seededRandom(9))]) {
      await kysely.deleteFrom("labeled_examples").execute();
      await kysely.insertInto("labeled_examples").values(order).execute();
      const bundle = await relearn.bundles.create("inbox_triage", { modelType: "auto", actor: "ana" });
      expect(bundle.training_count).toBe(260);
      // Trained again from the rows of the first order; the second ones were not there yet.
      if (bundle.created) {
        expect(await relearn.bundles.verify(bundle.bundle_id)).toMatchObject({ reproduced: true });
      }
      digests.push(bundle.digest);
    }
    // What the examples alone make, without a database: both kinds of it are held to one and the same.
    const examples = rows.map((row) => ({ ...row, payload: payloads.get(row.source_id) }));
    const alone = trainBundle(inbox, examples, { relearnVersion: RELEARN_VERSION, modelType: "auto" });
    expect(digests).toEqual(new Array(2).fill(nameBundle(alone, new Date()).digest));
  });

  it("tells over HTTP how far it is, before the bundle", async () => {
    const relearn = await testInstallation();
    await addExamples(relearn, 5000);
    const reports: TrainingReport[] = [];
    const api = relearn.as("ana");
    const bundle = await api.postLong<Bundle, TrainingReport>(
      "/v1/agents/inbox_triage/bundles",
      { model_type: "auto" },
      (report) => reports.push(report),
    );
    expect(bundle).toMatchObject({ created: true, status: "pending" });
    expect(reports.filter((report) => report.phase === "read").at(-1)).toEqual({
      phase: "read",
      examples: 5000,
      of: 5000,
    });
    expect(new Set(reports.map((report) => report.phase))).toEqual(
      new Set(["read", "sort", "fit", "evaluate"]),
    );
    // Without asking for it, the answer is the document alone.
    expect(await api.post<Bundle>("/v1/agents/inbox_triage/bundles", { model_type: "auto" })).toMatchObject({
      bundle_id: bundle.bundle_id,
      created: false,
    });
  });

  it("answers with the refusal where there is one", async () => {
    const relearn = await testInstallation();
    await expect(
      relearn.as("ana").postLong("/v1/agents/inbox_triage/bundles", {}, () => {}),
    ).rejects.toMatchObject({ code: "insufficient_data" });
    await expect(relearn.as("ana").postLong("/v1/agents/nobody/bundles", {}, () => {})).rejects.toMatchObject(
      { code: "unknown_agent" },
    );
  });

  it("ends when it is cancelled, and stores nothing", async () => {
    const relearn = await testInstallation();
    await addExamples(relearn, 5000);
    const control = new AbortController();
    await expect(
      relearn.bundles.create("inbox_triage", {
        actor: "ana",
        signal: control.signal,
        onProgress: () => control.abort(new Error("enough")),
      }),
    ).rejects.toThrow("enough");
    expect(await relearn.bundles.list({}, 10)).toEqual([]);
  });
});

describe("An explained decision", () => {
  it("adds up, by the active bundle, and says what the payload did not give", async () => {
    const relearn = await testInstallation();
    const active = await activeBundle(relearn);
    await addExamples(relearn, 40, 7);
    const newer = await relearn.bundles.create("inbox_triage", { actor: "ana" });
    const ask = (body: object) =>
      relearn
        .as("ana")
        .post<Awaited<ReturnType<TestInstallation["bundles"]["explain"]>>>(
          "/v1/agents/inbox_triage/explanation",
          body,
        );
    const explained = await ask({ payload: { risk_score: 180, spf_fail: "maybe" } });
    if (explained.model_type !== "LogisticRegression") throw new Error("A logistic model was trained.");
    expect(explained).toMatchObject({
      bundle_id: active,
      status: "active",
      label: "quarantine",
      clamped: ["risk_score"],
      invalid: ["has_spf_fail"],
    });
    expect(explained.absent).toContain("has_dkim_fail");
    const sum = explained.contributions.reduce((total, one) => total + one.contribution, explained.intercept);
    expect(sum).toBeCloseTo(
      Math.log(explained.uncalibrated_probability / (1 - explained.uncalibrated_probability)),
      9,
    );
    const text = formatExplanation(explained);
    expect(text).toContain(`quarantine   P(quarantine) = ${explained.probability.toFixed(3)}`);
    expect(text).toContain("Clamped to a bound: risk_score");
    expect(await ask({ payload: { risk_score: 5 }, bundle_id: newer.bundle_id })).toMatchObject({
      bundle_id: newer.bundle_id,
      label: "safe",
    });
  });

  it("is by the newest bundle before one is active, and by the way through a tree", async () => {
    const relearn = await testInstallation();
    await expect(relearn.bundles.explain("inbox_triage", {})).rejects.toMatchObject({
      code: "unknown_bundle",
      message: expect.stringContaining("relearn train inbox_triage"),
    });
    await addExamples(relearn, 100);
    await relearn.bundles.create("inbox_triage", { modelType: "tree", actor: "ana" });
    const explained = await relearn.bundles.explain("inbox_triage", { risk_score: 90 });
    expect(explained).toMatchObject({ status: "pending", model_type: "DecisionTree", label: "quarantine" });
    expect(formatExplanation(explained)).toMatch(/risk_score ≤ [\d.]+\? +90 +no/);
    await expect(
      relearn.bundles.explain("insights_writer", {}, { bundleId: explained.bundle_id }),
    ).rejects.toMatchObject({
      code: "invalid_input",
    });
  });
});

describe("A training on a terminal", () => {
  it("shows its phases and leaves the line empty", async () => {
    const written: string[] = [];
    const stream = { isTTY: true, columns: 100, write: (text: string) => written.push(text) };
    let now = 0;
    const result = await followTraining(
      async (report) => {
        now += 5000;
        report({ phase: "read", examples: 500, of: 1000 });
        now += 5000;
        report({ phase: "evaluate", kind: "tree", folds: 2 });
        return "bundle";
      },
      stream,
      () => now,
    );
    expect(result).toBe("bundle");
    expect(written[0]).toContain("50 %  reading examples: 500 of 1,000");
    expect(written[1]).toContain("40 %  evaluating the tree model on held-out folds: 2 of 5");
    expect(written.at(-1)).toBe("\r\u001b[2K");
  });
});

describe("what the labels of an agent bought", () => {
  it("is measured on the labels there are, and again when there are more", async () => {
    const relearn = await testInstallation();
    expect((await relearn.trainer.learningCurve("inbox_triage")).points).toEqual([]);
    await addExamples(relearn, 60, 1);
    const curve = await relearn.trainer.learningCurve("inbox_triage");
    expect(curve.rows).toBe(60);
    expect(curve.points.map((point) => point.labels)).toEqual([20, 32, 48]);
    expect(await relearn.trainer.learningCurve("inbox_triage")).toBe(curve);
    await addExamples(relearn, 60, 2);
    expect((await relearn.trainer.learningCurve("inbox_triage")).rows).toBe(120);
  });
});
