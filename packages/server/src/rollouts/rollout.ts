import { RelearnError } from "../errors.ts";

/**
 * A rollout: the release of one bundle through stages of traffic, and the policy it follows.
 *
 * Both are documents, stored and sent as they are. What may happen to a rollout stands in `decide-step.ts`;
 * this file says what a rollout is.
 */

/**
 * Where a rollout stands.
 *
 * proposed → approved → canary → full → completed is the way of a good bundle. `canary` covers every stage
 * below 100 %, `full` the last one, where the bundle *is* active and the former one keeps the holdback.
 * `hold` and `ask` interrupt `canary` or `full` and keep stage and traffic; the rest are ends.
 */
export type RolloutState =
  | "proposed"
  | "approved"
  | "canary"
  | "full"
  | "hold"
  | "ask"
  | "rolling_back"
  | "completed"
  | "rolled_back"
  | "rejected"
  | "expired"
  | "superseded";

/** States that nothing leaves. */
export const finalStates: readonly RolloutState[] = [
  "completed",
  "rolled_back",
  "rejected",
  "expired",
  "superseded",
];

/** States in which units reach the canary arm, so that a second rollout of the agent is refused. */
export const runningStates: readonly RolloutState[] = ["canary", "full", "hold", "ask", "rolling_back"];

export function isFinal(state: RolloutState): boolean {
  return finalStates.includes(state);
}

/** The margins that a stage must be proven not to exceed before the next one opens. */
export interface NotWorseMargins {
  /** Relative drop of quality, in (0, 1). */
  readonly quality: number;
  /** Relative rise of the geometric mean of latency, above 0. */
  readonly latency: number;
}

/** The measures a guard watches. A weight says how much of the allowed false alarms a measure may use. */
export type Guardrail = "quality" | "latency" | "cost" | "success";
export const guardrailNames: readonly Guardrail[] = ["quality", "latency", "cost", "success"];

/** What is decided by whom and at which borders: one per agent, frozen into each of its rollouts. */
export interface RolloutPolicy {
  /** `evidence`: sequential tests that hold under any looking schedule; `specification`: point estimates. */
  readonly policy: "evidence" | "specification";
  /** Whole percents, increasing, the last one 100. */
  readonly stages: readonly number[];
  /** Least time in a stage before it may widen. */
  readonly check_interval_hours: number;
  /** Least matured units of each arm in a stage before it may widen. */
  readonly min_units_per_arm: number;
  /** Bound on each of the three errors: harm, not worse, better. */
  readonly alpha: number;
  /** Margins to leave each stage but the last, in the order of `stages`. */
  readonly not_worse: readonly NotWorseMargins[];
  /** Where `not_worse.quality` times the active mean is below this many points, this is the margin instead. */
  readonly not_worse_floor: number;
  /** Proven harm of at least this size rolls back, smaller is asked; relative. */
  readonly material: {
    readonly quality: number;
    readonly latency: number;
    readonly cost: number;
    readonly success: number;
  };
  /** Sizes of an improvement that the policy `specification` promotes on; relative. */
  readonly gain: { readonly quality: number; readonly latency: number };
  /** Latency ratio (canary to active) that pages somebody. */
  readonly page_latency_ratio: number;
  /** Shared out over the measures that the active arm reports when the rollout starts. */
  readonly guardrail_weights: Readonly<Record<Guardrail, number>>;
  /** Bayes factor against the planned split, and e-value of lost outcomes, at which a rollout is held. */
  readonly integrity_threshold: number;
  /** Difference of the shares of units without an outcome, canary over active, that is beyond a hold. */
  readonly missing_margin: number;
  /** A stage without a decision asks a person after this long. */
  readonly undecided_hours: number;
  /** A unit's outcomes count for this long after its first exposure in a stage. */
  readonly maturity_hours: number;
  /** Share of traffic that keeps the former bundle at 100 %; 0 switches the watch off. */
  readonly holdback_percent: number;
  readonly holdback_hours: number;
  /** Off: harm is told and asked, never acted on without a person. */
  readonly automatic_rollback: boolean;
  /** `reported`: the agent sends a quality; `label`: 1 or 0 once a label of the task arrives in time. */
  readonly quality_source: "reported" | "label";
  /** Who proposed or edited may not approve. */
  readonly four_eyes: boolean;
  /** Approvals needed. */
  readonly quorum: number;
  /** A proposal not approved, and an approval not started, ends after this long. */
  readonly approval_hours: number;
  /** Fewest units an arm under the policy `specification`. */
  readonly specification_min_units: number;
}

