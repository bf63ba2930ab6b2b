/**
 * The version of the guard's rules that a stored document was made under. Version 1, that of Relearn 0.1, is
 * never written: a document without the member is of version 1, so that the documents of 0.1 keep their hashes.
 */
export type UnderRules = {
  /** 1 if absent. */
  readonly rules?: number;
};

/** Version of the rules for new rollouts; a rollout ends under the rules that it began under. */
export const CURRENT_RULES = 1;

/** Returns the rules version of a document. */
export function getRulesVersion({ rules = 1 }: UnderRules): number {
  return rules;
}

/** Returns the member that marks a document as made under a version: `{}` for 1, `{ rules: 2 }` for 2. */
export function toRulesMember(version: number): UnderRules {
  return version === 1 ? {} : { rules: version };
}
