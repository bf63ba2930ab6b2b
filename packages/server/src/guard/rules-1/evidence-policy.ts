import type {
  DeltaEstimate,
  DeltaInterval,
  Gate,
  Recommendation,
  Rollout,
  Verdict,
  VerdictCode,
} from "@relearn/contract";
import { type Guardrail, guardrailNames } from "@relearn/contract/values";
import { HOUR_MS } from "../../clock.ts";
import { pointDifference, relativeDifference } from "../../numerics/arm-difference.ts";
import { predictableMeans } from "../../numerics/arm-means.ts";
import { deltaInterval } from "../../numerics/delta-interval.ts";
import { logEValue } from "../../numerics/e-process.ts";
import { logRange } from "../../numerics/log-scale.ts";
import { unitsNeeded } from "../../numerics/units-needed.ts";
import { histogramQuantile } from "../../numerics/weighted-histogram.ts";
import {
  type Evidence,
  harmLog,
  type MeanEvidence,
  type NotWorseEvidence,
  type ScaleEvidence,
  splitEvidence,
} from "./evidence.ts";
import type { GuardPolicy, PolicyInput } from "./guard-policy.ts";
import { formatCount, formatEValue, formatMargin, formatRelative, formatTime } from "./verdict-words.ts";

/**
 * The guard that decides on evidence: rules in the order of the page "Safe rollout", first match wins.
 * Every error bound holds at all analyses together, so analyzing more often costs nothing.
 */
export const evidencePolicy: GuardPolicy = { name: "evidence", analyze: analyze };

function analyze(input: PolicyInput, now: Date): Verdict {
  const { rollout, evidence } = input;
  if (evidence === null || rollout.stage === null) return nothingYet();
  const facts = toFacts(rollout, evidence, now);
  return (
    integrity(input, facts, now) ??
    latencyDoubled(facts) ??
    harm(facts) ??
    promote(facts) ??
    undecided(facts) ??
    monitor(facts)
  );
}

/** Values that the rules read, computed once. */
interface Facts {
  readonly rollout: Rollout;
  readonly evidence: Evidence;
  readonly now: Date;
  readonly isLast: boolean;
  readonly hoursInStage: number;
  readonly deltas: Partial<Record<Guardrail, DeltaEstimate>>;
  /** Relative difference of the 95 % quantiles of latency and cost: the larger of rollout and stage. */
  readonly tails: Partial<Record<Guardrail, number | null>>;
  readonly gates: readonly Gate[];
}

function toFacts(rollout: Rollout, evidence: Evidence, now: Date): Facts {
  const deltas: Partial<Record<Guardrail, DeltaEstimate>> = {};
  const tails: Partial<Record<Guardrail, number | null>> = {};
  for (const name of watched(evidence)) {
    if (name === "quality" || name === "success") {
      const of = evidence[name]!;
      deltas[name] = { rollout: relativeDifference(of.rollout), stage: relativeDifference(of.stage) };
    } else {
      const of = evidence[name]!;
      const range = logRange(evidence.baseline[name]!);
      deltas[name] = {
        rollout: ratio(pointDifference(of.rollout), range),
        stage: ratio(pointDifference(of.stage), range),
      };
      tails[name] = tailRatio(of, range);
    }
  }
  const partial = {
    rollout,
    evidence,
    now,
    isLast: rollout.stage === rollout.policy.stages.length - 1,
    hoursInStage: hoursSince(evidence.stage.entered_at, now),
    deltas,
    tails,
  };
  return { ...partial, gates: listGates(partial) };
}

