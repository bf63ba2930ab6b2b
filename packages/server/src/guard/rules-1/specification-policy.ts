import type { Recommendation, Verdict, VerdictCode } from "@relearn/contract";
import { HOUR_MS } from "../../clock.ts";
import { roundToPlaces } from "../../numerics/round-to-places.ts";
import type { ArmWindow } from "../rules/guard-rules.ts";
import type { GuardPolicy, PolicyInput } from "./guard-policy.ts";
import { formatCount, formatRelative } from "./verdict-words.ts";

/**
 * The specification to the letter: point estimates of the lookback window, at least 30 units an arm.
 * A drop of quality by more than `threshold` (5 %) or a rise of latency by more than 10 % rolls back; quality
 * up by more than 2 % or latency down by more than 10 % promotes; else it monitors.
 *
 * The state machine enforces the minimum duration of a stage (`check_interval_hours`).
 *
 * With an analysis every hour this rolls back a large share of rollouts in which nothing changed: see
 * docs/methods/e-process.md and `relearn simulate --policy specification`.
 *
 * `threshold` is the specification's parameter: the relative quality drop, by default that of the policy.
 */
export function specificationPolicy(threshold?: number): GuardPolicy {
  return { name: "specification", analyze: (input, now) => analyze(input, threshold, now) };
}

function analyze({ rollout, window }: PolicyInput, threshold: number | undefined, now: Date): Verdict {
  const { policy } = rollout;
  const canary = window?.canary.units ?? 0;
  const active = window?.active.units ?? 0;
  const least = policy.specification_min_units;
  const quality = window && relative(window.canary, window.active, "quality_mean");
  const latency = window && relative(window.canary, window.active, "latency_mean_ms");
  const isLast = rollout.stage === policy.stages.length - 1;
  const isEnough = canary >= least && active >= least;
  const drop = threshold ?? policy.material.quality;
  const answer = (
    recommendation: Recommendation,
    code: VerdictCode,
    reason: string,
    has_regression = false,
  ): Verdict => ({
    has_regression,
    quality_delta: quality,
    latency_delta: latency,
    recommendation,
    reason,
    policy: "specification",
    code,
    page: false,
    result: code === "quality_rose" || code === "latency_fell" ? "better" : null,
    gates: [
      {
        name: "units",
        status: isEnough ? "met" : "waiting",
        text: `${formatCount(least)} units an arm: ${formatCount(canary)} canary, ${formatCount(active)} active.`,
        expected_at: null,
      },
    ],
    intervals: {},
    deltas: {
      quality: { rollout: quality, stage: quality },
      latency: { rollout: latency, stage: latency },
    },
    e_values: {},
    thresholds: {},
    units: { canary, active, stage_canary: canary, stage_active: active },
  });
  if (!isEnough && !isLast) {
    return answer(
      "monitor",
      "too_few_units",
      `Too few units: ${formatCount(canary)} canary and ${formatCount(active)} active of ${formatCount(least)} each.`,
    );
  }
  if (isEnough && quality !== null && quality < -drop) {
    return answer("rollback", "quality_dropped", `Quality ${formatRelative(quality)}, point estimate.`, true);
  }
  if (isEnough && latency !== null && latency > policy.material.latency) {
    return answer("rollback", "latency_rose", `Latency ${formatRelative(latency)}, point estimate.`, true);
  }
  if (isLast) {
    // At 100 % there is no next stage: the watch of the holdback ends or continues.
    const hours = (now.getTime() - Date.parse(rollout.stage_entered_at ?? "")) / HOUR_MS;
    const isOver = hours >= policy.holdback_hours;
    const reason = `${formatCount(hours)} of ${formatCount(policy.holdback_hours)} h at 100 % without a regression.`;
    return answer(isOver ? "promote" : "monitor", isOver ? "watch_passed" : "gates_waiting", reason);
  }
  if (quality !== null && quality > policy.gain.quality) {
    return answer("promote", "quality_rose", `Quality ${formatRelative(quality)}, point estimate.`);
  }
  if (latency !== null && latency < -policy.gain.latency) {
    return answer("promote", "latency_fell", `Latency ${formatRelative(latency)}, point estimate.`);
  }
  return answer(
    "monitor",
    "neutral",
    `Neutral: quality ${formatRelative(quality)}, latency ${formatRelative(latency)}.`,
  );
}

function relative(
  canary: ArmWindow,
  active: ArmWindow,
  member: "quality_mean" | "latency_mean_ms",
): number | null {
  const of = canary[member];
  const to = active[member];
  // Twelve places: 1100 to 1000 is a rise of 0.1, not of 0.10000000000000009, which would be "more than 10 %".
  return of === null || to === null || !(to > 0) ? null : roundToPlaces(of / to - 1, 12);
}
