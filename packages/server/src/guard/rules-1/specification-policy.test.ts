import type { Verdict } from "@relearn/contract";
import { describe, expect, test } from "vitest";
import type { ArmWindow, ArmWindows } from "../rules/guard-rules.ts";
import { hoursAfter, rolloutIn } from "./evidence.fixture.ts";
import { specificationPolicy } from "./specification-policy.ts";

const noon = new Date("2026-03-10T12:00:00Z");
const arm = (
  units: number,
  quality_mean: number | null,
  latency_mean_ms: number | null = null,
): ArmWindow => ({
  units,
  quality_mean,
  latency_mean_ms,
});

function analyze(window: ArmWindows | null, threshold?: number): Verdict {
  const rollout = rolloutIn(0, { policy: "specification" });
  return specificationPolicy(threshold).analyze(
    { rollout, evidence: null, window, active_digest: "d-old", judge_identity: null },
    noon,
  );
}

describe("the specification to the letter", () => {
  test.each<[string, ArmWindow, ArmWindow, Verdict["recommendation"], Verdict["code"]]>([
    ["quality down by more than 5 %", arm(100, 0.75), arm(900, 0.8), "rollback", "quality_dropped"],
    ["quality down by less", arm(100, 0.765), arm(900, 0.8), "monitor", "neutral"],
    ["latency up by more than 10 %", arm(100, 0.8, 1101), arm(900, 0.8, 1000), "rollback", "latency_rose"],
    ["latency up by 10 %", arm(100, 0.8, 1100), arm(900, 0.8, 1000), "monitor", "neutral"],
    ["quality up by more than 2 %", arm(100, 0.82), arm(900, 0.8), "promote", "quality_rose"],
    ["latency down by more than 10 %", arm(100, 0.8, 890), arm(900, 0.8, 1000), "promote", "latency_fell"],
    [
      "worse quality beats better latency",
      arm(100, 0.7, 500),
      arm(900, 0.8, 1000),
      "rollback",
      "quality_dropped",
    ],
    ["slower beats better quality", arm(100, 0.9, 1200), arm(900, 0.8, 1000), "rollback", "latency_rose"],
    ["29 canary units", arm(29, 0.1), arm(900, 0.8), "monitor", "too_few_units"],
    ["30 of each", arm(30, 0.1), arm(30, 0.8), "rollback", "quality_dropped"],
    ["29 active units", arm(900, 0.1), arm(29, 0.8), "monitor", "too_few_units"],
    ["no quality at all", arm(100, null), arm(900, null), "monitor", "neutral"],
    ["an active mean of 0 compares with nothing", arm(100, 0.5, 5), arm(900, 0, 0), "monitor", "neutral"],
  ])("%s", (_, canary, active, recommendation, code) => {
    const verdict = analyze({ canary, active });
    expect([verdict.recommendation, verdict.code]).toEqual([recommendation, code]);
    expect(verdict.has_regression).toBe(recommendation === "rollback");
    expect(verdict.reason).toMatch(/\.$/);
  });

  test("the threshold given is the drop that rolls back", () => {
    const window = { canary: arm(100, 0.76), active: arm(900, 0.8) };
    expect(analyze(window).recommendation).toBe("monitor");
    expect(analyze(window, 0.04).recommendation).toBe("rollback");
  });

  test.each([
    ["over after 24 h", 0.8, 900, 24, "promote", "watch_passed"],
    ["not over before", 0.8, 900, 23, "monitor", "gates_waiting"],
    ["over with too few units to compare", 0.1, 12, 24, "promote", "watch_passed"],
    ["ended by a regression", 0.7, 900, 24, "rollback", "quality_dropped"],
  ] as const)("the watch at 100 %% is %s", (_, canaryMean, units, hours, recommendation, code) => {
    const rollout = rolloutIn(2, { policy: "specification" });
    const window = { canary: arm(2000, canaryMean), active: arm(units, 0.8) };
    const input = { rollout, evidence: null, window, active_digest: "d-new", judge_identity: null };
    expect(specificationPolicy().analyze(input, hoursAfter(hours))).toMatchObject({ recommendation, code });
  });

  test("without a window there is nothing to say", () => {
    expect(analyze(null)).toMatchObject({
      recommendation: "monitor",
      code: "too_few_units",
      quality_delta: null,
    });
  });

  test("the answer has the specification's members", () => {
    expect(analyze({ canary: arm(100, 0.72, 1000), active: arm(900, 0.8, 1000) })).toMatchObject({
      has_regression: true,
      quality_delta: expect.closeTo(-0.1, 12),
      latency_delta: 0,
      recommendation: "rollback",
      reason: "Quality -10.0 %, point estimate.",
    });
  });
});