/** Rule 2. Invalidated data prove nothing, in either direction. */
function integrity(input: PolicyInput, facts: Facts, now: Date): Verdict | undefined {
  const { rollout, evidence } = facts;
  const { policy } = rollout;
  const expected = facts.isLast ? rollout.bundle_digest : rollout.active_digest;
  if (input.active_digest !== expected) {
    return verdict(
      facts,
      "hold",
      "active_changed",
      "Held: the active bundle changed; the evidence compares with another one.",
    );
  }
  if (input.judge_identity !== evidence.judge_identity) {
    return verdict(
      facts,
      "monitor",
      "judge_changed",
      `Quality was judged by ${evidence.judge_identity ?? "the agent"}, now it is by ${input.judge_identity ?? "the agent"}: the evidence starts anew.`,
    );
  }
  const line = Math.log(policy.integrity_threshold);
  if (evidence.split_peak >= line)
    return verdict(facts, "hold", "sample_ratio_mismatch", splitSentence(evidence));
  const { missing } = evidence;
  const more = pointDifference(missing.rollout) ?? 0;
  const shares = `canary ${share(missing.totals.canary_sum, missing.totals.canary_units)}, active ${share(missing.totals.active_sum, missing.totals.active_units)}`;
  if (missing.canary_peak >= line && more > policy.missing_margin) {
    return verdict(
      facts,
      policy.automatic_rollback ? "rollback" : "hold",
      "canary_outcomes_missing",
      `${policy.automatic_rollback ? "Rolled back" : "Held"}: units without an outcome, ${shares}.`,
      { page: true },
    );
  }
  if (missing.peak >= line) {
    return verdict(facts, "hold", "missing_outcomes", `Held: units without an outcome differ, ${shares}.`);
  }
  const stale = staleArm(facts, now);
  if (stale) return verdict(facts, "hold", "arm_stale", stale);
  return undefined;
}

/** Describes an arm whose outcomes stopped while those of the other continue; undefined if there is none. */
function staleArm(facts: Facts, now: Date): string | undefined {
  for (const [arm, other] of [
    ["canary", "active"],
    ["active", "canary"],
  ] as const) {
    const { hours, isStale } = computeAge(facts, arm, now);
    if (
      isStale &&
      hoursSince(facts.evidence.stage.newest[other] ?? facts.evidence.stage.entered_at, now) < hours
    ) {
      return `Held: the newest matured ${arm} unit is ${hours.toFixed(1)} h old, the ${other} arm reports.`;
    }
  }
  return undefined;
}

/** An arm with fewer units than this has no usual gap of its own: the traffic and its share give one. */
const UNITS_FOR_A_GAP = 10;
const STALE_GAPS = 10;
const MIN_STALE_HOURS = 2;

/**
 * Stale by the clock and by the traffic: on a quiet night both arms are old, and in the morning the arm with
 * nine units in ten reports first without anything being wrong with the other.
 */
function computeAge(facts: Facts, arm: "canary" | "active", now: Date): { hours: number; isStale: boolean } {
  const { stage } = facts.evidence;
  const { maturity_hours } = facts.rollout.policy;
  const units = stage.units[arm];
  const all = stage.units.canary + stage.units.active;
  const hours = hoursSince(stage.newest[arm] ?? stage.entered_at, now);
  const observed = Math.max(0, facts.hoursInStage - maturity_hours);
  const canaryShare = facts.rollout.percent / 100;
  const share = arm === "canary" ? canaryShare : 1 - canaryShare;
  const count = units >= UNITS_FOR_A_GAP ? units : all * share;
  const gap = count > 0 ? observed / count : Number.POSITIVE_INFINITY;
  // A unit matures `maturity_hours` after its exposure; until then its absence means nothing.
  const isOld = hours - maturity_hours > Math.max(STALE_GAPS * gap, MIN_STALE_HOURS);
  const isOvertaken = stage.others_since[arm] * share >= STALE_GAPS * (1 - share);
  return { hours, isStale: isOld && isOvertaken };
}

/** Rule 3. */
function latencyDoubled(facts: Facts): Verdict | undefined {
  const { evidence, rollout } = facts;
  if (evidence.harm.proven === null || worstMeasure(evidence) !== "latency") return undefined;
  if (isHarmAccepted(rollout)) return undefined;
  const ratios = [facts.deltas.latency?.rollout, facts.deltas.latency?.stage].map(
    (delta) => 1 + (delta ?? 0),
  );
  const worst = Math.max(...ratios);
  if (worst < rollout.policy.page_latency_ratio) return undefined;
  const act = rollout.policy.automatic_rollback
    ? "Rolled back"
    : `Advised: relearn canary rollback ${rollout.agent}`;
  return verdict(
    facts,
    "rollback",
    "latency_doubled",
    `${act}: latency ${worst.toFixed(1)} times that of the active arm, e-value ${formatEValue(evidence.harm.peak)}.`,
    { page: true },
  );
}

