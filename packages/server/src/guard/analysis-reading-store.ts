import type { Rollout } from "@relearn/contract";
import { DAY_MS, HOUR_MS } from "../clock.ts";
import type { Executor } from "../db/database.ts";
import { RelearnError } from "../errors.ts";
import { findNewestJudges, readActivePast } from "./active-past-store.ts";
import { findNewestAnalysis } from "./analysis-store.ts";
import { readArmWindows } from "./arm-windows-store.ts";
import { countAssignments } from "./assignments-store.ts";
import type { AnalysisProgress, AnalysisReading } from "./compute-analysis.ts";
import { NEWEST_JUDGED } from "./current-judge.ts";
import { readDueUnits } from "./due-units-store.ts";
import { findEvidence } from "./evidence-store.ts";
import type { LabelClasses } from "./outcome-quality-store.ts";

/** Days before the start of an epoch whose outcomes the baseline is frozen from. */
const BASELINE_DAYS = 7;

/** The rollout that is analyzed, and what the reading needs to know about it. */
export interface AnalysisSubject {
  readonly rollout: Rollout;
  /** Digest of the active bundle; null if there is none. */
  readonly activeDigest: string | null;
  /** Classes of the agent, if quality is computed from labels; null if it is reported. */
  readonly labels: LabelClasses | null;
  readonly lookbackHours: number;
  readonly threshold: number | undefined;
  readonly maxUnits: number;
}

/** Reads the stored progress of a running rollout. */
export async function findProgress(executor: Executor, rollout: Rollout): Promise<AnalysisProgress> {
  const stored = await findEvidence(executor, rollout.rollout_id);
  if (stored === undefined || rollout.stage === null || rollout.stage_entered_at === null) {
    throw new RelearnError("internal", `Rollout ${rollout.rollout_id} is running but has no evidence row.`);
  }
  const entered = new Date(rollout.stage_entered_at);
  const newest = await findNewestAnalysis(executor, rollout.rollout_id);
  const isSameStage = newest?.epoch === stored.epoch && newest.stage === rollout.stage;
  return {
    ...stored,
    stage: rollout.stage,
    from: entered > stored.since ? entered : stored.since,
    previous: isSameStage ? newest.inputs : null,
  };
}

/** Reads everything that the next analysis after `progress` depends on. Writes nothing. */
export async function readAnalysis(
  executor: Executor,
  subject: AnalysisSubject,
  progress: AnalysisProgress,
  now: Date,
): Promise<AnalysisReading> {
  const { rollout, activeDigest, labels, threshold } = subject;
  const { agent, policy } = rollout;
  const { from, previous } = progress;
  const due = await readDueUnits(executor, rollout, progress, labels, now, subject.maxUnits);
  const known = previous?.settled_assignments ?? null;
  const { assignments, settled } = await countAssignments(executor, rollout, from, known, now);
  const before = { from: daysBefore(from), to: from, maturityHours: policy.maturity_hours };
  const lookback = new Date(now.getTime() - subject.lookbackHours * HOUR_MS);
  return {
    rollout,
    progress,
    due,
    assignments,
    settled,
    past: progress.evidence === null ? await readActivePast(executor, agent, before, labels) : null,
    newestJudges:
      policy.quality_source === "label"
        ? null
        : await findNewestJudges(executor, agent, daysBefore(now), NEWEST_JUDGED),
    window:
      policy.policy === "evidence"
        ? null
        : await readArmWindows(executor, rollout, lookback > from ? lookback : from, labels, now),
    threshold,
    activeDigest,
  };
}

function daysBefore(time: Date): Date {
  return new Date(time.getTime() - BASELINE_DAYS * DAY_MS);
}
