import type { Rollout } from "@relearn/contract";
import { type RawBuilder, sql } from "kysely";
import { HOUR_MS } from "../clock.ts";
import type { Executor } from "../db/database.ts";
import type { AnalysisProgress, DueUnit, DueUnits } from "./compute-analysis.ts";
import { type LabelClasses, outcomeQuality } from "./outcome-quality-store.ts";
import {
  type EarlierExposure,
  joinEarlierExposure,
  RECEIPT_SLACK_MS,
  stageBasisPoints,
  toProbability,
} from "./stage-exposures-store.ts";

/** Bounds the time that an analysis holds the lock of the agent's release, and its memory. */
export const MAX_UNITS_PER_ANALYSIS = 50_000;

/**
 * Reads the units of the current stage whose windows have closed by `now` and that no analysis has scored yet,
 * the first exposed first; each with the mean over its outcomes within the maturity window of its first exposure
 * in the stage. Reads at most `maxUnits`, and more only to complete those of the same moment. Units that carry no
 * information are left out.
 */
export async function readDueUnits(
  executor: Executor,
  rollout: Rollout,
  progress: AnalysisProgress,
  labels: LabelClasses | null,
  now: Date,
  maxUnits: number,
): Promise<DueUnits> {
  const { policy, rollout_id: rolloutId } = rollout;
  const { epoch, stage, from, analyzedAt } = progress;
  const leftOver = progress.previous?.scored_through ?? null;
  const through = leftOver === null ? null : new Date(leftOver);
  const maturityMs = policy.maturity_hours * HOUR_MS;
  const windowEnd = sql`d.first_at + ${maturityMs} * interval '1 millisecond'`;
  // Only these can be new since the last analysis: units whose windows closed since, or that it left over, and
  // exposures that arrived since. This keeps an analysis from reading the whole stage; the lookup among the scored
  // units makes each unit count once.
  const lastAnalysis = analyzedAt?.getTime() ?? 0;
  const unread =
    through === null
      ? new Date(Math.max(lastAnalysis - maturityMs - RECEIPT_SLACK_MS, from.getTime()))
      : new Date(through.getTime() + 1);
  const arrivedSince = new Date(Math.max(lastAnalysis - RECEIPT_SLACK_MS, 0));
  // The lookup is one by one and each part has its own limit: as a join, or over the two together, it becomes
  // quadratic while the planner has no statistics of a table that has just begun to fill.
  const unscored = (condition: RawBuilder<unknown>): RawBuilder<unknown> => sql`(
    select e.unit_id, e.arm, e.first_at
      from exposures e
      left join lateral (
        select true as is_there from scored_units s
         where s.unit_id = e.unit_id and s.rollout_id = e.rollout_id and s.epoch = ${epoch} and s.stage = ${stage}
         limit 1) scored on true
     where e.rollout_id = ${rolloutId} and e.basis_points = ${stageBasisPoints(rollout)}
       and e.first_at <= ${new Date(now.getTime() - maturityMs)} and ${condition} and scored.is_there is null
     order by e.first_at fetch first ${maxUnits} rows with ties)`;
  const late = sql`e.received_at >= ${arrivedSince} and e.first_at >= ${from} and e.first_at < ${unread}`;
  const found = await sql<
    EarlierExposure & {
      unit_id: string;
      arm: "active" | "canary" | "holdback";
      first_at: Date;
      outcomes: number;
      quality: number | null;
      latency_ms: number | null;
      cost: number | null;
      success: number | null;
    }
  >`
    with due as materialized (
      select * from (
        ${unscored(sql`e.first_at >= ${unread}`)}
        ${through === null ? sql`union all ${unscored(late)}` : sql``}) either
       order by first_at fetch first ${maxUnits} rows with ties)
    select d.unit_id, d.arm, d.first_at, earlier.arm as earlier_arm, earlier.basis_points as earlier_basis_points,
           count(o.outcome_id)::int as outcomes, avg(${outcomeQuality(labels, windowEnd)}) as quality,
           avg(o.latency_ms) as latency_ms, avg(o.cost) as cost,
           avg(case when o.success then 1.0::float8 when not o.success then 0.0::float8 end) as success
      from due d
      ${joinEarlierExposure(rollout, sql`d`, "few")}
      left join outcomes o on o.unit_id = d.unit_id and o.rollout_id = ${rolloutId}
       and o.occurred_at >= d.first_at and o.occurred_at <= ${windowEnd}
     group by d.unit_id, d.arm, d.first_at, earlier.arm, earlier.basis_points
     order by d.first_at, d.unit_id`.execute(executor);

  const units = found.rows.flatMap((row): DueUnit[] => {
    const probability = toProbability(rollout.percent, row);
    if (probability === null) return [];
    return [
      {
        unit_id: row.unit_id,
        arm: row.arm === "canary" ? "canary" : "active",
        probability,
        exposed_at: row.first_at.toISOString(),
        reported: row.outcomes > 0,
        quality: row.quality,
        latency_ms: row.latency_ms,
        cost: row.cost,
        success: row.success,
      },
    ];
  });
  return {
    units,
    through: found.rows.length >= maxUnits ? found.rows.at(-1)!.first_at : null,
  };
}
