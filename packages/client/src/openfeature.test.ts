import { ErrorCode, OpenFeature, ProviderEvents, ProviderStatus } from "@openfeature/server-sdk";
import { afterEach, describe, expect, test } from "vitest";
import { assignArm } from "./assign-arm.ts";
import { type LoopbackService, loopbackService } from "./loopback-service.fixture.ts";
import { RelearnProvider } from "./openfeature.ts";
import { createSwitchboard, type Switchboard } from "./switchboard.ts";
import { canaryConfig } from "./switchboard-config.fixture.ts";

let service: LoopbackService;
let board: Switchboard;
afterEach(async () => {
  await OpenFeature.close();
  await service.stop();
});

async function connect(config: unknown = canaryConfig) {
  service = await loopbackService(config);
  board = createSwitchboard({
    agent: canaryConfig.agent,
    url: service.url,
    refreshIntervalMs: 0,
    flushIntervalMs: 0,
    requestTimeoutMs: 20_000,
  });
  return board;
}

async function client(config: unknown = canaryConfig) {
  await OpenFeature.setProviderAndWait("triage", new RelearnProvider(await connect(config)));
  return OpenFeature.getClient("triage");
}

const findUnit = (arm: string) =>
  Array.from({ length: 100 }, (_, at) => `user-${at}`).find(
    (unit) => assignArm({ salt: canaryConfig.salt, canaryBasisPoints: 5000 }, unit) === arm,
  )!;
const inCanary = { targetingKey: findUnit("canary"), payload: { risk: 40 } };
const inActive = { targetingKey: findUnit("active"), payload: { risk: 40 } };

describe("through the OpenFeature SDK", () => {
  test("each flag of both arms, with variant, reason and the bundle's digest", async () => {
    const features = await client();
    expect(features.providerStatus).toBe(ProviderStatus.READY);
    expect(await features.getStringDetails("label", "?", inCanary)).toMatchObject({
      value: "quarantine",
      variant: "canary",
      reason: "SPLIT",
      flagMetadata: {
        agent: "inbox_triage",
        bundle_digest: "digest-of-b_canary",
        rollout_id: "r_1",
        generation: 3,
      },
    });
    expect(await features.getStringValue("inbox_triage.label", "?", inActive)).toBe("safe");
    expect(await features.getBooleanValue("positive", false, inCanary)).toBe(true);
    expect(await features.getBooleanValue("canary", false, inCanary)).toBe(true);
    expect(await features.getBooleanValue("canary", true, inActive)).toBe(false);
    expect(await features.getStringValue("variant", "?", inActive)).toBe("active");
    expect(await features.getNumberValue("probability", -1, inCanary)).toBeCloseTo(0.880797, 5);
    expect(await features.getNumberValue("positive_probability", -1, inActive)).toBeCloseTo(0.119203, 5);
    expect(await features.getNumberValue("thresholds.risk_score_threshold", -1, inCanary)).toBe(30);
    expect(await features.getObjectValue("decision", {}, inActive)).toMatchObject({
      label: "safe",
      positive: false,
      bundle_id: "b_active",
      thresholds: { risk_score_threshold: 50 },
      reason: "SPLIT",
    });
  });

  test("the context itself is the payload where it names none", async () => {
    const features = await client();
    expect(
      await features.getStringValue("label", "?", { targetingKey: inCanary.targetingKey, risk: 90 }),
    ).toBe("quarantine");
  });

  test("without a targeting key: active", async () => {
    const features = await client();
    expect(await features.getStringDetails("label", "?", { payload: { risk: 40 } })).toMatchObject({
      value: "safe",
      variant: "active",
      reason: "DEFAULT",
    });
  });

  test("an unknown flag, a missing threshold and a wrong type give the caller's default and say why", async () => {
    const features = await client();
    expect(await features.getStringDetails("colour", "green", inCanary)).toMatchObject({
      value: "green",
      errorCode: ErrorCode.FLAG_NOT_FOUND,
      reason: "ERROR",
    });
    expect(await features.getNumberDetails("thresholds.constructor", 1, inCanary)).toMatchObject({
      value: 1,
      errorCode: ErrorCode.FLAG_NOT_FOUND,
    });
    expect(await features.getNumberDetails("label", 1, inCanary)).toMatchObject({
      value: 1,
      errorCode: ErrorCode.TYPE_MISMATCH,
    });
  });

  test("evaluations are exposures, tracking is an outcome; closing sends them", async () => {
    const features = await client();
    await features.getBooleanValue("canary", false, inCanary);
    await features.getStringValue("label", "?", inCanary);
    features.track("outcome", inCanary, { value: 0.75, latency_ms: 120, task_key: "thread-1" });
    features.track("page_view", inCanary);
    await OpenFeature.close();
    expect(service.exposures).toMatchObject([{ unit_id: inCanary.targetingKey, arm: "canary" }]);
    expect(service.outcomes).toMatchObject([
      {
        unit_id: inCanary.targetingKey,
        rollout_id: "r_1",
        quality: 0.75,
        latency_ms: 120,
        task_key: "thread-1",
      },
    ]);
  });

  test("an agent without a bundle: the caller's default, reason DEFAULT", async () => {
    const features = await client({
      ...canaryConfig,
      canary_basis_points: 0,
      active: null,
      canary: null,
      defaults: { thresholds: { risk_score_threshold: 65 } },
    });
    expect(await features.getStringDetails("label", "mine", inCanary)).toMatchObject({
      value: "mine",
      variant: "defaults",
      reason: "DEFAULT",
    });
    expect(await features.getNumberValue("thresholds.risk_score_threshold", -1, inCanary)).toBe(65);
  });

  test("no config: an error until one comes; then ready, and a change is announced", async () => {
    const provider = new RelearnProvider(await connect("no JSON"));
    await expect(OpenFeature.setProviderAndWait("triage", provider)).rejects.toThrow(
      /Could not load a config for inbox_triage/,
    );
    const features = OpenFeature.getClient("triage");
    const events: string[] = [];
    for (const event of [ProviderEvents.Ready, ProviderEvents.ConfigurationChanged] as const) {
      features.addHandler(event, () => events.push(event));
    }
    expect(await features.getStringDetails("label", "mine", inCanary)).toMatchObject({
      value: "mine",
      errorCode: ErrorCode.PROVIDER_NOT_READY,
    });
    service.config = canaryConfig;
    await board.refresh();
    expect(features.providerStatus).toBe(ProviderStatus.READY);
    expect(await features.getStringValue("label", "mine", inCanary)).toBe("quarantine");
    service.etag = '"2"';
    await board.refresh();
    expect(events).toEqual([ProviderEvents.Ready, ProviderEvents.ConfigurationChanged]);
  });
});
