/**
 * Interface of a version of the guard's rules: how evidence starts and grows, and which verdict follows from it.
 *
 * Verdicts, evidence and receipts are stored, hashed and replayed, so the rules that made them stay in code,
 * unchanged: `guard/rules-1/` and its successors. `rules-registry.ts` finds those of a rollout.
 */
import type { Rollout, RolloutPolicy, Verdict } from "@relearn/contract";
import type { SplitCounts } from "../../numerics/sample-ratio.ts";
import type { MaturedColumns } from "./matured-units.ts";
import type { UnderRules } from "./rules-version.ts";

/**
 * One version of the rules. Pure: the same input and the same `now` give the same documents, which is what a
 * replay relies on. Documents of another version must not be handed in.
 */
export interface GuardRules {
  readonly version: number;
  /** Freezes what evidence is compared with, from the active arm's past; NaN if a value is absent. */
  freezeBaseline(past: PastValues): BaselineDocument;
  /** Returns evidence before the first unit. */
  startEvidence(start: EvidenceStart, now: Date): EvidenceDocument;
  /** Returns the evidence with quality judged by `identity`, if no unit is in it yet; else as it is. */
  withJudge(evidence: EvidenceDocument, identity: string | null): EvidenceDocument;
  /** Returns the evidence as it enters a stage. */
  enterStage(evidence: EvidenceDocument, policy: RolloutPolicy, stage: number, now: Date): EvidenceDocument;
  /** Returns the evidence grown by the units that matured since, and by the stage's assignments so far. */
  addUnits(
    evidence: EvidenceDocument,
    units: MaturedColumns,
    assignments: readonly SplitCounts[],
    now: Date,
  ): EvidenceDocument;
  /** Recommends what to do with the rollout; `decideStep` decides what follows from it. */
  analyze(input: AnalysisInput, now: Date): Verdict;
  /** Returns the logarithms behind the e-values of a verdict, for the receipt. */
  getLogWealths(evidence: EvidenceDocument): Readonly<Record<string, number>>;
  /** Returns whether the evidence has proven the canary better. */
  hasProvenGain(evidence: EvidenceDocument): boolean;
}

/** Evidence as it is stored. Only the rules that it was gathered under read its other members. */
export interface EvidenceDocument extends UnderRules {
  readonly version: 1;
  /** Judge of quality when the evidence began; null if the agent reports it itself. */
  readonly judge_identity: string | null;
  /** Matured units of the rollout. */
  readonly units: { readonly canary: number; readonly active: number };
}

/** Values frozen when evidence began. Only the rules read the other members. */
export interface BaselineDocument {
  /** Mean quality of the active arm; null if there is no past. */
  readonly quality_mean: number | null;
}

/** Values that the active arm reported before a rollout, one a unit; NaN if absent. */
export interface PastValues {
  readonly quality: Iterable<number>;
  readonly latency_ms: Iterable<number>;
  readonly cost: Iterable<number>;
  readonly success: Iterable<number>;
}

export interface EvidenceStart {
  readonly policy: RolloutPolicy;
  readonly stage: number;
  readonly attempt: number;
  readonly baseline: BaselineDocument;
  readonly judge_identity: string | null;
  /** Whether to compute the interval of the differences as well; it is for display, no verdict needs it. */
  readonly with_interval: boolean;
}

/** Input of an analysis. */
export interface AnalysisInput {
  readonly rollout: Rollout;
  /** Grown up to `now`; null before the first analysis. Read by the policy `evidence`. */
  readonly evidence: EvidenceDocument | null;
  /** Plain means of the lookback window. Read by point estimates. */
  readonly window: ArmWindows | null;
  /** The specification's `threshold`, if one was given. Read by point estimates. */
  readonly threshold?: number | undefined;
  /** Digest of the active bundle. */
  readonly active_digest: string | null;
  /** Current judge of quality; null if the agent reports it itself. */
  readonly judge_identity: string | null;
}

/** Both arms over the lookback window. */
export interface ArmWindows {
  readonly canary: ArmWindow;
  readonly active: ArmWindow;
}

export interface ArmWindow {
  /** Matured units in the window. */
  readonly units: number;
  /** Null if no unit reported one. */
  readonly quality_mean: number | null;
  readonly latency_mean_ms: number | null;
}
