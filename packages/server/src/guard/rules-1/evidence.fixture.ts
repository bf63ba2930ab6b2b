import type { Rollout, RolloutPolicy } from "@relearn/contract";
import { HOUR_MS } from "../../clock.ts";
import { seededRandom } from "../../numerics/random.ts";
import { proposeRollout, rolloutPolicy } from "../../rollouts/rollout.ts";
import { proposal } from "../../rollouts/rollout-events.fixture.ts";
import { emptyColumns, type MaturedColumns } from "../rules/matured-units.ts";
import { addUnits, type Baseline, type Evidence, freezeBaseline, startEvidence } from "./evidence.ts";

/** Rollouts, units and evidence for tests of the guard. */

export const monday = new Date("2026-03-09T08:00:00.000Z");

export function hoursAfter(hours: number, from = monday): Date {
  return new Date(from.getTime() + hours * HOUR_MS);
}

export interface Traffic {
  readonly hours: number;
  readonly perHour: number;
  readonly probability: number;
  /** Mean quality of canary and active. */
  readonly quality: readonly [canary: number, active: number];
  /** Median latency of both, lognormal with σ 0.5; absent if none is reported. */
  readonly latency?: readonly [canary: number, active: number];
  /** Share of units without an outcome. */
  readonly missing?: readonly [canary: number, active: number];
  /** Share of canary assignments, if it is not the planned one. */
  readonly assigned?: number;
  readonly seed?: number;
  readonly from?: Date;
}

/** Units evenly over the hours. */
export function toUnits(traffic: Traffic): MaturedColumns {
  const random = seededRandom(traffic.seed ?? 7);
  const count = Math.round(traffic.hours * traffic.perHour);
  const units = emptyColumns(count);
  const start = (traffic.from ?? monday).getTime();
  for (let unit = 0; unit < count; unit++) {
    const canary = random.uniform() < (traffic.assigned ?? traffic.probability);
    const pick = <Value>(pair: readonly [Value, Value]): Value => pair[canary ? 0 : 1];
    units.canary[unit] = canary ? 1 : 0;
    units.probability[unit] = traffic.probability;
    units.exposedAt[unit] = start + (unit / traffic.perHour) * HOUR_MS;
    const reported = random.uniform() >= pick(traffic.missing ?? [0, 0]);
    units.reported[unit] = reported ? 1 : 0;
    const quality = random.uniform() < pick(traffic.quality) ? 1 : 0;
    if (reported) units.quality[unit] = quality;
    if (traffic.latency) {
      const latency = pick(traffic.latency) * Math.exp(0.5 * random.normal());
      if (reported) units.latency[unit] = latency;
    }
  }
  return units;
}

/** A baseline of 1000 units with this quality, and latency around 1000 ms if asked for. */
export function createBaseline(quality: number, withLatency = false): Baseline {
  const random = seededRandom(3);
  return freezeBaseline({
    quality: Array.from({ length: 1000 }, (_, unit) => (unit < quality * 1000 ? 1 : 0)),
    latency_ms: withLatency ? Array.from({ length: 1000 }, () => 1000 * Math.exp(0.5 * random.normal())) : [],
    cost: [],
    success: [],
  });
}

/** A rollout in a stage of the policy since Monday 08:00. */
export function rolloutIn(stage: number, overrides: Partial<RolloutPolicy> = {}): Rollout {
  const policy = rolloutPolicy(overrides);
  const proposed = proposeRollout(proposal(policy), monday);
  const percent = policy.stages[stage] === 100 ? 100 - policy.holdback_percent : policy.stages[stage]!;
  return {
    ...proposed,
    state: percent > 90 ? "full" : "canary",
    stage,
    percent,
    stage_entered_at: monday.toISOString(),
    started_at: monday.toISOString(),
  };
}

/** Evidence of a rollout after this traffic, with an analysis every hour. */
export function evidenceAfter(
  rollout: Rollout,
  traffic: Traffic,
  options: { readonly baseline?: Baseline; readonly withInterval?: boolean } = {},
): Evidence {
  let evidence = startEvidence(
    {
      policy: rollout.policy,
      stage: rollout.stage!,
      attempt: rollout.attempt,
      baseline: options.baseline ?? createBaseline(traffic.quality[1], traffic.latency !== undefined),
      judge_identity: null,
      with_interval: options.withInterval ?? false,
    },
    monday,
  );
  const units = toUnits(traffic);
  const split = { probability: traffic.probability, canary: 0, active: 0 };
  const step = Math.max(1, Math.round(traffic.perHour));
  for (let from = 0; from < units.length; from += step) {
    const part = sliceUnits(units, from, Math.min(units.length, from + step));
    for (const canary of part.canary) split[canary === 1 ? "canary" : "active"] += 1;
    evidence = addUnits(evidence, part, [split], hoursAfter((from + step) / traffic.perHour + 1));
  }
  return evidence;
}

export function sliceUnits(units: MaturedColumns, from: number, to: number): MaturedColumns {
  return {
    length: to - from,
    canary: units.canary.slice(from, to),
    probability: units.probability.slice(from, to),
    exposedAt: units.exposedAt.slice(from, to),
    reported: units.reported.slice(from, to),
    quality: units.quality.slice(from, to),
    latency: units.latency.slice(from, to),
    cost: units.cost.slice(from, to),
    success: units.success.slice(from, to),
  };
}
