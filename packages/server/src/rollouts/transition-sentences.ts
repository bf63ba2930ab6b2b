/** The sentences that transitions store, by the version of the guard's rules that a rollout runs under. */

import { CURRENT_RULES, getRulesVersion, type UnderRules } from "../guard/rules/rules-version.ts";
import { transitionSentences as rules1 } from "../guard/rules-1/sentences/transition-sentences.ts";

export type TransitionSentences = typeof rules1;

const kept: ReadonlyMap<number, TransitionSentences> = new Map([[1, rules1]]);

/**
 * Returns the sentences of the rollout's rules. A rollout under rules that are not in code gets the current
 * ones: it is not replayed, and people must be able to end it.
 */
export function getTransitionSentences(rollout: UnderRules): TransitionSentences {
  return kept.get(getRulesVersion(rollout)) ?? kept.get(CURRENT_RULES)!;
}
