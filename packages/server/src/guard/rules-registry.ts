/** The versions of the guard's rules that are kept in code: the last two. */
import type { Rollout } from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import type { GuardRules } from "./rules/guard-rules.ts";
import { CURRENT_RULES, getRulesVersion, type UnderRules } from "./rules/rules-version.ts";
import { rules1 } from "./rules-1/rules.ts";

const kept: readonly GuardRules[] = [rules1];

/**
 * Returns the rules that a document was made under, or `undefined` if this version of Relearn does not have them.
 *
 * @example
 * findRules({}).version // 1
 * findRules({ rules: 7 }) // undefined
 */
export function findRules(document: UnderRules): GuardRules | undefined {
  const version = getRulesVersion(document);
  return kept.find((rules) => rules.version === version);
}

/**
 * Returns the rules that a rollout runs under; throws `unknown_rules` if this version of Relearn does not have them.
 *
 * @example
 * requireRules({ rollout_id: "ro_1", agent: "triage" }).version // 1
 */
export function requireRules(rollout: Rollout): GuardRules {
  const rules = findRules(rollout);
  if (rules !== undefined) return rules;
  const versions = kept.map(({ version }) => version);
  throw new RelearnError(
    "unknown_rules",
    `Rollout ${rollout.rollout_id} runs under rules ${getRulesVersion(rollout)}; this version of Relearn has rules ${versions.join(" and ")}. Run the version that began it, or roll it back: relearn canary rollback ${rollout.agent}`,
    { details: { rollout_id: rollout.rollout_id, rules: getRulesVersion(rollout), known: versions } },
  );
}

/** Rules for new rollouts. */
export const currentRules: GuardRules = kept.find((rules) => rules.version === CURRENT_RULES)!;
