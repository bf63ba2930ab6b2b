import { expect, test } from "vitest";
import { proposeRollout, rolloutPolicy } from "../rollouts/rollout.ts";
import { monday, proposal } from "../rollouts/rollout-events.fixture.ts";
import { CURRENT_RULES, getRulesVersion, toRulesMember } from "./rules/rules-version.ts";
import { currentRules, findRules, requireRules } from "./rules-registry.ts";

test("a document without a version is of rules 1, and rules 1 write none", () => {
  expect(findRules({})?.version).toBe(1);
  expect(findRules(toRulesMember(1))).toBe(findRules({ rules: 1 }));
  expect(toRulesMember(1)).toEqual({});
  expect(toRulesMember(2)).toEqual({ rules: 2 });
});

test("a new rollout begins under the current rules, which are in code", () => {
  const rollout = proposeRollout(proposal(rolloutPolicy()), monday);
  expect(getRulesVersion(rollout)).toBe(CURRENT_RULES);
  expect(requireRules(rollout)).toBe(currentRules);
  expect(currentRules.version).toBe(CURRENT_RULES);
});

test("a version that is not in code is found by nobody, and named where it is needed", () => {
  expect(findRules({ rules: 7 })).toBeUndefined();
  const rollout = { ...proposeRollout(proposal(rolloutPolicy()), monday), rules: 7 };
  expect(() => requireRules(rollout)).toThrow(
    /^Rollout r1 runs under rules 7; this version .* has rules 1\. /,
  );
});
