import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { assignArm } from "./assign-arm.ts";
import { createFileCache } from "./cache-file.ts";
import { type LoopbackService, loopbackService } from "./loopback-service.fixture.ts";
import { createSwitchboard, type Switchboard, type SwitchboardOptions } from "./switchboard.ts";
import { canaryConfig, riskBundle } from "./switchboard-config.fixture.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A clock that stands where it was set. */
const start = Date.parse("2026-11-23T12:00:00Z");
let time = start;
const agent = canaryConfig.agent;

async function service(config: unknown = canaryConfig): Promise<LoopbackService> {
  const started = await loopbackService(config);
  cleanups.push(() => started.stop());
  return started;
}

/** A switchboard whose timers are off unless the test turns them on. */
function switchboard(options: Partial<SwitchboardOptions>): Switchboard {
  time = start;
  const made = createSwitchboard({
    agent,
    refreshIntervalMs: 0,
    flushIntervalMs: 0,
    now: () => time,
    // A busy machine must not be taken for an unavailable service.
    requestTimeoutMs: 20_000,
    ...options,
  });
  cleanups.push(() => made.close({ timeoutMs: 100 }));
  return made;
}

/** For a timeout so short that a busy machine can miss it. */
async function withConfig(board: Switchboard): Promise<void> {
  while ((await board.refresh()) === "failed");
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "relearn-switchboard-"));
  cleanups.push(() => rm(made, { recursive: true }));
  return made;
}

const split = { salt: canaryConfig.salt, canaryBasisPoints: 5000 };
const units = Array.from({ length: 200 }, (_, at) => `user-${at}`);
const canaryUnit = units.find((unit) => assignArm(split, unit) === "canary")!;
const activeUnit = units.find((unit) => assignArm(split, unit) === "active")!;