export const defaultRolloutPolicy: RolloutPolicy = {
  policy: "evidence",
  stages: [10, 50, 100],
  check_interval_hours: 24,
  min_units_per_arm: 50,
  alpha: 0.05,
  not_worse: [
    { quality: 0.2, latency: 0.2 },
    { quality: 0.05, latency: 0.1 },
  ],
  not_worse_floor: 0.02,
  material: { quality: 0.05, latency: 0.1, cost: 0.1, success: 0.05 },
  gain: { quality: 0.02, latency: 0.1 },
  page_latency_ratio: 2,
  guardrail_weights: { quality: 0.5, latency: 0.3, cost: 0.1, success: 0.1 },
  integrity_threshold: 1000,
  missing_margin: 0.05,
  undecided_hours: 168,
  maturity_hours: 1,
  holdback_percent: 5,
  holdback_hours: 24,
  automatic_rollback: true,
  quality_source: "reported",
  four_eyes: true,
  quorum: 1,
  approval_hours: 72,
  specification_min_units: 30,
};

/**
 * The default policy with the given members in place of its own.
 * Where `stages` is given without `not_worse`, every stage but the last two gets the wide margins and the
 * last one below 100 the narrow ones.
 * Throws `invalid_policy` naming the member, its value and what is accepted.
 */
export function rolloutPolicy(overrides: Partial<RolloutPolicy> = {}): RolloutPolicy {
  const stages = overrides.stages ?? defaultRolloutPolicy.stages;
  const policy: RolloutPolicy = {
    ...defaultRolloutPolicy,
    not_worse: marginsFor(stages.length),
    ...overrides,
  };
  checkPolicy(policy);
  return policy;
}

/** The policy with `percent` as its first stage: later stages above it stay, each with its margins. */
export function policyFrom(policy: RolloutPolicy, percent: number): RolloutPolicy {
  const later = policy.stages.filter((stage) => stage > percent);
  const stages = [percent, ...later];
  const first = policy.stages.findLastIndex((stage) => stage <= percent);
  // The stage that is entered instead of another keeps the margins that would have closed that one.
  const not_worse = [
    policy.not_worse[Math.max(first, 0)],
    ...policy.not_worse.slice(policy.stages.length - later.length),
  ].filter((margins) => margins !== undefined);
  return { ...policy, stages, not_worse: not_worse.slice(0, stages.length - 1) };
}

function marginsFor(stageCount: number): NotWorseMargins[] {
  const [wide, narrow] = defaultRolloutPolicy.not_worse;
  return Array.from({ length: Math.max(0, stageCount - 1) }, (_, index) =>
    index === stageCount - 2 ? narrow! : wide!,
  );
}

function refuse(member: string, value: unknown, accepted: string): never {
  throw new RelearnError(
    "invalid_policy",
    `The rollout policy's ${member} is ${JSON.stringify(value)}: give ${accepted}.`,
    { details: { member, value } },
  );
}

function checkPolicy(policy: RolloutPolicy): void {
  const inside = (member: string, value: number, low: number, high: number, accepted: string): void => {
    if (!(value > low && value <= high)) refuse(member, value, accepted);
  };
  const { stages } = policy;
  const increasing = stages.every(
    (stage, index) =>
      Number.isInteger(stage) && stage >= 1 && stage <= 100 && (index === 0 || stage > stages[index - 1]!),
  );
  if (stages.length === 0 || !increasing || stages.at(-1) !== 100) {
    refuse("stages", stages, "whole percents between 1 and 100, increasing, the last one 100");
  }
  if (policy.not_worse.length !== stages.length - 1) {
    refuse(
      "not_worse",
      policy.not_worse,
      `one pair of margins for each of the ${stages.length - 1} stages below 100`,
    );
  }
  for (const [index, margins] of policy.not_worse.entries()) {
    inside(`not_worse[${index}].quality`, margins.quality, 0, 0.99, "a relative drop above 0, at most 0.99");
    inside(`not_worse[${index}].latency`, margins.latency, 0, 100, "a relative rise above 0");
  }
  inside("alpha", policy.alpha, 0, 0.5, "a probability above 0, at most 0.5");
  inside("integrity_threshold", policy.integrity_threshold, 1, 1e12, "a number above 1");
  inside("page_latency_ratio", policy.page_latency_ratio, 1, 1000, "a ratio above 1");
  inside("approval_hours", policy.approval_hours, 0, 24 * 365, "hours above 0");
  inside("undecided_hours", policy.undecided_hours, 0, 24 * 365, "hours above 0");
  inside("not_worse_floor", policy.not_worse_floor, 0, 1, "points of quality above 0, at most 1");
  inside("missing_margin", policy.missing_margin, 0, 1, "a share above 0, at most 1");
  for (const member of ["check_interval_hours", "maturity_hours", "holdback_hours"] as const) {
    inside(member, policy[member], -Number.MIN_VALUE, 24 * 365, "hours, 0 or more");
  }
  for (const member of ["min_units_per_arm", "quorum", "specification_min_units"] as const) {
    if (!Number.isInteger(policy[member]) || policy[member] < 1) {
      refuse(member, policy[member], "a whole number, 1 or more");
    }
  }
  for (const name of guardrailNames) {
    inside(`material.${name}`, policy.material[name], 0, 10, "a relative size above 0");
    inside(
      `guardrail_weights.${name}`,
      policy.guardrail_weights[name],
      -Number.MIN_VALUE,
      1e6,
      "a weight, 0 or more",
    );
  }
  inside("guardrail_weights.quality", policy.guardrail_weights.quality, 0, 1e6, "a weight above 0");
  for (const name of ["quality", "latency"] as const) {
    inside(`gain.${name}`, policy.gain[name], 0, 10, "a relative size above 0");
  }
  if (
    !Number.isInteger(policy.holdback_percent) ||
    policy.holdback_percent < 0 ||
    policy.holdback_percent > 50
  ) {
    refuse("holdback_percent", policy.holdback_percent, "a whole percent between 0 and 50");
  }
}

