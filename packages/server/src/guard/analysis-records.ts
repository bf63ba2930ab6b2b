import type { Verdict } from "@relearn/contract";
import type { SplitCounts } from "../numerics/sample-ratio.ts";
import type { ArmWindows, BaselineDocument, EvidenceDocument } from "./rules/guard-rules.ts";
import type { UnderRules } from "./rules/rules-version.ts";

/** What is stored of a rollout's evidence. */
export interface StoredEvidence {
  readonly epoch: number;
  /** Units first exposed before count no more. */
  readonly since: Date;
  /** Looks taken in this epoch. */
  readonly analyses: number;
  /** When the last look was taken; null before the first. */
  readonly analyzedAt: Date | null;
  /** Null before the first look. */
  readonly evidence: EvidenceDocument | null;
}

/** How an epoch's evidence began. */
export interface StoredEpoch {
  readonly epoch: number;
  readonly began_at: string;
  readonly baseline: BaselineDocument;
  readonly judge_identity: string | null;
  readonly with_interval: boolean;
}

/** Assignments that arrived before a time, and so will not change: counted once, and no look counts them again. */
export interface SettledAssignments {
  readonly received_before: string;
  readonly counts: readonly SplitCounts[];
}

/** One look as it was taken, for the plots, the receipts and their replay. */
export interface StoredAnalysis {
  readonly epoch: number;
  readonly analysis: number;
  readonly stage: number;
  readonly at: string;
  /** Units this look scored. */
  readonly units: number;
  readonly assignments: readonly SplitCounts[];
  readonly verdict: Verdict;
  /** What the look was shown beside its units; null in looks of the first release. */
  readonly inputs: AnalysisInputs | null;
}

/** What a look was shown beside its units and assignments, and the rules that its verdict was made under. */
export type AnalysisInputs = UnderRules & {
  /** Of the rollout that was looked at: says where the look stands among the rollout's events. */
  readonly generation: number;
  readonly window: ArmWindows | null;
  /** The specification's `threshold`, where one was given. */
  readonly threshold: number | null;
  readonly active_digest: string | null;
  readonly judge_identity: string | null;
  /** False: taken for a person's command, which then was what moved the rollout, if anything did. */
  readonly acted: boolean;
  /** For the next analysis of the same epoch and stage. */
  readonly settled_assignments: SettledAssignments;
  /** Set where more units were due than one look scores: the next goes on there, and this one moved nothing. */
  readonly scored_through?: string | null;
};