describe("deciding", () => {
  test("each unit gets its arm's bundle, the reason, the digest and the thresholds", async () => {
    const board = switchboard({ url: (await service()).url });
    expect(await board.ready()).toBe(true);
    // At risk 40 the active bundle (boundary 50) says safe, the canary (boundary 30) quarantine.
    expect(board.decide(activeUnit, { risk: 40 })).toEqual({
      unitId: activeUnit,
      label: "safe",
      positive: false,
      probability: 1 - 1 / (1 + Math.exp(2)),
      positiveProbability: 1 / (1 + Math.exp(2)),
      variant: "active",
      reason: "SPLIT",
      rolloutId: "r_1",
      generation: 3,
      bundleId: "b_active",
      bundleDigest: "digest-of-b_active",
      thresholds: { risk_score_threshold: 50 },
      featuresFound: 1,
    });
    expect(board.decide(canaryUnit, { risk: 40 })).toMatchObject({
      label: "quarantine",
      variant: "canary",
      bundleDigest: "digest-of-b_canary",
      thresholds: { risk_score_threshold: 30 },
    });
    expect(board.assign(canaryUnit)).toEqual({
      variant: "canary",
      reason: "SPLIT",
      rolloutId: "r_1",
      generation: 3,
      bundleId: "b_canary",
      bundleDigest: "digest-of-b_canary",
    });
  });

  test("an explanation on request, with the features that the payload did not give", async () => {
    const board = switchboard({ url: (await service()).url });
    await board.ready();
    expect(board.decide(activeUnit, { risk: "high" })).not.toHaveProperty("explanation");
    expect(board.decide(activeUnit, { risk: "high" }, { explain: true }).explanation).toMatchObject({
      class: "quarantine",
      label: "safe",
      log_odds: -10,
      contributions: [{ feature: "risk", value: 0, contribution: -10 }],
      invalid: ["risk"],
    });
  });

  test("without a unit id: active, counted, never random, no exposure", async () => {
    const board = switchboard({ url: (await service()).url });
    await board.ready();
    for (const unit of [undefined, null, ""]) {
      expect(board.decide(unit, { risk: 40 })).toMatchObject({
        unitId: null,
        variant: "active",
        reason: "DEFAULT",
        rolloutId: null,
      });
    }
    expect(board.stats()).toMatchObject({ unassigned: 3, exposures: { buffered: 0 } });
  });

  test("the stage full: the new bundle for all but the holdback, which keeps the former", async () => {
    const full = {
      ...canaryConfig,
      canary_basis_points: 10_000,
      holdback_basis_points: 500,
      active: canaryConfig.canary,
      canary: null,
      holdback: canaryConfig.active,
    };
    const board = switchboard({ url: (await service(full)).url });
    await board.ready();
    const variants = new Map<string, number>();
    for (const unit of units) {
      const { variant, bundleId } = board.assign(unit);
      expect(bundleId).toBe(variant === "holdback" ? "b_active" : "b_canary");
      variants.set(variant, (variants.get(variant) ?? 0) + 1);
    }
    expect([...variants.keys()].sort()).toEqual(["canary", "holdback"]);
    expect(variants.get("holdback")).toBeLessThan(25);
  });

  test("an agent without a bundle: its definition's defaults", async () => {
    const none = { ...canaryConfig, canary_basis_points: 0, active: null, canary: null, rollout_id: null };
    const board = switchboard({ url: (await service(none)).url });
    await board.ready();
    expect(board.decide("u", { risk: 40 })).toMatchObject({
      label: "safe",
      probability: null,
      variant: "defaults",
      reason: "DEFAULT",
      bundleDigest: null,
      thresholds: { risk_score_threshold: 65 },
    });
  });

  test("a payload that throws when it is read: an answer, not an exception", async () => {
    const board = switchboard({ url: (await service()).url });
    await board.ready();
    const hostile = {
      get risk(): number {
        throw new Error("no");
      },
    };
    expect(board.decide(activeUnit, hostile)).toMatchObject({
      reason: "ERROR",
      variant: "defaults",
      label: "safe",
      error: "no",
    });
  });

  test("one bundle without any service decides at once and is never stale", async () => {
    const { config, ...names } = riskBundle("b_1", 50);
    const board = switchboard({ bundle: { ...names, ...config } });
    time += 1e12;
    expect(board.decide("u", { risk: 90 })).toMatchObject({
      label: "quarantine",
      variant: "active",
      reason: "DEFAULT",
      bundleId: "b_1",
    });
    expect(board.recordOutcome("u", { quality: 1 })).toMatchObject({ recorded: false, reason: "no_sink" });
    expect(await board.ready()).toBe(true);
    expect(await board.refresh()).toBe("unchanged");
  });

  test("refuses options that name no source, two, or a bundle that cannot decide", () => {
    expect(() => createSwitchboard({ agent })).toThrow(/exactly one of url, source and bundle; 0/);
    expect(() =>
      createSwitchboard({ agent, url: "http://x", source: { load: async () => ({ status: "unchanged" }) } }),
    ).toThrow(/2 of them/);
    expect(() => createSwitchboard({ agent, url: "no address" })).toThrow(TypeError);
    const { config, ...names } = riskBundle("b_1", 50);
    expect(() => createSwitchboard({ agent, bundle: { ...names, ...config, positive: "x" } })).toThrow(
      /bundle.positive/,
    );
  });
});

describe("kill switch, staleness", () => {
  test("the config's kill switch: active for everyone, no exposure", async () => {
    const board = switchboard({ url: (await service({ ...canaryConfig, kill_switch: true })).url });
    await board.ready();
    expect(board.decide(canaryUnit, { risk: 40 })).toMatchObject({
      variant: "active",
      reason: "KILL_SWITCH",
      rolloutId: null,
      bundleId: "b_active",
    });
    expect(board.stats().exposures.buffered).toBe(0);
  });

  test("this process's own: at once, and back", async () => {
    const board = switchboard({ url: (await service()).url });
    await board.ready();
    board.setKillSwitch(true);
    expect(board.assign(canaryUnit).reason).toBe("KILL_SWITCH");
    board.setKillSwitch(false);
    expect(board.assign(canaryUnit).reason).toBe("SPLIT");
  });

  test("older than maxStaleSeconds: active for everyone, until the service answers again", async () => {
    const server = await service();
    const board = switchboard({ url: server.url, maxStaleSeconds: 60 });
    await board.ready();
    server.status.switchboard = 503;
    time += 60_000;
    await board.refresh();
    expect(board.assign(canaryUnit).reason).toBe("SPLIT");
    time += 1;
    await board.refresh();
    expect(board.decide(canaryUnit, { risk: 40 })).toMatchObject({ variant: "active", reason: "STALE" });
    server.status = {};
    expect(await board.refresh()).toBe("unchanged");
    expect(board.assign(canaryUnit).reason).toBe("SPLIT");
  });

  test("stale on time also when nothing asks the service any more", async () => {
    vi.useFakeTimers();
    cleanups.push(() => vi.useRealTimers());
    const board = switchboard({
      source: { load: async () => ({ status: "changed", config: canaryConfig, etag: null }) },
      maxStaleSeconds: 40 * 86_400,
      now: Date.now,
    });
    await board.ready();
    // Longer than a timer can wait, so it takes two.
    vi.advanceTimersByTime(40 * 86_400_000);
    expect(board.assign(canaryUnit).reason).toBe("SPLIT");
    vi.advanceTimersByTime(1);
    expect(board.assign(canaryUnit).reason).toBe("STALE");
  });
});

