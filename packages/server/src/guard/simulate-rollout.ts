import type { Rollout, RolloutPolicy, Verdict } from "@relearn/contract";
import { defaultRolloutPolicy } from "@relearn/contract/values";
import { HOUR_MS } from "../clock.ts";
import { RelearnError } from "../errors.ts";
import { freezeLogScale, MIN_SCALE_VALUES } from "../numerics/log-scale.ts";
import type { Random } from "../numerics/random.ts";
import { decideStep } from "../rollouts/decide-step.ts";
import { isFinal, proposeRollout } from "../rollouts/rollout.ts";
import type { Actor, RolloutEvent } from "../rollouts/step.ts";
import type { ArmWindows, EvidenceDocument } from "./rules/guard-rules.ts";
import { emptyColumns, type MaturedColumns } from "./rules/matured-units.ts";
import type { Baseline } from "./rules-1/evidence.ts";
import { currentRules } from "./rules-registry.ts";

/**
 * Parameters of a simulated rollout. The guard and the state machine are the real ones, with an analysis every hour;
 * only the units and their outcomes are drawn.
 *
 * Units arrive evenly, `units_per_hour` of them; each is new. Quality is binary with mean `base`, or the mean
 * of `requests_per_unit` correlated binary requests. Latency, if simulated, is lognormal with σ 0.5.
 */
export interface SimulationScenario {
  readonly units_per_hour: number;
  /** Mean quality of the active bundle, in (0, 1). */
  readonly base: number;
  /** Relative change of quality that the canary brings, e.g. -0.05. */
  readonly effect: number;
  /** The stage, in percent, from which on the effects hold; before it the canary is like the active one. */
  readonly effect_from_stage: number;
  /** Relative change of latency; null if the agent reports no latency. */
  readonly latency_effect: number | null;
  readonly drift: "steady" | "daily" | "step";
  readonly requests_per_unit: number;
  /** Correlation between two requests of a unit, in [0, 1). */
  readonly correlation: number;
  /** Hours after the start at which the simulation stops; null: it stops when the rollout ends or waits for a person. */
  readonly hours: number | null;
  readonly policy: RolloutPolicy;
}

/** Scenario without an effect: base 0.8, 100 units an hour, the default policy, to the end. */
export const unchangedScenario: SimulationScenario = {
  units_per_hour: 100,
  base: 0.8,
  effect: 0,
  effect_from_stage: 10,
  latency_effect: null,
  drift: "steady",
  requests_per_unit: 1,
  correlation: 0,
  hours: null,
  policy: defaultRolloutPolicy,
};

export interface SimulatedRollout {
  readonly state: Rollout["state"];
  readonly result: Rollout["result"];
  /** Hours from the start to the end; null if it has not ended. */
  readonly hours: number | null;
  /** Units that got the bundle before it was full, rolled back, or the simulation stopped. */
  readonly units_exposed: number;
  /** Harm was proven, or the policy rolled back. */
  readonly harm: boolean;
  /** Stages that were entered, the first one included. */
  readonly stages_reached: number;
  /** "Better" was proven. */
  readonly better: boolean;
  readonly was_asked: boolean;
  readonly was_held: boolean;
}

/** Without `hours`, the simulation stops after this time in hold or ask. */
const PATIENCE_HOURS = 168;
/** Longest simulated time. */
const MAX_HOURS = 60 * 24;
const LATENCY_MEDIAN_MS = 1000;
const LATENCY_SIGMA = 0.5;

const admin: Actor = {
  name: "approver",
  rights: ["propose", "approve", "release", "abort", "roll_back", "override"],
};

/**
 * Simulates one rollout. The same scenario and random numbers give the same result.
 *
 * @example
 * const harmful = { ...unchangedScenario, effect: -0.3 };
 * const { state, hours, units_exposed } = simulateRollout(harmful, seededRandom(1));
 * [state, hours, units_exposed] // ["rolled_back", 4, 40]
 */
