import { sql } from "kysely";
import { type ColumnTypes, columnSet } from "../db/column-set.ts";
import type { Executor } from "../db/database.ts";
import type { StoredAnalysis } from "./analysis-records.ts";
import type { DueUnit } from "./compute-analysis.ts";
import type { MaturedUnit } from "./rules/matured-units.ts";

/** Bounds the text of one parameter to a few megabytes. */
const UNITS_PER_STATEMENT = 10_000;

const scoredColumns = {
  unit_id: "text",
  arm: "text",
  probability: "double precision",
  exposed_at: "timestamptz",
  reported: "boolean",
  quality: "double precision",
  latency_ms: "double precision",
  cost: "double precision",
  success: "double precision",
} as const satisfies ColumnTypes<DueUnit>;

/** Stores the units that an analysis scored, so that no other analysis of the epoch's stage scores them. */
export async function insertScoredUnits(
  executor: Executor,
  rolloutId: string,
  { epoch, stage, analysis }: Pick<StoredAnalysis, "epoch" | "stage" | "analysis">,
  units: readonly DueUnit[],
): Promise<void> {
  for (let start = 0; start < units.length; start += UNITS_PER_STATEMENT) {
    await sql`
      insert into scored_units (unit_id, rollout_id, epoch, stage, analysis, arm, probability, exposed_at, reported, quality, latency_ms, cost, success)
      select unit_id, ${rolloutId}, ${epoch}, ${stage}, ${analysis}, arm, probability, exposed_at, reported, quality, latency_ms, cost, success
        from ${columnSet("r", scoredColumns, units.slice(start, start + UNITS_PER_STATEMENT))}`.execute(
      executor,
    );
  }
}

/** Returns the units of an analysis in the order that it scored them, for a replay. */
export async function readScoredUnits(
  executor: Executor,
  rolloutId: string,
  epoch: number,
  analysis: number,
): Promise<MaturedUnit[]> {
  const rows = await executor
    .selectFrom("scored_units")
    .select(["arm", "probability", "exposed_at", "reported", "quality", "latency_ms", "cost", "success"])
    .where("rollout_id", "=", rolloutId)
    .where("epoch", "=", epoch)
    .where("analysis", "=", analysis)
    .orderBy("exposed_at")
    .orderBy("unit_id")
    .execute();
  return rows.map((row) => ({ ...row, exposed_at: row.exposed_at.toISOString() }));
}