describe("refreshing", () => {
  test("asks with the ETag and takes 304 for the same; a new config is taken up whole", async () => {
    const server = await service();
    const changes: number[] = [];
    const board = switchboard({ url: server.url, apiKey: "k" });
    const stopListening = board.onChange((config) => changes.push(config.generation));
    await board.ready();
    expect(await board.refresh()).toBe("unchanged");
    server.config = { ...canaryConfig, generation: 4, canary_basis_points: 0 };
    server.etag = '"2"';
    expect(await board.refresh()).toBe("changed");
    expect(board.assign(canaryUnit)).toMatchObject({ variant: "active", generation: 4, reason: "DEFAULT" });
    expect(server.requests.map(({ status }) => status)).toEqual([200, 304, 200]);
    expect(server.requests[0]!.path).toBe("/v1/agents/inbox_triage/switchboard");
    expect(server.headers[1]).toMatchObject({ "if-none-match": '"1"', authorization: "Bearer k" });
    stopListening();
    server.etag = '"3"';
    expect(await board.refresh()).toBe("changed");
    expect(changes).toEqual([3, 4]);
  });

  test.each([
    ["a config that cannot decide", { ...canaryConfig, canary: null }],
    ["a config of another agent", { ...canaryConfig, agent: "insights_writer" }],
    ["no JSON", "<html>busy</html>"],
  ])("%s: the last one stays in force", async (_, config) => {
    const server = await service();
    const errors: unknown[] = [];
    const board = switchboard({ url: server.url, onError: (part) => errors.push(part) });
    await board.ready();
    server.config = config;
    server.etag = '"2"';
    expect(await board.refresh()).toBe("failed");
    expect(board.assign(canaryUnit)).toMatchObject({ variant: "canary", generation: 3 });
    expect(errors).toEqual(["refresh"]);
    expect(board.stats().lastError).toMatch(/^refresh: /);
    server.config = { ...canaryConfig, generation: 5 };
    expect(await board.refresh()).toBe("changed");
    expect(board.stats()).toMatchObject({ generation: 5, failedRefreshes: 1 });
  });

  test("a service that answers with an error, or not at all in time", async () => {
    const server = await service();
    const board = switchboard({ url: server.url, requestTimeoutMs: 50 });
    await withConfig(board);
    server.status.switchboard = 503;
    expect(await board.refresh()).toBe("failed");
    server.status = {};
    server.silent = true;
    expect(await board.refresh()).toBe("failed");
    expect(board.assign(canaryUnit).variant).toBe("canary");
  });

  test("by itself in the background, and again after failures", async () => {
    const server = await service();
    const board = switchboard({ url: server.url, refreshIntervalMs: 1, random: () => 0 });
    await server.arrived(4);
    server.status.switchboard = 500;
    await server.arrived(server.requests.length + 3);
    server.status = {};
    await server.arrived(server.requests.length + 2);
    expect(board.assign(canaryUnit).reason).toBe("SPLIT");
    expect(board.stats().failedRefreshes).toBeGreaterThanOrEqual(2);
  });

  test("a listener that throws changes nothing", async () => {
    const server = await service();
    const board = switchboard({
      url: server.url,
      onError() {
        throw new Error("listener");
      },
    });
    board.onChange(() => {
      throw new Error("listener");
    });
    expect(await board.ready()).toBe(true);
    expect(board.assign(canaryUnit).variant).toBe("canary");
  });
});

