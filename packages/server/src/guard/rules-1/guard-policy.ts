import type { Verdict } from "@relearn/contract";
import type { AnalysisInput } from "../rules/guard-rules.ts";
import type { Evidence } from "./evidence.ts";

/** Input of the policies of rules 1. */
export interface PolicyInput extends AnalysisInput {
  readonly evidence: Evidence | null;
}

/** One of the two ways of judging a rollout under rules 1. */
export interface GuardPolicy {
  readonly name: "evidence" | "specification";
  analyze(input: PolicyInput, now: Date): Verdict;
}
