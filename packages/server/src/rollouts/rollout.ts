import type { NotWorseMargins, Rollout, RolloutPolicy, RolloutState } from "@relearn/contract";
import { rolloutPolicySchema } from "@relearn/contract/rollout-policy";
import { defaultRolloutPolicy } from "@relearn/contract/values";
import { RelearnError } from "../errors.ts";
import { formatPath } from "../format-path.ts";
import { CURRENT_RULES, toRulesMember } from "../guard/rules/rules-version.ts";
import { valueAt } from "../rejection.ts";

/**
 * A rollout: the release of one bundle through stages of traffic, and the policy it follows.
 *
 * Both are documents, stored and sent as they are. `decide-step.ts` has the transitions.
 */

/** States without a transition to another one. */
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

/**
 * Returns the default policy with the given members in place of its own. If `stages` is given without `not_worse`,
 * the stage before the last gets the narrow margins and those before it the wide ones.
 * Throws `invalid_policy` with the member, its value and what is accepted.
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

/** Returns the policy with `percent` as its first stage; the stages above it stay, each with its margins. */
export function policyFrom(policy: RolloutPolicy, percent: number): RolloutPolicy {
  const later = policy.stages.filter((stage) => stage > percent);
  const stages = [percent, ...later];
  const first = policy.stages.findLastIndex((stage) => stage <= percent);
  // The new first stage takes the margins of the stage that it replaces.
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

function checkPolicy(policy: RolloutPolicy): void {
  const [fault] = rolloutPolicySchema.safeParse(policy).error?.issues ?? [];
  if (fault === undefined) return;
  const unknown = fault.code === "unrecognized_keys" ? fault.keys[0] : undefined;
  const path = unknown === undefined ? fault.path : [...fault.path, unknown];
  const member = formatPath(path);
  const value = valueAt(policy, path);
  throw new RelearnError(
    "invalid_policy",
    unknown === undefined
      ? `The rollout policy's ${member} is ${JSON.stringify(value)}: give ${fault.message}.`
      : `A rollout policy has no member ${member}.`,
    { details: { member, value } },
  );
}

/** Members of a rollout that its proposal sets. */
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

/** Returns a new rollout in `proposed`, generation 1, under the current rules. */
export function proposeRollout(proposal: RolloutProposal, now: Date): Rollout {
  return {
    ...proposal,
    ...toRulesMember(CURRENT_RULES),
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

/** Returns the percentage of units that get the bundle in a stage: 100 less the holdback in the last one. */
export function stagePercent(policy: RolloutPolicy, stage: number): number {
  const percent = policy.stages[stage];
  if (percent === undefined) {
    throw new RelearnError("internal", `Stage ${stage} of ${JSON.stringify(policy.stages)} does not exist.`);
  }
  return percent === 100 ? 100 - policy.holdback_percent : percent;
}
