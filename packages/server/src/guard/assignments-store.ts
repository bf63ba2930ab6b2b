import type { Rollout } from "@relearn/contract";
import { sql } from "kysely";
import type { Executor } from "../db/database.ts";
import type { SplitCounts } from "../numerics/sample-ratio.ts";
import type { SettledAssignments } from "./analysis-records.ts";
import {
  type EarlierExposure,
  joinEarlierExposure,
  RECEIPT_SLACK_MS,
  stageBasisPoints,
  toProbability,
} from "./stage-exposures-store.ts";

/**
 * Counts every assignment of the current stage so far, by its planned probability. Assignments that an earlier
 * analysis of the stage has settled are not read again, so that an analysis costs as much as there is new.
 */
export async function countAssignments(
  executor: Executor,
  rollout: Rollout,
  from: Date,
  settled: SettledAssignments | null,
  now: Date,
): Promise<{ assignments: SplitCounts[]; settled: SettledAssignments }> {
  const boundary = new Date(now.getTime() - RECEIPT_SLACK_MS);
  const after = settled === null ? null : new Date(settled.received_before);
  const counted = after !== null && after > boundary ? after : boundary;
  const old = await countReceived(executor, rollout, from, after, counted);
  const recent = await countReceived(executor, rollout, from, counted, null);
  const counts = sumCounts([...(settled?.counts ?? []), ...old]);
  return {
    assignments: sumCounts([...counts, ...recent]),
    settled: { received_before: counted.toISOString(), counts },
  };
}

async function countReceived(
  executor: Executor,
  rollout: Rollout,
  from: Date,
  after: Date | null,
  before: Date | null,
): Promise<SplitCounts[]> {
  const found = await sql<EarlierExposure & { canary: number; active: number }>`
    select earlier.arm as earlier_arm, earlier.basis_points as earlier_basis_points,
           count(*) filter (where e.arm = 'canary')::int as canary, count(*) filter (where e.arm <> 'canary')::int as active
      from exposures e
      ${joinEarlierExposure(rollout, sql`e`, after === null ? "all" : "few")}
     where e.rollout_id = ${rollout.rollout_id} and e.basis_points = ${stageBasisPoints(rollout)} and e.first_at >= ${from}
       ${after === null ? sql`` : sql`and e.received_at >= ${after}`}
       ${before === null ? sql`` : sql`and e.received_at < ${before}`}
     group by 1, 2`.execute(executor);
  return found.rows.flatMap((row) => {
    const probability = toProbability(rollout.percent, row);
    return probability === null ? [] : [{ probability, canary: row.canary, active: row.active }];
  });
}

/** Sums the counts by probability, the lowest first. */
function sumCounts(all: readonly SplitCounts[]): SplitCounts[] {
  const counts = new Map<number, SplitCounts>();
  for (const { probability, canary, active } of all) {
    const before = counts.get(probability);
    counts.set(probability, {
      probability,
      canary: canary + (before?.canary ?? 0),
      active: active + (before?.active ?? 0),
    });
  }
  return [...counts.values()].sort((a, b) => a.probability - b.probability);
}
