import { sql } from "kysely";
import { HOUR_MS } from "../clock.ts";
import type { Executor } from "../db/database.ts";
import { type LabelClasses, outcomeQuality } from "./outcome-quality-store.ts";

/** Enough outcomes for quantiles of 0.1 %; they are read in well under a second. */
const BASELINE_OUTCOMES = 50_000;

export interface PastOutcomes {
  readonly quality: number[];
  readonly latency_ms: number[];
  readonly cost: number[];
  readonly success: number[];
}

/**
 * Reads the active arm's outcomes between two times, at most the newest 50,000; absent values are NaN. If quality is
 * computed from labels, those count that were given within `maturityHours` of the outcome.
 */
export async function readActivePast(
  executor: Executor,
  agent: string,
  range: { readonly from: Date; readonly to: Date; readonly maturityHours: number },
  labels: LabelClasses | null,
): Promise<PastOutcomes> {
  const windowEnd = sql`o.occurred_at + ${range.maturityHours * HOUR_MS} * interval '1 millisecond'`;
  const { rows } = await sql<{
    quality: number | null;
    latency_ms: number | null;
    cost: number | null;
    success: boolean | null;
  }>`
    select ${outcomeQuality(labels, windowEnd)} as quality, o.latency_ms, o.cost, o.success from outcomes o
     where o.agent = ${agent} and o.arm <> 'canary' and o.occurred_at >= ${range.from} and o.occurred_at < ${range.to}
     order by o.occurred_at desc limit ${BASELINE_OUTCOMES}`.execute(executor);
  return {
    quality: rows.map((row) => row.quality ?? Number.NaN),
    latency_ms: rows.map((row) => row.latency_ms ?? Number.NaN),
    cost: rows.map((row) => row.cost ?? Number.NaN),
    success: rows.map((row) => (row.success === null ? Number.NaN : Number(row.success))),
  };
}

/** Counts the different units that reported in the range; `since` is the time of the first outcome, null if there is none. */
export async function countRecentUnits(
  executor: Executor,
  agent: string,
  from: Date,
  to: Date,
): Promise<{ units: number; since: Date | null }> {
  const { rows } = await sql<{ units: number; since: Date | null }>`
    select count(*)::int as units, min(since) as since from (
      select unit_id, min(occurred_at) as since from outcomes
       where agent = ${agent} and occurred_at >= ${from} and occurred_at <= ${to} group by unit_id) seen`.execute(
    executor,
  );
  return rows[0]!;
}

/** Returns the judges of the newest outcomes with a quality since `from`, the newest first. */
export async function findNewestJudges(
  executor: Executor,
  agent: string,
  from: Date,
  limit: number,
): Promise<(string | null)[]> {
  const rows = await executor
    .selectFrom("outcomes")
    .select("judge")
    .where("agent", "=", agent)
    .where("quality", "is not", null)
    .where("occurred_at", ">=", from)
    .orderBy("occurred_at", "desc")
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => row.judge);
}
