import type { Verdict } from "@relearn/contract";
import type { SplitCounts } from "../numerics/sample-ratio.ts";
import type { ArmWindows, BaselineDocument, EvidenceDocument } from "./rules/guard-rules.ts";
import type { UnderRules } from "./rules/rules-version.ts";

/** Evidence of a rollout as it is stored. */
export interface StoredEvidence {
  readonly epoch: number;
  /** Units first exposed earlier do not count. */
  readonly since: Date;
  /** Number of analyses in this epoch. */
  readonly analyses: number;
  /** Time of the last analysis; null before the first. */
  readonly analyzedAt: Date | null;
  /** Null before the first analysis. */
  readonly evidence: EvidenceDocument | null;
}

/** Beginning of an epoch's evidence. */
export interface StoredEpoch {
  readonly epoch: number;
  readonly began_at: string;
  readonly baseline: BaselineDocument;
  readonly judge_identity: string | null;
  readonly with_interval: boolean;
}

/** Assignments that arrived before a time. They do not change any more, so no analysis counts them again. */
export interface SettledAssignments {
  readonly received_before: string;
  readonly counts: readonly SplitCounts[];
}

/** An analysis as it is stored, for the plots, the receipts and their replay. */
export interface StoredAnalysis {
  readonly epoch: number;
  readonly analysis: number;
  readonly stage: number;
  readonly at: string;
  /** Number of units that this analysis scored. */
  readonly units: number;
  readonly assignments: readonly SplitCounts[];
  readonly verdict: Verdict;
  /** Other inputs of the analysis; null in analyses of the first release. */
  readonly inputs: AnalysisInputs | null;
}

/** Inputs of an analysis beside its units and assignments, and the version of its rules. */
export type AnalysisInputs = UnderRules & {
  /** Generation of the analyzed rollout: the place of the analysis among the rollout's events. */
  readonly generation: number;
  readonly window: ArmWindows | null;
  /** The specification's `threshold`, if one was given. */
  readonly threshold: number | null;
  readonly active_digest: string | null;
  readonly judge_identity: string | null;
  /** False if the analysis did not move the rollout: it was made for a person's command, or more units were due. */
  readonly acted: boolean;
  /** For the next analysis of the same epoch and stage. */
  readonly settled_assignments: SettledAssignments;
  /** Newest first exposure that was scored, if more units were due: the next analysis continues there. */
  readonly scored_through?: string | null;
};