export function simulateRollout(scenario: SimulationScenario, random: Random): SimulatedRollout {
  const start = Date.UTC(2026, 0, 5);
  let hour = 0;
  const now = (): Date => new Date(start + hour * HOUR_MS);
  let rollout = startedRollout(scenario.policy, now());
  const rules = currentRules;
  let evidence = rules.startEvidence(
    {
      policy: rollout.policy,
      stage: 0,
      attempt: 1,
      baseline: drawBaseline(scenario, random),
      judge_identity: null,
      with_interval: false,
    },
    now(),
  );
  const window = new LookbackWindow();
  const last = Math.min(scenario.hours ?? MAX_HOURS, MAX_HOURS);
  let pending: MaturedColumns | null = null;
  let assigned = { canary: 0, active: 0 };
  let arrived = 0;
  let unitsExposed = 0;
  let waitingSince: number | null = null;
  const seen = { harm: false, better: false, asked: false, held: false };
  while (hour < last && !isFinal(rollout.state)) {
    // Units of the hour that begins; they mature an hour after their first exposure, so at the next analysis but one.
    const until = Math.floor((hour + 1) * scenario.units_per_hour + 1e-9);
    const units = drawUnits(scenario, rollout, hour, until - arrived, start, random);
    arrived = until;
    let canary = 0;
    for (let unit = 0; unit < units.length; unit++) canary += units.canary[unit]!;
    assigned = { canary: assigned.canary + canary, active: assigned.active + units.length - canary };
    if (rollout.stage !== rollout.policy.stages.length - 1) unitsExposed += canary;
    hour += 1;
    const matured = pending ?? emptyColumns(0);
    pending = units;
    const probability = rollout.percent / 100;
    if (scenario.policy.policy === "evidence") {
      evidence = rules.addUnits(evidence, matured, [{ probability, ...assigned }], now());
    } else window.add(matured);
    const verdict = rules.analyze(
      {
        rollout,
        evidence,
        window: window.means(),
        active_digest: isLastStage(rollout) ? rollout.bundle_digest : rollout.active_digest,
        judge_identity: null,
      },
      now(),
    );
    noteVerdict(seen, verdict, evidence);
    const step = decideStep(rollout, { kind: "analysis", verdict }, now());
    if (step.kind === "refused")
      throw new RelearnError("internal", `An analysis was refused: ${step.reason}`);
    if (step.kind === "transition") {
      rollout = step.next;
      if (step.effects.some((effect) => effect.kind === "enter_stage")) {
        evidence = rules.enterStage(evidence, rollout.policy, rollout.stage!, now());
        // Windows of both arms end with the stage: what has not matured is left out of both alike.
        pending = null;
        assigned = { canary: 0, active: 0 };
        window.clear();
      }
      if (rollout.state === "rolling_back") rollout = apply(rollout, { kind: "rollback_written" }, now());
    }
    const waits = rollout.state === "ask" || rollout.state === "hold";
    waitingSince = waits ? (waitingSince ?? hour) : null;
    if (scenario.hours === null && waitingSince !== null && hour - waitingSince >= PATIENCE_HOURS) break;
  }
  return {
    state: rollout.state,
    result: rollout.result,
    hours: isFinal(rollout.state) ? hour : null,
    units_exposed: unitsExposed,
    harm: seen.harm,
    stages_reached: (rollout.stage ?? 0) + 1,
    better: seen.better,
    was_asked: seen.asked,
    was_held: seen.held,
  };
}

function startedRollout(policy: RolloutPolicy, now: Date): Rollout {
  const proposed = proposeRollout(
    {
      rollout_id: "simulated",
      agent: "simulated",
      bundle_id: "canary",
      bundle_digest: "canary",
      active_bundle_id: "active",
      active_digest: "active",
      salt: "simulated",
      policy,
      proposed_by: "proposer",
      attempt: 1,
    },
    now,
  );
  const seen = { bundle_digest: "canary", active_digest: "active" };
  const approved = apply(proposed, { kind: "approve", actor: admin, rationale: "", ...seen }, now);
  return apply(
    approved,
    { kind: "start", actor: admin, active_digest: "active", kill_switch_on: false, running_rollout_id: null },
    now,
  );
}

function apply(rollout: Rollout, event: RolloutEvent, now: Date): Rollout {
  const step = decideStep(rollout, event, now);
  if (step.kind === "transition") return step.next;
  throw new RelearnError("internal", `A simulated ${event.kind} was refused: ${step.reason}`);
}

function noteVerdict(
  seen: { harm: boolean; better: boolean; asked: boolean; held: boolean },
  verdict: Verdict,
  evidence: EvidenceDocument,
): void {
  seen.harm ||= verdict.has_regression;
  seen.better ||= currentRules.hasProvenGain(evidence);
  seen.asked ||= verdict.recommendation === "ask";
  seen.held ||= verdict.recommendation === "hold";
}

function isLastStage(rollout: Rollout): boolean {
  return rollout.stage === rollout.policy.stages.length - 1;
}

