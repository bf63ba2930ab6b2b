/** Rules 1: the rules of Relearn 0.1, which never change. README.md says what is frozen here and what is not. */
import type { Verdict } from "@relearn/contract";
import type { AnalysisInput, GuardRules } from "../rules/guard-rules.ts";
import { addUnits, type Evidence, enterStage, freezeBaseline, startEvidence, withJudge } from "./evidence.ts";
import { evidencePolicy } from "./evidence-policy.ts";
import type { PolicyInput } from "./guard-policy.ts";
import { specificationPolicy } from "./specification-policy.ts";

/** Rules 1 as the registry returns them. They accept documents of rules 1 only. */
export const rules1: GuardRules = {
  version: 1,
  freezeBaseline,
  startEvidence,
  withJudge,
  enterStage,
  addUnits,
  analyze,
  getLogWealths,
  hasProvenGain: (evidence: Evidence) => evidence.quality.gained.proven !== null,
};

function analyze(input: AnalysisInput & PolicyInput, now: Date): Verdict {
  const { policy } = input.rollout.policy;
  const guard = policy === "evidence" ? evidencePolicy : specificationPolicy(input.threshold);
  return guard.analyze(input, now);
}

/** The keys are hashed with the receipt: a measure that is not watched has none. */
function getLogWealths(evidence: Evidence): Record<string, number> {
  const logs: Record<string, number> = {
    harm: evidence.harm.log_e,
    "harm.peak": evidence.harm.peak,
    "gain.quality": evidence.quality.gained.log_e,
    "split.peak": evidence.split_peak,
    "missing.peak": evidence.missing.peak,
  };
  for (const name of ["quality", "success", "latency", "cost"] as const) {
    const open = evidence[name]?.not_worse;
    if (open) logs[`not_worse.${name}`] = open.log_e;
  }
  return logs;
}
