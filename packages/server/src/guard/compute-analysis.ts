import type { Rollout, Verdict } from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import type { SplitCounts } from "../numerics/sample-ratio.ts";
import type {
  AnalysisInputs,
  SettledAssignments,
  StoredAnalysis,
  StoredEpoch,
  StoredEvidence,
} from "./analysis-records.ts";
import { findCurrentJudge } from "./current-judge.ts";
import type { ArmWindows, EvidenceDocument, PastValues } from "./rules/guard-rules.ts";
import { type MaturedUnit, toColumns } from "./rules/matured-units.ts";
import { toRulesMember } from "./rules/rules-version.ts";
import { requireRules } from "./rules-registry.ts";

/** Evidence of a rollout up to its newest analysis, and where the next analysis starts to read. */
export interface AnalysisProgress extends StoredEvidence {
  readonly stage: number;
  /** Units first exposed earlier are not part of the analysis: start of the stage or of the epoch, the later. */
  readonly from: Date;
  /** Inputs of the newest analysis; null if it belongs to another epoch or stage, or if there is none. */
  readonly previous: Pick<AnalysisInputs, "settled_assignments" | "scored_through"> | null;
}

/** A unit whose maturity window has closed, with the id that it is stored under. */
export interface DueUnit extends MaturedUnit {
  readonly unit_id: string;
}

/** Units that one analysis scores. */
export interface DueUnits {
  readonly units: readonly DueUnit[];
  /** Newest first exposure among the units read, if more may be due; null if these are all. */
  readonly through: Date | null;
}

/** Everything that one analysis depends on, as read from the database at one time. */
export interface AnalysisReading {
  readonly rollout: Rollout;
  readonly progress: AnalysisProgress;
  readonly due: DueUnits;
  readonly assignments: readonly SplitCounts[];
  /** Assignments that the next analysis need not count again. */
  readonly settled: SettledAssignments;
  /** Outcomes of the active arm before the epoch; null if evidence was gathered before. */
  readonly past: PastValues | null;
  /** Judges of the newest outcomes, the newest first; null if quality is computed from labels. */
  readonly newestJudges: readonly (string | null)[] | null;
  /** Means of the lookback window; null under the policy `evidence`, which does not use them. */
  readonly window: ArmWindows | null;
  /** Relative quality drop that rolls back, if the caller gave one. */
  readonly threshold: number | undefined;
  /** Digest of the active bundle; null if there is none. */
  readonly activeDigest: string | null;
}

/** Result of an analysis, and the rows that `writeAnalysis` stores. */
export interface ComputedAnalysis {
  readonly verdict: Verdict;
  /** False if more units are due than this analysis scored. */
  readonly isComplete: boolean;
  readonly analysis: StoredAnalysis;
  readonly evidence: EvidenceDocument;
  /** Beginning of the epoch; null if an earlier analysis stored it. */
  readonly epoch: StoredEpoch | null;
  readonly units: readonly DueUnit[];
  /** Progress after this analysis, for the next one on the same data. */
  readonly next: AnalysisProgress;
}

/**
 * Computes an analysis from what was read: adds the due units to the evidence and asks the rules of the rollout
 * for a verdict. Writes nothing, so that a check and an analysis of the same data give the same numbers.
 *
 * `acted` is false if a person's command moves the rollout and the analysis only informs it.
 *
 * @example
 * const now = new Date("2026-03-02T14:00:00Z");
 * const from = new Date("2026-03-02T12:00:00Z");
 * const rollout = { policy: defaultRolloutPolicy, attempt: 1, generation: 3, stage: 0, percent: 10, acknowledged: [], active_digest: "a" };
 * const progress = { epoch: 1, since: from, analyses: 0, analyzedAt: null, evidence: null, stage: 0, from, previous: null };
 * const unit = { unit_id: "u1", arm: "canary", probability: 0.1, exposed_at: from.toISOString(), reported: true, quality: 1, latency_ms: null, cost: null, success: null };
 * const computed = computeAnalysis({ rollout, progress, due: { units: [unit], through: null }, assignments: [{ probability: 0.1, canary: 1, active: 0 }], settled: { received_before: from.toISOString(), counts: [] }, past: { quality: [], latency_ms: [], cost: [], success: [] }, newestJudges: [], window: null, threshold: undefined, activeDigest: "a" }, true, now);
 * [computed.verdict.recommendation, computed.analysis.units, computed.isComplete] // ["monitor", 1, true]
 */
export function computeAnalysis(reading: AnalysisReading, acted: boolean, now: Date): ComputedAnalysis {
  const { rollout, progress, due, assignments, settled, window, threshold, activeDigest } = reading;
  const rules = requireRules(rollout);
  const { gathered, epoch } = startOrContinue(reading);
  const judge_identity = toJudgeIdentity(reading, gathered);
  const units = due.units.map(({ unit_id: _unit, ...unit }): MaturedUnit => unit);
  const evidence = rules.addUnits(
    rules.withJudge(gathered, judge_identity),
    toColumns(units),
    assignments,
    now,
  );
  const verdict = rules.analyze(
    { rollout, evidence, window, threshold, active_digest: activeDigest, judge_identity },
    now,
  );
  const isComplete = due.through === null;
  const inputs: AnalysisInputs = {
    ...toRulesMember(rules.version),
    generation: rollout.generation,
    window,
    threshold: threshold ?? null,
    active_digest: activeDigest,
    judge_identity,
    acted: acted && isComplete,
    settled_assignments: settled,
    scored_through: due.through?.toISOString() ?? null,
  };
  const analysis: StoredAnalysis = {
    epoch: progress.epoch,
    analysis: progress.analyses + 1,
    stage: progress.stage,
    at: now.toISOString(),
    units: units.length,
    assignments,
    verdict,
    inputs,
  };
  return {
    verdict,
    isComplete,
    analysis,
    evidence,
    epoch,
    units: due.units,
    next: { ...progress, analyses: analysis.analysis, analyzedAt: now, evidence, previous: inputs },
  };
}

/** Evidence before the due units: that of the progress, or that of a new epoch. */
function startOrContinue({ rollout, progress, past }: AnalysisReading): {
  gathered: EvidenceDocument;
  epoch: StoredEpoch | null;
} {
  if (progress.evidence !== null) return { gathered: progress.evidence, epoch: null };
  const { policy, attempt } = rollout;
  const rules = requireRules(rollout);
  if (past === null)
    throw new RelearnError("internal", "Evidence cannot start without the outcomes before it.");
  const begun = {
    baseline: rules.freezeBaseline(past),
    judge_identity: null,
    with_interval: true,
  };
  return {
    gathered: rules.startEvidence({ policy, stage: progress.stage, attempt, ...begun }, progress.from),
    epoch: { epoch: progress.epoch, began_at: progress.from.toISOString(), ...begun },
  };
}

/** Judge of the quality now; null if people label it, or if the agent reports it itself. */
function toJudgeIdentity({ newestJudges }: AnalysisReading, gathered: EvidenceDocument): string | null {
  if (newestJudges === null) return null;
  const { canary, active } = gathered.units;
  return findCurrentJudge(newestJudges, canary + active === 0 ? undefined : gathered.judge_identity);
}