/** The active arm's last week: its mean with the error of so many units, its latency from up to 1000 values. */
function drawBaseline(scenario: SimulationScenario, random: Random): Baseline {
  const past = Math.floor(168 * scenario.units_per_hour);
  const { base } = scenario;
  const error = Math.sqrt((base * (1 - base)) / Math.max(past, 1));
  const values = Math.min(past, 1000);
  const measured = scenario.latency_effect !== null && values >= MIN_SCALE_VALUES;
  return {
    quality_mean: past >= 50 ? Math.min(1, Math.max(0, base + error * random.normal())) : null,
    latency: measured
      ? freezeLogScale(
          Array.from({ length: values }, () => LATENCY_MEDIAN_MS * Math.exp(LATENCY_SIGMA * random.normal())),
        )
      : null,
    cost: null,
    has_success: false,
  };
}

function drawUnits(
  scenario: SimulationScenario,
  rollout: Rollout,
  hour: number,
  count: number,
  start: number,
  random: Random,
): MaturedColumns {
  const units = emptyColumns(count);
  const probability = rollout.percent / 100;
  const stage = rollout.policy.stages[rollout.stage ?? 0]!;
  const isOn = stage >= scenario.effect_from_stage;
  const base = scenario.base * driftFactor(scenario.drift, hour, rollout.stage ?? 0);
  const mean = [base, isOn ? Math.min(1, Math.max(0, base * (1 + scenario.effect))) : base] as const;
  const latency = scenario.latency_effect;
  const slower = isOn && latency !== null ? Math.log1p(latency) : 0;
  const { requests_per_unit } = scenario;
  const sharing = Math.sqrt(scenario.correlation);
  for (let unit = 0; unit < count; unit++) {
    const canary = random.uniform() < probability ? 1 : 0;
    units.canary[unit] = canary;
    units.probability[unit] = probability;
    units.exposedAt[unit] = start + (hour + (unit + 0.5) / count) * HOUR_MS;
    units.reported[unit] = 1;
    const chance = mean[canary]!;
    if (requests_per_unit === 1) units.quality[unit] = random.uniform() < chance ? 1 : 0;
    else {
      // Each request copies the unit's own answer with probability √ρ: two of them then correlate by ρ.
      const own = random.uniform() < chance ? 1 : 0;
      let sum = 0;
      for (let request = 0; request < requests_per_unit; request++) {
        sum += random.uniform() < sharing ? own : random.uniform() < chance ? 1 : 0;
      }
      units.quality[unit] = sum / requests_per_unit;
    }
    if (latency !== null) {
      units.latency[unit] =
        LATENCY_MEDIAN_MS * Math.exp(LATENCY_SIGMA * random.normal() + (canary === 1 ? slower : 0));
    }
  }
  return units;
}

/**
 * Returns the factor of both arms' mean. `daily`: a daily wave between the base and 12.5 % below it.
 * `step`: 12.5 % down on entering the second stage, half of it back on entering the third; at base 0.8 that
 * is the ramp 0.80, 0.70, 0.75 that breaks tests which pool the arms over stages.
 */
function driftFactor(drift: SimulationScenario["drift"], hour: number, stage: number): number {
  if (drift === "daily") return 1 - 0.0625 * (1 - Math.cos((2 * Math.PI * hour) / 24));
  if (drift === "step") return [1, 0.875][stage] ?? 0.9375;
  return 1;
}

/** Means of the units that matured in the last 24 hourly analyses, for the policy `specification`. */
class LookbackWindow {
  #hours: MaturedColumns[] = [];

  add(units: MaturedColumns): void {
    this.#hours.push(units);
    if (this.#hours.length > 24) this.#hours.shift();
  }

  clear(): void {
    this.#hours = [];
  }

  means(): ArmWindows {
    const units = [0, 0];
    const quality = [0, 0];
    const latency = [0, 0];
    for (const hour of this.#hours) {
      for (let unit = 0; unit < hour.length; unit++) {
        const arm = hour.canary[unit]!;
        units[arm]! += 1;
        quality[arm]! += hour.quality[unit]!;
        latency[arm]! += hour.latency[unit]!;
      }
    }
    const arm = (index: number): ArmWindows["canary"] => ({
      units: units[index]!,
      quality_mean: units[index]! > 0 ? quality[index]! / units[index]! : null,
      latency_mean_ms:
        units[index]! > 0 && Number.isFinite(latency[index]!) ? latency[index]! / units[index]! : null,
    });
    return { canary: arm(1), active: arm(0) };
  }
}
