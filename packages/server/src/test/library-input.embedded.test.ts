import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRelearn, type Relearn, RelearnError } from "../index.ts";
import { runDue } from "../testing.ts";

describe("the library's arguments", () => {
  let relearn: Relearn;
  beforeAll(async () => {
    relearn = await openRelearn({ database: "memory://" });
  });
  afterAll(() => relearn?.close());

  const callMethod = (call: string, args: readonly unknown[]): Promise<unknown> => {
    const [namespace, method] = call.split(".") as [keyof Relearn, string];
    const methods = relearn[namespace] as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    return methods[method]!(...args);
  };

  // Arguments as plain JavaScript can pass them: the types refuse most of them.
  const refused: [call: string, path: string, value: string, accepted: string, args: unknown[]][] = [
    ["guard.checkCanaryPerformance", "options.threshold", "-1", ">0", ["inbox_triage", { threshold: -1 }]],
    ["guard.analyze", "options.threshold", "NaN", "number", ["inbox_triage", { threshold: Number.NaN }]],
    ["guard.analyze", "options.lookbackHours", "0", ">0", ["inbox_triage", { lookbackHours: 0 }]],
    [
      "bundles.create",
      "options.modelType",
      '"forest"',
      '"logistic"|"tree"|"auto"',
      ["inbox_triage", { modelType: "forest" }],
    ],
    ["bundles.create", "options.minExamples", "1", ">=2", ["inbox_triage", { minExamples: 1 }]],
    ["bundles.create", "options.minExample", "50", "minExamples", ["inbox_triage", { minExample: 50 }]],
    ["bundles.create", "options.onProgress", "7", "function", ["inbox_triage", { onProgress: 7 }]],
    ["bundles.list", "options.limit", "1.5", "int", [{ limit: 1.5 }]],
    ["bundles.list", "options.limit", '"10"', "number", [{ limit: "10" }]],
    ["bundles.list", "options.limit", "1001", "<=1000", [{ limit: 1001 }]],
    ["bundles.list", "options.status", '"gone"', '"pending"', [{ status: "gone" }]],
    ["bundles.get", "bundleId", "7", "string", [7]],
    ["bundles.get", "bundleId", '"a\\u0000"', "well-formed text", ["a\u0000"]],
    ["bundles.adjust", "options.thresholds.t", "NaN", "number", ["b_1", { thresholds: { t: Number.NaN } }]],
    ["bundles.explain", "payload", "a list of 0", "record", ["inbox_triage", []]],
    ["examples.list", "options.before", "1.5", "int", [{ before: 1.5 }]],
    ["examples.list", "options.superseded", '"true"', "boolean", [{ superseded: "true" }]],
    ["examples.settleConflict", "conflictId", "1.5", "int", [1.5, "keep_old", { actor: "ana" }]],
    ["examples.getLabelCounts", "options.days", "0", ">=1", ["inbox_triage", { days: 0 }]],
    ["examples.add", "documents", "an object with 0 members", "list", [{}, { actor: "ana" }]],
    ["signals.ingest", "kind", '"thumbs"', '"feedback"', ["thumbs", [], { actor: "ana" }]],
    ["signals.ingest", "records", "nothing", "list", ["gold", undefined, { actor: "ana" }]],
    ["signals.ingest", "options", "nothing", "object", ["gold", []]],
    ["signals.ingest", "options.actor", '""', "1 to 200", ["gold", [], { actor: "" }]],
    ["feeds.loadAll", "options.limit", "0", ">=1", [{ limit: 0 }]],
    ["feeds.loadAll", "options.since", "an object with 0 members", "date", [{ since: new Date("no") }]],
    ["approvals.apply", "options.canaryPercent", "0", ">=1", ["a_1", { canaryPercent: 0, actor: "bo" }]],
    ["approvals.approve", "options.rationale", "nothing", "string", ["a_1", { approver: "bo" }]],
    [
      "guard.promoteCanary",
      "options.targetPercent",
      "50.5",
      "int",
      ["inbox_triage", { targetPercent: 50.5, actor: "bo" }],
    ],
    ["rollouts.list", "options.limit", "Infinity", "number", [{ limit: Number.POSITIVE_INFINITY }]],
    ["sampler.sample", "options.topN", "0", ">=1", ["inbox_triage", { topN: 0 }]],
    ["sampler.sample", "options.minUncertainty", "2", "<=1", ["inbox_triage", { minUncertainty: 2 }]],
    ["sampler.estimatePopulation", "options.days", "181", "<=180", ["inbox_triage", { days: 181 }]],
    ["review.claim", "options.leaseSeconds", "0", ">=1", ["inbox_triage", { leaseSeconds: 0, actor: "ana" }]],
    ["review.label", "itemId", "1.5", "int", [1.5, "safe", { leaseToken: "t", actor: "ana" }]],
    ["jobs.listRuns", "options.before", "0", ">0", [{ before: 0 }]],
    ["audit.list", "options.limit", "0", ">=1", [{ limit: 0 }]],
    [
      "access.createKey",
      "options.role",
      '"root"',
      '"admin"',
      [{ person: "ana", role: "root", actor: "ana" }],
    ],
    ["agents.get", "agent", "nothing", "1 to 63", []],
  ];

  it.each(refused)("%s refuses %s = %s", async (call, path, value, accepted, args) => {
    const error = await callMethod(call, args).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(RelearnError);
    const { code, message, details } = error as RelearnError;
    expect(code).toBe("invalid_input");
    expect(message).toContain(`${path} is ${value}: `);
    expect(message).toContain(accepted);
    expect(details["faults"]).toMatchObject([{ path, value }]);
  });

  it("names every fault, and refuses an argument too many", async () => {
    await expect(relearn.bundles.list({ limit: 0, status: "x" as "active" })).rejects.toThrow(
      /options\.status is "x": .*; options\.limit is 0: /,
    );
    const list = relearn.examples.list as (...args: unknown[]) => Promise<unknown>;
    await expect(list({ agent: "inbox_triage" }, { limit: 1 })).rejects.toMatchObject({
      code: "invalid_input",
    });
  });

  // Every method about one agent, with arguments that are right but for the agent's name.
  it.each<[call: string, ...args: unknown[]]>([
    ["agents.get"],
    ["bundles.create"],
    ["bundles.explain", {}],
    ["bundles.listBackups"],
    ["bundles.getLearningCurve"],
    ["bundles.getFeatureDistribution"],
    ["examples.getLabelCounts"],
    ["feeds.loadFromGoldsets"],
    ["guard.checkCanaryPerformance"],
    ["guard.analyze"],
    ["guard.gradualRollout"],
    ["guard.getStatus"],
    ["guard.promoteCanary", { actor: "bo" }],
    ["guard.rollbackCanary", { actor: "bo" }],
    ["guard.pauseCanary", { actor: "bo", reason: "r" }],
    ["guard.resumeCanary", { actor: "bo", reason: "r" }],
    ["judges.update"],
    ["judges.getWeights"],
    ["judges.getReport"],
    ["judges.getReliability"],
    ["judges.listJudgedResults", { judge: "j" }],
    ["judges.compareMethods"],
    ["review.request", "task", { actor: "ana" }],
    ["review.claim", { actor: "ana" }],
    ["review.getAgreement"],
    ["rollbacks.rollback", { actor: "bo" }],
    ["rollouts.getRunning"],
    ["rollouts.getRelease"],
    ["rollouts.getSwitchboardConfig"],
    ["rollouts.setKillSwitch", { actor: "bo", on: true, reason: "r" }],
    ["sampler.sample"],
    ["sampler.sampleForReview"],
    ["sampler.getQueueStatistics"],
    ["sampler.estimatePopulation"],
    ["settings.getRolloutPolicy"],
  ])("%s refuses an agent that does not exist", async (call, ...args) => {
    const name = call === "feeds.loadFromGoldsets" ? { agent: "inbox_triag" } : "inbox_triag";
    await expect(callMethod(call, [name, ...args])).rejects.toMatchObject({ code: "unknown_agent" });
  });

  it.each<[call: string, code: string, ...args: unknown[]]>([
    ["bundles.get", "unknown_bundle", "b_1"],
    ["bundles.adjust", "unknown_bundle", "b_1", { thresholds: { t: 1 } }],
    ["bundles.diff", "unknown_bundle", "b_1"],
    ["bundles.verify", "unknown_bundle", "b_1"],
    ["bundles.explain", "unknown_bundle", "inbox_triage", {}],
    ["bundles.create", "insufficient_data", "inbox_triage"],
    ["approvals.propose", "unknown_bundle", "inbox_triage", "b_1", { proposer: "ana" }],
    ["approvals.get", "unknown_approval", "a_1"],
    ["approvals.edit", "unknown_approval", "a_1", { bundleId: "b_1", editor: "ana" }],
    ["approvals.approve", "unknown_approval", "a_1", { approver: "bo", rationale: "r" }],
    ["approvals.reject", "unknown_approval", "a_1", { approver: "bo", rationale: "r" }],
    ["approvals.apply", "unknown_approval", "a_1", { actor: "bo" }],
    ["rollouts.get", "unknown_rollout", "r_1"],
    ["rollouts.abort", "unknown_rollout", "r_1", { actor: "bo" }],
    ["rollouts.listJournal", "unknown_rollout", "r_1"],
    ["rollouts.listAnalyses", "unknown_rollout", "r_1"],
    ["rollouts.listReceipts", "unknown_rollout", "r_1"],
    ["rollouts.replay", "unknown_rollout", "r_1"],
    ["rollouts.getArmHistory", "unknown_rollout", "r_1"],
    ["rollbacks.rollback", "nothing_to_roll_back", "inbox_triage", { actor: "bo" }],
    ["guard.analyze", "no_canary", "inbox_triage"],
    ["guard.rollbackCanary", "no_canary", "inbox_triage", { actor: "bo" }],
    ["examples.settleConflict", "not_found", 1, "keep_old", { actor: "ana" }],
    ["agents.apply", "invalid_definition", {}, { actor: "ana" }],
    ["review.request", "not_found", "inbox_triage", "task", { actor: "ana" }],
    ["review.get", "not_found", 1, { actor: "ana" }],
    ["review.claimItem", "not_found", 1, { actor: "ana" }],
    ["review.label", "not_found", 1, "safe", { actor: "ana", leaseToken: "t" }],
    ["review.undo", "nothing_to_undo", { actor: "ana" }],
    ["settings.get", "not_found", "no_such"],
    ["settings.set", "invalid_policy", "rollout_policy.inbox_triage", { stages: [] }, { actor: "ana" }],
    ["jobs.run", "unknown_job", "no_such", { actor: "ana" }],
    ["jobs.pause", "reason_missing", "guard", { actor: "ana", reason: "" }],
    ["notifications.removeEndpoint", "not_found", "no_such", { actor: "ana" }],
    ["access.createKey", "admin_key_missing", { person: "ana", role: "viewer", actor: "ana" }],
    ["access.revokeKey", "unknown_key", "k_1", { actor: "ana" }],
    ["access.endSession", "unknown_session", "s_1", { actor: "ana" }],
  ])("%s rejects with %s", async (call, code, ...args) => {
    await expect(callMethod(call, args)).rejects.toMatchObject({ code });
  });

  it("refuses filters of an export when its first page is read", async () => {
    await expect(relearn.audit.export({ agents: "a" } as object).next()).rejects.toMatchObject({
      code: "invalid_input",
    });
  });

  it("takes options that are undefined as left out", async () => {
    expect(await relearn.bundles.list({ agent: undefined, limit: undefined })).toEqual([]);
    expect(await relearn.feeds.loadAll({ since: undefined })).toMatchObject({ gold: 0 });
    expect(await relearn.examples.list()).toEqual([]);
  });

  it("has no internals: namespaces of methods and `close` only", () => {
    expect(Object.keys(relearn).sort()).toEqual([
      "access",
      "agents",
      "approvals",
      "audit",
      "bundles",
      "close",
      "doctor",
      "erasure",
      "examples",
      "feeds",
      "guard",
      "jobs",
      "judges",
      "notifications",
      "review",
      "rollbacks",
      "rollouts",
      "sampler",
      "settings",
      "signals",
    ]);
  });

  it("runs due jobs of an opened installation only", async () => {
    await expect(runDue({ ...relearn })).rejects.toMatchObject({ code: "invalid_input" });
  });
});