describe("without the service", () => {
  const nowhere = "http://127.0.0.1:9"; // The discard port: nothing listens there.

  test("no config at all: the definition's defaults, reason ERROR, no exception", async () => {
    const board = switchboard({
      url: nowhere,
      defaults: { thresholds: { risk_score_threshold: 50 }, label: "safe" },
    });
    const early = board.decide("u", { risk: 1 });
    expect(early).toMatchObject({ reason: "ERROR", variant: "defaults", label: "safe" });
    expect(await board.ready()).toBe(false);
    expect(board.decide("u", { risk: 1 })).toMatchObject({
      thresholds: { risk_score_threshold: 50 },
      error: expect.stringMatching(/No config has been loaded yet.*refresh/),
    });
  });

  test("a start from the cache file; its age counts from the last word of the service", async () => {
    const path = join(await folder(), "cache");
    const server = await service();
    const first = switchboard({ url: server.url, cache: createFileCache(path) });
    await first.ready();
    await first.refresh();
    await first.close();
    await server.stop();

    const second = switchboard({ url: nowhere, cache: createFileCache(path), maxStaleSeconds: 3600 });
    expect(await second.ready()).toBe(true);
    expect(second.decide(canaryUnit, { risk: 40 })).toMatchObject({ variant: "canary", reason: "SPLIT" });
    time += 3_600_001;
    await second.refresh();
    expect(second.assign(canaryUnit).reason).toBe("STALE");
  });

  test("the cache's ETag spares the config after a restart", async () => {
    const cache = createFileCache(join(await folder(), "cache"));
    const server = await service();
    await switchboard({ url: server.url, cache }).refresh();
    const board = switchboard({ url: server.url, cache });
    await board.ready();
    await board.refresh();
    expect(await board.refresh()).toBe("unchanged");
    expect(server.requests.at(-1)!.status).toBe(304);
  });

  test("reports a damaged cache file, does not use it, and replaces it by the next config", async () => {
    const path = join(await folder(), "cache");
    const server = await service();
    await switchboard({ url: server.url, cache: createFileCache(path) }).refresh();
    const whole = await readFile(path, "utf8");
    await writeFile(path, whole.replace('"canary_basis_points":5000', '"canary_basis_points":9999'));

    const errors: string[] = [];
    const board = switchboard({
      url: nowhere,
      cache: createFileCache(path),
      onError: (part, error) => errors.push(`${part}: ${(error as Error).message}`),
    });
    expect(await board.ready()).toBe(false);
    expect(board.assign(canaryUnit).reason).toBe("ERROR");
    expect(errors.find((line) => line.startsWith("cache: "))).toMatch(/damaged/);

    await switchboard({ url: server.url, cache: createFileCache(path) }).refresh();
    expect(await readFile(path, "utf8")).toBe(whole);
  });
});

