import type { Verdict } from "@relearn/contract";
import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";
import type { StoredAnalysis } from "./analysis-records.ts";
import type { ComputedAnalysis } from "./compute-analysis.ts";
import { insertEpoch, saveEvidence } from "./evidence-store.ts";
import { insertScoredUnits } from "./scored-units-store.ts";

/** Stores an analysis: the units that it scored, the beginning of its epoch if it is the first, the evidence, its row. */
export async function writeAnalysis(
  executor: Executor,
  rolloutId: string,
  { analysis, evidence, epoch, units }: ComputedAnalysis,
): Promise<void> {
  const at = new Date(analysis.at);
  await insertScoredUnits(executor, rolloutId, analysis, units);
  if (epoch !== null) await insertEpoch(executor, rolloutId, epoch);
  await saveEvidence(executor, rolloutId, evidence, analysis.analysis, at);
  await executor
    .insertInto("rollout_analyses")
    .values({
      rollout_id: rolloutId,
      epoch: analysis.epoch,
      analysis: analysis.analysis,
      stage: analysis.stage,
      at,
      units: analysis.units,
      assignments: jsonb(analysis.assignments),
      verdict: jsonb(analysis.verdict),
      inputs: analysis.inputs && jsonb(analysis.inputs),
    })
    .execute();
}

/** Lists the analyses of a rollout in order. */
export async function listAnalyses(executor: Executor, rolloutId: string): Promise<StoredAnalysis[]> {
  const rows = await executor
    .selectFrom("rollout_analyses")
    .selectAll()
    .where("rollout_id", "=", rolloutId)
    .orderBy("epoch")
    .orderBy("analysis")
    .execute();
  return rows.map(({ rollout_id: _rollout, ...row }) => ({ ...row, at: row.at.toISOString() }));
}

export async function findNewestAnalysis(
  executor: Executor,
  rolloutId: string,
): Promise<StoredAnalysis | undefined> {
  const row = await executor
    .selectFrom("rollout_analyses")
    .selectAll()
    .where("rollout_id", "=", rolloutId)
    .orderBy("epoch", "desc")
    .orderBy("analysis", "desc")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { rollout_id: _rollout, ...analysis } = row;
  return { ...analysis, at: analysis.at.toISOString() };
}

/** Finds the verdict of each rollout's newest analysis; rollouts without an analysis are absent. */
export async function findNewestVerdicts(
  executor: Executor,
  rolloutIds: readonly string[],
): Promise<Map<string, Verdict>> {
  if (rolloutIds.length === 0) return new Map();
  const rows = await executor
    .selectFrom("rollout_analyses")
    .distinctOn("rollout_id")
    .select(["rollout_id", "verdict"])
    .where("rollout_id", "in", rolloutIds)
    .orderBy("rollout_id")
    .orderBy("epoch", "desc")
    .orderBy("analysis", "desc")
    .execute();
  return new Map(rows.map((row) => [row.rollout_id, row.verdict]));
}