/** Rule 4. Proven harm stays proven; its size may still grow from asking to rolling back. */
function harm(facts: Facts): Verdict | undefined {
  const { evidence, rollout } = facts;
  if (evidence.harm.proven === null) return undefined;
  const named = worstMeasure(evidence);
  const material = watched(evidence).filter(
    (name) => isMaterial(facts, name) && (name === named || (harmLog(evidence, name) ?? 0) > 0),
  );
  const text = (name: Guardrail): string => {
    const bounds = getInterval(evidence, name);
    const range =
      bounds && (bounds.lower !== null || bounds.upper !== null)
        ? ` (${bounds.lower === null ? "below" : formatRelative(bounds.lower)} to ${bounds.upper === null ? "above" : formatRelative(bounds.upper)})`
        : "";
    return `${name} ${formatRelative(worseDelta(facts, name))}${range}, e-value ${formatEValue(evidence.harm.peak)}`;
  };
  if (material.length > 0) {
    const first = material.includes(named) ? named : material[0]!;
    if (!rollout.policy.automatic_rollback) {
      if (isHarmAccepted(rollout)) return undefined;
      return verdict(facts, "rollback", "harm_proven", `Advised to roll back: ${text(first)}.`, {
        page: true,
      });
    }
    return verdict(facts, "rollback", "harm_proven", `Rolled back: ${text(first)}.`);
  }
  if (rollout.acknowledged.includes("harm_small")) return undefined;
  return verdict(
    facts,
    "ask",
    "harm_small",
    `Worse is proven, but by less than ${formatMargin(rollout.policy.material[named])}: ${text(named)}. Go on, or roll back?`,
  );
}

/** Rule 5. */
function promote(facts: Facts): Verdict | undefined {
  if (facts.gates.some((gate) => gate.status !== "met" && !isAccepted(gate, facts.rollout))) return undefined;
  const { evidence } = facts;
  if (facts.isLast) {
    return verdict(
      facts,
      "promote",
      "watch_passed",
      `${formatCount(facts.rollout.policy.holdback_hours)} h at 100 % without proven harm, ${formatCount(evidence.stage.units.active)} units held back.`,
    );
  }
  const better = evidence.quality.gained.proven !== null;
  const margin = facts.rollout.policy.not_worse[facts.rollout.stage!]!;
  const open = evidence.quality.not_worse!;
  return verdict(
    facts,
    "promote",
    better ? "better_proven" : "not_worse_proven",
    better
      ? `Better: quality ${formatRelative(facts.deltas.quality?.rollout ?? null)}, proven at ${formatCount(evidence.quality.gained.proven!.units)} units.`
      : `Not worse by ${marginWords(open, margin.quality)}: proven at ${formatCount(open.proven!.units)} units.`,
    { result: better ? "better" : "not_worse" },
  );
}

/** Rule 6. */
function undecided(facts: Facts): Verdict | undefined {
  const { rollout, evidence, now } = facts;
  if (facts.isLast) return undefined;
  const since = rollout.acknowledged_at ?? evidence.stage.entered_at;
  if (hoursSince(since, now) < rollout.policy.undecided_hours) return undefined;
  const bounds = getInterval(evidence, "quality");
  const range = bounds
    ? `${formatRelative(bounds.lower)} to ${formatRelative(bounds.upper)}`
    : formatRelative(facts.deltas.quality?.rollout ?? null);
  const waiting = facts.gates.find((gate) => gate.status === "waiting" && gate.expected_at !== null);
  const date = waiting?.expected_at ? `; expected ${formatTime(new Date(waiting.expected_at))}` : "";
  return verdict(
    facts,
    "ask",
    "undecided",
    `Undecided after ${(facts.hoursInStage / 24).toFixed(1)} days: quality ${range}, ${formatCount(evidence.stage.units.canary)} units exposed in this stage${date}. Wait, widen or roll back?`,
  );
}