describe("reports", () => {
  test("one exposure a unit and stage, with what the server needs to check it", async () => {
    const server = await service();
    const board = switchboard({ url: server.url });
    await board.ready();
    for (let again = 0; again < 3; again++) {
      board.decide(canaryUnit, { risk: 40 });
      board.decide(activeUnit, { risk: 40 });
      board.assign("only assigned");
    }
    expect(await board.flush()).toBe(true);
    expect(server.exposures).toEqual([
      {
        rollout_id: "r_1",
        unit_id: canaryUnit,
        agent,
        arm: "canary",
        basis_points: 5000,
        generation: 3,
        bundle_id: "b_canary",
        at: "2026-11-23T12:00:00.000Z",
      },
      expect.objectContaining({ unit_id: activeUnit, arm: "active", bundle_id: "b_active" }),
    ]);
    // The next stage exposes again; a transition that does not change the split does not.
    server.config = { ...canaryConfig, generation: 4 };
    server.etag = '"2"';
    await board.refresh();
    board.decide(canaryUnit, { risk: 40 });
    server.config = { ...canaryConfig, generation: 5, canary_basis_points: 9000 };
    server.etag = '"3"';
    await board.refresh();
    board.decide(canaryUnit, { risk: 40 });
    await board.flush();
    expect(server.exposures.slice(2)).toEqual([
      expect.objectContaining({ unit_id: canaryUnit, basis_points: 9000, generation: 5 }),
    ]);
  });

  test("outcomes: of a decision to its rollout, of a unit to the present one, outside to none", async () => {
    const server = await service();
    const board = switchboard({ url: server.url });
    await board.ready();
    const decision = board.decide(canaryUnit, { risk: 40 });
    server.config = { ...canaryConfig, rollout_id: "r_2" };
    server.etag = '"2"';
    await board.refresh();
    const outcome = { quality: 0.5, latencyMs: 12.5, cost: 0.01, success: true, taskKey: "t" };
    expect(board.recordOutcome(decision, { ...outcome, outcomeId: "o" })).toEqual({ recorded: true });
    board.recordOutcome(canaryUnit, {});
    board.setKillSwitch(true);
    board.recordOutcome(canaryUnit, { success: false });
    await board.flush();
    const common = { unit_id: canaryUnit, agent, at: "2026-11-23T12:00:00.000Z" };
    expect(server.outcomes).toEqual([
      {
        ...common,
        rollout_id: "r_1",
        outcome_id: "o",
        task_key: "t",
        quality: 0.5,
        latency_ms: 12.5,
        cost: 0.01,
        success: true,
        // With the task: what was decided about it, for labels to judge.
        decision: decision.label,
      },
      { ...common, rollout_id: "r_2", outcome_id: canaryUnit },
      { ...common, rollout_id: null, outcome_id: canaryUnit, success: false },
    ]);
  });

  test.each([
    [{ quality: 1.01 }],
    [{ quality: Number.NaN }],
    [{ latencyMs: -1 }],
    [{ latencyMs: Number.POSITIVE_INFINITY }],
    [{ cost: Number.NaN }],
    [{ outcomeId: "" }],
    [{ taskKey: "" }],
    [null as never],
  ])("refuses the outcome %j, and counts it", async (outcome) => {
    const board = switchboard({ url: (await service()).url });
    expect(board.recordOutcome("u", outcome)).toMatchObject({ recorded: false, reason: "invalid" });
    expect(board.recordOutcome(board.decide(null, {}), {})).toMatchObject({ reason: "no_unit" });
    expect(board.stats().outcomes).toMatchObject({ invalid: 2, buffered: 0 });
  });

  test("a full batch goes out by itself", async () => {
    const server = await service();
    const board = switchboard({ url: server.url, batchSize: 10 });
    await board.ready();
    for (const unit of units.slice(0, 10)) board.recordOutcome(unit, { success: true });
    await server.arrived(2);
    expect(server.outcomes).toHaveLength(10);
  });

  test("the service away: kept up to the capacity, the oldest dropped and counted, sent when it is back", async () => {
    const server = await service();
    const board = switchboard({ url: server.url, bufferCapacity: 50, batchSize: 20 });
    await board.ready();
    server.status = { exposures: 503, outcomes: 401 };
    for (const unit of units) {
      board.recordOutcome(board.decide(unit, { risk: 40 }), { success: true });
    }
    expect(await board.flush()).toBe(false);
    expect(board.stats()).toMatchObject({
      exposures: { buffered: 50, dropped: 150, sent: 0 },
      outcomes: { buffered: 50, dropped: 150, sent: 0 },
    });
    server.status = {};
    expect(await board.flush()).toBe(true);
    expect(server.outcomes.map(({ unit_id }) => unit_id)).toEqual(units.slice(150));
    expect(board.stats().exposures).toMatchObject({ buffered: 0, sent: 50 });
  });

  test("removes, counts and reports documents that the service rejects", async () => {
    const server = await service();
    const errors: string[] = [];
    const board = switchboard({ url: server.url, onError: (_, error) => errors.push(String(error)) });
    await board.ready();
    server.status.outcomes = 422;
    board.recordOutcome("u", { success: true });
    expect(await board.flush()).toBe(true);
    expect(board.stats().outcomes).toMatchObject({ rejected: 1, buffered: 0 });
    expect(errors).toEqual(["Error: The service rejected 1 document(s)."]);
  });

  test("counts and reports single records that the service rejects, and sends the rest", async () => {
    const server = await service();
    server.report = JSON.stringify({
      stored: 2,
      rejected: [{ index: 1, path: "arm", message: "must be active" }],
    });
    const errors: string[] = [];
    const board = switchboard({ url: server.url, onError: (_, error) => errors.push(String(error)) });
    for (const unit of units.slice(0, 3)) board.recordOutcome(unit, { success: true });
    expect(await board.flush()).toBe(true);
    expect(board.stats().outcomes).toMatchObject({ sent: 2, rejected: 1, buffered: 0 });
    expect(errors).toEqual(["Error: The service rejected 1 document(s). The first: arm must be active"]);
  });

  test("a page that something else answers with 200 has taken nothing: all of it is sent again", async () => {
    const server = await service();
    const asIs = server.report;
    server.report = "<html>Please sign in</html>";
    const board = switchboard({ url: server.url });
    board.recordOutcome(units[0]!, { success: true });
    expect(await board.flush()).toBe(false);
    expect(board.stats().outcomes).toMatchObject({ sent: 0, buffered: 1 });
    server.report = asIs;
    expect(await board.flush()).toBe(true);
    expect(board.stats().outcomes).toMatchObject({ sent: 1, buffered: 0 });
  });

  test("batches too large for the service are halved", async () => {
    const server = await service();
    server.largestBatch = 6;
    const board = switchboard({ url: server.url, batchSize: 500 });
    await board.ready();
    for (const unit of units.slice(0, 20)) board.recordOutcome(unit, { success: true });
    expect(await board.flush()).toBe(true);
    expect(server.outcomes.map(({ unit_id }) => unit_id)).toEqual(units.slice(0, 20));
  });

  test("close sends the rest, once; with the service away it ends in time and says what is lost", async () => {
    const server = await service();
    const board = switchboard({ url: server.url });
    await board.ready();
    board.recordOutcome("u", { success: true });
    await Promise.all([board.close(), board.close()]);
    expect(server.outcomes).toHaveLength(1);

    const errors: string[] = [];
    const other = switchboard({
      url: server.url,
      requestTimeoutMs: 20,
      onError: (_, e) => errors.push(String(e)),
    });
    await withConfig(other);
    server.silent = true;
    other.recordOutcome("u", { success: true });
    await other.close({ timeoutMs: 5_000 });
    expect(errors.at(-1)).toMatch(/1 could not be sent before closing/);
  });
});

