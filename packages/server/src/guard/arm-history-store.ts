import type { ArmFigures, ArmHistoryPoint } from "@relearn/contract";
import { sql } from "kysely";
import { HOUR_MS } from "../clock.ts";
import type { Executor } from "../db/database.ts";

/** Reads the measures of both arms in points of `hours` hours since `startedAt`, in order. */
export async function readArmHistory(
  executor: Executor,
  rolloutId: string,
  startedAt: Date,
  hours: number,
): Promise<ArmHistoryPoint[]> {
  const widthMs = hours * HOUR_MS;
  // Joined through the analyses: an index finds units by analysis, none finds them by rollout alone.
  const found = await sql<ArmFigures & { point: number; epoch: number; stage: number; is_canary: boolean }>`
    select floor(extract(epoch from s.exposed_at - ${startedAt}::timestamptz) * 1000 / ${widthMs})::int as point,
           s.epoch, s.stage, (s.arm = 'canary') as is_canary, count(*)::int as units,
           case when count(s.quality) > 0 then avg(coalesce(s.quality, 0)) end as quality,
           case when count(s.success) > 0 then avg(coalesce(s.success, 0)) end as success,
           avg(s.cost) as cost,
           percentile_cont(0.5) within group (order by s.latency_ms) as latency_p50_ms,
           percentile_cont(0.95) within group (order by s.latency_ms) as latency_p95_ms
      from rollout_analyses l
      join scored_units s on s.analysis = l.analysis and s.rollout_id = l.rollout_id and s.epoch = l.epoch
     where l.rollout_id = ${rolloutId}
     group by 1, 2, 3, 4
     order by 2, 3, 1`.execute(executor);
  const points = new Map<string, { -readonly [Member in keyof ArmHistoryPoint]: ArmHistoryPoint[Member] }>();
  for (const { point, epoch, stage, is_canary, ...figures } of found.rows) {
    const name = `${epoch} ${stage} ${point}`;
    const entry = points.get(name) ?? { hour: point * hours, epoch, stage, canary: null, active: null };
    entry[is_canary ? "canary" : "active"] = figures;
    points.set(name, entry);
  }
  return [...points.values()];
}