/** Rule 7. */
function monitor(facts: Facts): Verdict {
  const { units } = facts.evidence;
  if (units.canary + units.active === 0) {
    return verdict(facts, "monitor", "no_data", "No unit has matured yet.");
  }
  const open = facts.gates.filter((gate) => gate.status !== "met" && !isAccepted(gate, facts.rollout));
  return verdict(facts, "monitor", "gates_waiting", open.map((gate) => gate.text).join(" "));
}

function listGates(facts: Omit<Facts, "gates">): Gate[] {
  const { rollout, evidence, now } = facts;
  const { policy } = rollout;
  const gates: Gate[] = [];
  const hours = facts.isLast ? policy.holdback_hours : policy.check_interval_hours;
  const left = hours - facts.hoursInStage;
  const timeAt = new Date(Date.parse(evidence.stage.entered_at) + hours * HOUR_MS);
  gates.push({
    name: "time",
    status: left <= 0 ? "met" : "waiting",
    text:
      left <= 0
        ? `${formatCount(hours)} h in the stage: met.`
        : `${formatCount(hours)} h in the stage: until ${formatTime(timeAt)}.`,
    expected_at: left <= 0 ? null : timeAt.toISOString(),
  });
  const harmLine = Math.log(1 / evidence.alpha);
  gates.push({
    name: "harm",
    status: evidence.harm.proven === null ? "met" : "failed",
    text:
      evidence.harm.proven === null
        ? `No harm proven: e-value ${formatEValue(evidence.harm.log_e)} of ${formatEValue(harmLine)}.`
        : `Harm proven at ${formatCount(evidence.harm.proven.units)} units: e-value ${formatEValue(evidence.harm.peak)}.`,
    expected_at: null,
  });
  if (facts.isLast) return gates;
  const { canary, active } = evidence.stage.units;
  const fewest = Math.min(canary, active);
  const rate = unitsPerHour(facts);
  const least = policy.min_units_per_arm;
  const unitsAt =
    fewest >= least ? null : after(now, ((least - fewest) / Math.max(fewest, 1)) * facts.hoursInStage);
  gates.push({
    name: "units",
    status: fewest >= least ? "met" : "waiting",
    text:
      fewest >= least
        ? `${formatCount(least)} units an arm: ${formatCount(canary)} canary, ${formatCount(active)} active.`
        : `${formatCount(fewest)} of ${formatCount(least)} ${canary <= active ? "canary" : "active"} units${fewest > 0 && unitsAt ? `; about ${formatTime(unitsAt)}` : ""}.`,
    expected_at: fewest > 0 ? (unitsAt?.toISOString() ?? null) : null,
  });
  for (const name of watched(evidence)) {
    const open = evidence[name]?.not_worse;
    if (open) gates.push(notWorseGate(name, open, facts, rate));
  }
  return gates;
}

function notWorseGate(
  name: Guardrail,
  open: NotWorseEvidence,
  facts: Omit<Facts, "gates">,
  rate: number,
): Gate {
  const { evidence, rollout, now } = facts;
  const line = Math.log(1 / evidence.widening_alpha);
  const margins = rollout.policy.not_worse[rollout.stage!]!;
  const margin = marginWords(
    open,
    name === "quality" || name === "success" ? margins.quality : margins.latency,
  );
  const claim = `${name === "quality" ? "Not" : `${name[0]!.toUpperCase()}${name.slice(1)} not`} worse by ${margin}`;
  const gate = `not_worse.${name}`;
  if (open.proven) {
    return {
      name: gate,
      status: "met",
      text: `${claim}: proven at ${formatCount(open.proven.units)} units.`,
      expected_at: null,
    };
  }
  const needed = neededUnits(name, open, facts);
  const left = needed === null ? null : needed * Math.max(0, 1 - Math.max(0, open.log_e) / line);
  const at = left === null || !(rate > 0) ? null : after(now, left / rate);
  return {
    name: gate,
    status: "waiting",
    text: `${claim}: e-value ${formatEValue(open.log_e)} of ${formatEValue(line)}${at ? `; about ${formatTime(at)}` : ""}.`,
    expected_at: at?.toISOString() ?? null,
  };
}