describe("shadow mode", () => {
  test("the active bundle counts for everybody; differences come with both answers", async () => {
    const server = await service();
    const seen: unknown[] = [];
    const board = switchboard({
      url: server.url,
      shadow: true,
      onShadow: (comparison, unit) => seen.push([unit, comparison.sameLabel]),
    });
    await board.ready();
    const decision = board.decide(canaryUnit, { risk: 40 }, { explain: true });
    expect(decision).toMatchObject({ label: "safe", variant: "active", reason: "DEFAULT", rolloutId: null });
    expect(decision.shadow).toMatchObject({
      sameLabel: false,
      label: "safe",
      canaryLabel: "quarantine",
      canaryBundleDigest: "digest-of-b_canary",
      canaryExplanation: { log_odds: 2 },
    });
    expect(decision.shadow!.positiveProbabilityDifference).toBeCloseTo(0.880797 - 0.119203, 5);
    expect(board.decide(activeUnit, { risk: 90 }).shadow).toMatchObject({ sameLabel: true });
    expect(board.stats()).toMatchObject({
      shadow: { compared: 2, different: 1 },
      exposures: { buffered: 0 },
    });
    expect(seen).toEqual([
      [canaryUnit, false],
      [activeUnit, true],
    ]);
  });

  test("a listener that throws does not spoil the decision", async () => {
    const board = switchboard({
      url: (await service()).url,
      shadow: true,
      onShadow() {
        throw new Error("listener");
      },
    });
    await board.ready();
    expect(board.decide(canaryUnit, { risk: 40 })).toMatchObject({ label: "safe", variant: "active" });
    expect(board.stats().lastError).toBe("shadow: listener");
  });
});
