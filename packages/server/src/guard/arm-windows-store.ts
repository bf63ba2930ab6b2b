import type { Rollout } from "@relearn/contract";
import { sql } from "kysely";
import { HOUR_MS } from "../clock.ts";
import type { Executor } from "../db/database.ts";
import { type LabelClasses, outcomeQuality } from "./outcome-quality-store.ts";
import type { ArmWindow, ArmWindows } from "./rules/guard-rules.ts";
import { stageBasisPoints } from "./stage-exposures-store.ts";

/** Reads the plain means of both arms over units first exposed since `from` whose windows have closed by `now`. */
export async function readArmWindows(
  executor: Executor,
  rollout: Rollout,
  from: Date,
  labels: LabelClasses | null,
  now: Date,
): Promise<ArmWindows> {
  const maturityMs = rollout.policy.maturity_hours * HOUR_MS;
  const windowEnd = sql`e.first_at + ${maturityMs} * interval '1 millisecond'`;
  const found = await sql<{
    is_canary: boolean;
    units: number;
    quality_mean: number | null;
    latency_mean_ms: number | null;
  }>`
    select (e.arm = 'canary') as is_canary, count(*)::int as units,
           avg(scored.quality) as quality_mean, avg(scored.latency_ms) as latency_mean_ms
      from exposures e
      cross join lateral (
        select avg(${outcomeQuality(labels, windowEnd)}) as quality, avg(o.latency_ms) as latency_ms, count(*) as outcomes from outcomes o
         where o.unit_id = e.unit_id and o.rollout_id = e.rollout_id
           and o.occurred_at >= e.first_at and o.occurred_at <= e.first_at + ${maturityMs} * interval '1 millisecond') scored
     where e.rollout_id = ${rollout.rollout_id} and e.basis_points = ${stageBasisPoints(rollout)}
       and e.first_at >= ${from} and e.first_at <= ${new Date(now.getTime() - maturityMs)} and scored.outcomes > 0
     group by 1`.execute(executor);
  const arm = (isCanary: boolean): ArmWindow => {
    const row = found.rows.find((one) => one.is_canary === isCanary);
    return {
      units: row?.units ?? 0,
      quality_mean: row?.quality_mean ?? null,
      latency_mean_ms: row?.latency_mean_ms ?? null,
    };
  };
  return { canary: arm(true), active: arm(false) };
}