/** Applies the planner's formula to the current mean and variance, with no difference between the arms. */
function neededUnits(name: Guardrail, open: NotWorseEvidence, facts: Omit<Facts, "gates">): number | null {
  const { evidence } = facts;
  const probability = facts.rollout.percent / 100;
  const mean = name === "quality" || name === "success";
  const totals = mean ? evidence[name]!.totals : evidence[name]!.streams[0]!.totals;
  const means = predictableMeans(totals);
  const difference = mean
    ? open.in_points
      ? open.margin
      : open.margin * means.pooled
    : Math.log1p(open.margin) / logRange(evidence.baseline[name]!);
  if (!(difference > 0)) return null;
  return unitsNeeded(difference, means.variance, probability, evidence.widening_alpha);
}

function verdict(
  facts: Facts,
  recommendation: Recommendation,
  code: VerdictCode,
  reason: string,
  more: { readonly page?: boolean; readonly result?: "better" | "not_worse" } = {},
): Verdict {
  const { evidence, rollout, deltas } = facts;
  const e_values: Record<string, number> = { harm: safeExp(evidence.harm.log_e) };
  const thresholds: Record<string, number> = { harm: 1 / evidence.alpha };
  const intervals: Partial<Record<Guardrail, DeltaInterval | null>> = {};
  for (const name of watched(evidence)) {
    e_values[`harm.${name}`] = safeExp(harmLog(evidence, name) ?? 0);
    intervals[name] = getInterval(evidence, name);
    const open = evidence[name]?.not_worse;
    if (open) {
      e_values[`not_worse.${name}`] = safeExp(open.log_e);
      thresholds[`not_worse.${name}`] = 1 / evidence.widening_alpha;
    }
  }
  e_values["gain.quality"] = safeExp(evidence.quality.gained.log_e);
  thresholds["gain.quality"] = 1 / evidence.widening_alpha;
  e_values["split"] = safeExp(splitEvidence(evidence));
  thresholds["split"] = rollout.policy.integrity_threshold;
  const { canary_more, active_more } = evidence.missing;
  e_values["missing"] = safeExp(logEValue([logEValue(canary_more), logEValue(active_more)]));
  thresholds["missing"] = rollout.policy.integrity_threshold;
  return {
    has_regression: evidence.harm.proven !== null,
    quality_delta: deltas.quality?.rollout ?? null,
    latency_delta: deltas.latency?.rollout ?? null,
    recommendation,
    reason,
    policy: "evidence",
    code,
    page: more.page ?? false,
    result: more.result ?? null,
    gates: facts.gates,
    intervals,
    deltas,
    e_values,
    thresholds,
    units: {
      canary: evidence.units.canary,
      active: evidence.units.active,
      stage_canary: evidence.stage.units.canary,
      stage_active: evidence.stage.units.active,
    },
  };
}

function nothingYet(): Verdict {
  return {
    has_regression: false,
    quality_delta: null,
    latency_delta: null,
    recommendation: "monitor",
    reason: "No evidence yet.",
    policy: "evidence",
    code: "no_data",
    page: false,
    result: null,
    gates: [],
    intervals: {},
    deltas: {},
    e_values: {},
    thresholds: {},
    units: { canary: 0, active: 0, stage_canary: 0, stage_active: 0 },
  };
}

function watched(evidence: Evidence): Guardrail[] {
  return guardrailNames.filter((name) => evidence.weights[name] !== undefined);
}

/** Returns the measure with most of the evidence of harm. */
function worstMeasure(evidence: Evidence): Guardrail {
  let worst: Guardrail = "quality";
  let most = Number.NEGATIVE_INFINITY;
  for (const name of watched(evidence)) {
    const log = (harmLog(evidence, name) ?? 0) + Math.log(evidence.weights[name]!);
    if (log > most) {
      most = log;
      worst = name;
    }
  }
  return worst;
}