/** One person's yes to one digest. */
export interface RolloutApproval {
  readonly by: string;
  readonly at: string;
  readonly rationale: string;
  /** The digest that was approved; an approval of another digest does not count. */
  readonly bundle_digest: string;
  readonly break_glass: boolean;
}

/** Why a rollout is in `hold` or `ask`, or was taken back or ended. */
export interface RolloutReason {
  /** Stable, for programs. */
  readonly code: string;
  /** A sentence with the numbers. */
  readonly text: string;
  /** A person, or `guard`. */
  readonly by: string;
  readonly at: string;
}

export interface Rollout {
  readonly rollout_id: string;
  readonly agent: string;
  readonly state: RolloutState;
  /** Grows by one with every transition; a write compares it. */
  readonly generation: number;
  readonly bundle_id: string;
  readonly bundle_digest: string;
  /** What the bundle is compared with; null where the agent had no bundle yet. */
  readonly active_bundle_id: string | null;
  readonly active_digest: string | null;
  /** Fresh for each rollout: makes its split independent of every other one's. */
  readonly salt: string;
  readonly policy: RolloutPolicy;
  /** Index into `policy.stages`; null before the start. Kept in `hold`, `ask` and the ends. */
  readonly stage: number | null;
  readonly stage_entered_at: string | null;
  /** Share of units that get the bundle now: 0 before the start, 95 in `full` with a holdback of 5. */
  readonly percent: number;
  /** 1 for the first time this bundle's evidence is gathered; the k-th widens at alpha / (k (k + 1)). */
  readonly attempt: number;
  readonly proposed_by: string;
  readonly proposed_at: string;
  /** Who changed the proposal since; they may not approve either. */
  readonly edited_by: readonly string[];
  readonly approvals: readonly RolloutApproval[];
  /** A proposal or an approval that is not used dies then. */
  readonly expires_at: string;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  /** Why it holds, asks, rolls back or ended; null while nothing is out of the ordinary. */
  readonly reason: RolloutReason | null;
  /** Codes of verdicts that a person has read and accepted; the guard asks them no more in this stage. */
  readonly acknowledged: readonly string[];
  /** When a person last answered "go on": the undecided clock runs from there. */
  readonly acknowledged_at: string | null;
  /** What the evidence said when the last stage opened; `overridden`: a person opened it. */
  readonly result: "better" | "not_worse" | "overridden" | "unguarded" | null;
}

/** What a proposal starts from. */
export interface RolloutProposal {
  readonly rollout_id: string;
  readonly agent: string;
  readonly bundle_id: string;
  readonly bundle_digest: string;
  readonly active_bundle_id: string | null;
  readonly active_digest: string | null;
  readonly salt: string;
  readonly policy: RolloutPolicy;
  readonly proposed_by: string;
  /** 1 + the rollouts of this bundle that were started before. */
  readonly attempt: number;
}

/** A new rollout in `proposed`, generation 1. */
export function proposeRollout(proposal: RolloutProposal, now: Date): Rollout {
  return {
    ...proposal,
    state: "proposed",
    generation: 1,
    stage: null,
    stage_entered_at: null,
    percent: 0,
    proposed_at: now.toISOString(),
    edited_by: [],
    approvals: [],
    expires_at: new Date(now.getTime() + proposal.policy.approval_hours * 3_600_000).toISOString(),
    started_at: null,
    ended_at: null,
    reason: null,
    acknowledged: [],
    acknowledged_at: null,
    result: null,
  };
}

/** The share of units that get the bundle in a stage: 100 less the holdback in the last one. */
export function stagePercent(policy: RolloutPolicy, stage: number): number {
  const percent = policy.stages[stage];
  if (percent === undefined) {
    throw new RelearnError("internal", `Stage ${stage} of ${JSON.stringify(policy.stages)} does not exist.`);
  }
  return percent === 100 ? 100 - policy.holdback_percent : percent;
}

/** The error that the k-th attempt may spend on widening; all attempts together spend at most 1.5 alpha. */
export function wideningAlpha(alpha: number, attempt: number): number {
  return attempt <= 1 ? alpha : alpha / (attempt * (attempt + 1));
}
