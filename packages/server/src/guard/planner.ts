import type { RolloutPlan, RolloutPolicy, StagePlan } from "@relearn/contract";
import { HOUR_MS } from "../clock.ts";
import { normalCdf } from "../numerics/normal-cdf.ts";
import { getPromotionAlpha } from "../numerics/promotion-alpha.ts";
import { UNKNOWN_SIZE_COST, unitsNeeded } from "../numerics/units-needed.ts";
import { stagePercent } from "../rollouts/rollout.ts";
import { formatMargin, formatTime } from "./verdict-words.ts";

/**
 * Plans a rollout at the current traffic. `variance` of quality defaults to that of a binary one.
 *
 * Under "nothing changed" the log wealth of the not-worse stream is close to a Brownian motion with drift
 * δ/2 and variance δ a unit, δ = Δ² π(1-π)/v; it is through when it reaches 1.35 ln(1/α). The probability of
 * reaching a line b > 0 by n units is Φ((nδ/2 - b)/√(nδ)) + e^b Φ((-b - nδ/2)/√(nδ)) (inverse Gaussian).
 *
 * @example
 * const now = new Date("2026-03-02T12:00:00Z");
 * const traffic = { policy: defaultRolloutPolicy, units_per_hour: 300, base_quality: 0.8 };
 * const plan = planRollout(traffic, now);
 * plan.stages.map((stage) => stage.units_needed) // [562, 3236, null]  (at 10, 50 and 100 %)
 * plan.expected_hours // 72
 */
export function planRollout(
  input: {
    readonly policy: RolloutPolicy;
    readonly units_per_hour: number;
    readonly base_quality: number | null;
    readonly variance?: number;
    readonly attempt?: number;
  },
  now: Date,
): RolloutPlan {
  const { policy, units_per_hour } = input;
  const base = input.base_quality;
  const alpha = getPromotionAlpha(policy.alpha, input.attempt ?? 1);
  const known = base !== null && base > 0 && units_per_hour > 0;
  const stages = policy.stages.map((percent, index): StagePlan => {
    const margins = policy.not_worse[index];
    if (!margins) {
      return {
        percent,
        margin: null,
        margin_in_points: false,
        units_needed: null,
        expected_hours: policy.holdback_percent === 0 ? 0 : policy.holdback_hours,
        undecided_probability: 0,
      };
    }
    const margin_in_points = base !== null && margins.quality * base < policy.not_worse_floor;
    const margin = margin_in_points ? policy.not_worse_floor : margins.quality;
    if (!known) {
      const undecided_probability = units_per_hour > 0 ? null : 1;
      return {
        percent,
        margin,
        margin_in_points,
        units_needed: null,
        expected_hours: null,
        undecided_probability,
      };
    }
    const share = stagePercent(policy, index) / 100;
    const difference = margin_in_points ? margin : margin * base;
    const variance = Math.max(input.variance ?? base * (1 - base), 0.001);
    const units_needed = Math.ceil(unitsNeeded(difference, variance, share, alpha));
    const expected_hours = Math.max(
      policy.check_interval_hours,
      policy.maturity_hours + units_needed / units_per_hour,
      policy.maturity_hours + policy.min_units_per_arm / (units_per_hour * Math.min(share, 1 - share)),
    );
    const scored = units_per_hour * Math.max(0, policy.undecided_hours - policy.maturity_hours);
    const information = (difference * difference * share * (1 - share)) / variance;
    const enoughUnits = scored * Math.min(share, 1 - share) >= policy.min_units_per_arm;
    return {
      percent,
      margin,
      margin_in_points,
      units_needed,
      expected_hours,
      undecided_probability: enoughUnits ? 1 - crossingProbability(scored * information, alpha) : 1,
    };
  });
  const hours = stages.map((stage) => stage.expected_hours);
  const expected_hours = hours.reduce<number | null>(
    (sum, hour) => (sum === null || hour === null ? null : sum + hour),
    0,
  );
  const undecided = stages.map((stage) => stage.undecided_probability);
  const decided = undecided.reduce<number | null>(
    (product, each) => (product === null || each === null ? null : product * (1 - each)),
    1,
  );
  const undecided_probability = decided === null ? null : 1 - decided;
  const expected_at =
    expected_hours === null ? null : new Date(now.getTime() + expected_hours * HOUR_MS).toISOString();
  return {
    units_per_hour,
    base_quality: base,
    stages,
    expected_hours,
    expected_at,
    undecided_probability,
    warning: describeWarning(policy, units_per_hour, stages, undecided_probability),
  };
}

function crossingProbability(information: number, alpha: number): number {
  const line = UNKNOWN_SIZE_COST * Math.log(1 / alpha);
  if (!(information > 0)) return 0;
  const spread = Math.sqrt(information);
  const direct = normalCdf((information / 2 - line) / spread);
  const reflected = normalCdf((-line - information / 2) / spread);
  return Math.min(1, direct + (reflected === 0 ? 0 : Math.exp(line + Math.log(reflected))));
}

function describeWarning(
  policy: RolloutPolicy,
  unitsPerHour: number,
  stages: readonly StagePlan[],
  undecided: number | null,
): string | null {
  if (!(unitsPerHour > 0)) return "No traffic was seen: no stage can be decided.";
  if (undecided === null) return "The active bundle's quality is unknown: no date can be estimated.";
  const slow = stages.find(
    (stage) => stage.expected_hours !== null && stage.expected_hours > policy.undecided_hours,
  );
  if (!slow && undecided < 0.05) return null;
  const days = (hours: number): string => `${(hours / 24).toFixed(hours < 240 ? 1 : 0)} days`;
  const likely = `A person is asked with probability ${undecided.toFixed(2)}.`;
  if (!slow) return `Some stage may be undecided after ${days(policy.undecided_hours)}. ${likely}`;
  const margin = slow.margin_in_points
    ? `${Number(((slow.margin ?? 0) * 100).toFixed(1))} points`
    : formatMargin(slow.margin ?? 0);
  return `Stage ${slow.percent} % needs about ${days(slow.expected_hours ?? 0)} to prove "not worse by ${margin}"; after ${days(policy.undecided_hours)} a person is asked. ${likely}`;
}

/**
 * Describes a plan in a sentence for people.
 *
 * @example
 * const now = new Date("2026-03-02T12:00:00Z");
 * const traffic = { policy: defaultRolloutPolicy, units_per_hour: 300, base_quality: 0.8 };
 * planSentence(planRollout(traffic, now)) // "Completed about 2026-03-05 12:00 UTC at 300 units an hour."
 */
export function planSentence(plan: RolloutPlan): string {
  const rate = `${Number(plan.units_per_hour.toPrecision(3))} units an hour`;
  const date = plan.expected_at === null ? null : formatTime(new Date(plan.expected_at));
  const head = date === null ? `No date can be estimated at ${rate}.` : `Completed about ${date} at ${rate}.`;
  return plan.warning === null ? head : `${head} ${plan.warning}`;
}