/** Returns the worse of the rollout's and the stage's estimate: harm that began in this stage is diluted in the former. */
function worseDelta(facts: Facts, name: Guardrail): number | null {
  const { rollout, stage } = facts.deltas[name] ?? { rollout: null, stage: null };
  const known = [rollout, stage, facts.tails[name] ?? null].filter((delta) => delta !== null);
  if (known.length === 0) return null;
  return name === "quality" || name === "success" ? Math.min(...known) : Math.max(...known);
}

function isMaterial(facts: Facts, name: Guardrail): boolean {
  const delta = worseDelta(facts, name);
  const size = facts.rollout.policy.material[name];
  if (delta === null) return false;
  return name === "quality" || name === "success" ? delta <= -size : delta >= size;
}

/** Whether a person accepted the harm, of any size, under a policy that rolls back nothing by itself. */
function isHarmAccepted({ policy, acknowledged }: Rollout): boolean {
  const accepted = acknowledged.includes("harm_proven") || acknowledged.includes("latency_doubled");
  return accepted && !policy.automatic_rollback;
}

function isAccepted(gate: Gate, rollout: Rollout): boolean {
  return gate.name === "harm" && (rollout.acknowledged.includes("harm_small") || isHarmAccepted(rollout));
}

function getInterval(evidence: Evidence, name: Guardrail): DeltaInterval | null {
  const state = (evidence[name] as MeanEvidence | ScaleEvidence | null)?.interval;
  return state ? deltaInterval(state) : null;
}

/** Returns the larger of both p95 ratios (rollout, stage), less 1; null while an arm is empty. */
function tailRatio(of: ScaleEvidence, range: number): number | null {
  const ratios: number[] = [];
  for (const { canary, active } of [of.histograms.rollout, of.histograms.stage]) {
    const high = histogramQuantile(canary, 0.95);
    const low = histogramQuantile(active, 0.95);
    if (high !== null && low !== null) ratios.push(Math.expm1((high - low) * range));
  }
  return ratios.length > 0 ? Math.max(...ratios) : null;
}

function ratio(points: number | null, range: number): number | null {
  return points === null ? null : Math.expm1(points * range);
}

function marginWords(open: NotWorseEvidence, relative: number): string {
  return open.in_points ? `${Number((open.margin * 100).toFixed(1))} points` : formatMargin(relative);
}

function splitSentence(evidence: Evidence): string {
  const { canary, expected, all } = evidence.stage.assignments.reduce(
    (sum, counts) => ({
      canary: sum.canary + counts.canary,
      all: sum.all + counts.canary + counts.active,
      expected: sum.expected + counts.probability * (counts.canary + counts.active),
    }),
    { canary: 0, expected: 0, all: 0 },
  );
  const percent = (count: number): string => (all === 0 ? "0" : ((100 * count) / all).toFixed(1));
  return `Held: ${percent(canary)} % of units reached the canary, ${percent(expected)} % planned.`;
}

function share(sum: number, units: number): string {
  return units === 0 ? "none" : `${((100 * sum) / units).toFixed(1)} %`;
}

/** Returns the units that mature in an hour, from the stage so far. */
function unitsPerHour(facts: Omit<Facts, "gates">): number {
  const { units } = facts.evidence.stage;
  const hours = facts.hoursInStage - facts.rollout.policy.maturity_hours;
  return hours > 0 ? (units.canary + units.active) / hours : 0;
}

function hoursSince(time: string, now: Date): number {
  return (now.getTime() - Date.parse(time)) / HOUR_MS;
}

function after(now: Date, hours: number): Date | null {
  const at = now.getTime() + hours * HOUR_MS;
  // The largest value of a Date.
  return at < 8.64e15 ? new Date(at) : null;
}

/** Returns the exponential, bounded so that a verdict stays valid JSON. */
function safeExp(log: number): number {
  return Math.min(Math.exp(log), Number.MAX_VALUE);
}
