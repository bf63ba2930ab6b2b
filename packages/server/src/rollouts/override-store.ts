import type { RolloutOverride } from "@relearn/contract";
import type { Selectable } from "kysely";
import type { Executor } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";

export async function insertOverride(
  executor: Executor,
  act: Pick<RolloutOverride, "rollout_id" | "generation" | "agent" | "about" | "actor" | "reason">,
  now: Date,
): Promise<void> {
  await executor
    .insertInto("rollout_overrides")
    .values({ ...act, at: now })
    .execute();
}

export async function findOverride(
  executor: Executor,
  rolloutId: string,
  generation: number,
): Promise<RolloutOverride | undefined> {
  const row = await executor
    .selectFrom("rollout_overrides")
    .selectAll()
    .where("rollout_id", "=", rolloutId)
    .where("generation", "=", generation)
    .executeTakeFirst();
  return row && toOverride(row);
}

/** Stores the finding of a review; returns false if the override was reviewed in the meantime. */
export async function settleOverride(
  executor: Executor,
  act: Pick<RolloutOverride, "rollout_id" | "generation">,
  review: { readonly by: string; readonly finding: "upheld" | "objected"; readonly notes: string },
  now: Date,
): Promise<boolean> {
  const result = await executor
    .updateTable("rollout_overrides")
    .set({ reviewed_by: review.by, reviewed_at: now, finding: review.finding, notes: review.notes })
    .where("rollout_id", "=", act.rollout_id)
    .where("generation", "=", act.generation)
    .where("finding", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Lists the open overrides, the oldest first, then the reviewed ones, the newest review first. */
export async function listOverrides(
  executor: Executor,
  filter: { readonly agent?: string | undefined; readonly open?: boolean | undefined },
  limit: number,
): Promise<RolloutOverride[]> {
  let query = executor
    .selectFrom("rollout_overrides")
    .selectAll()
    .orderBy("reviewed_at", (order) => order.desc().nullsFirst())
    .orderBy("at")
    .limit(limit);
  if (filter.agent !== undefined) query = query.where("agent", "=", filter.agent);
  if (filter.open !== undefined) query = query.where("finding", filter.open ? "is" : "is not", null);
  return (await query.execute()).map(toOverride);
}

function toOverride(row: Selectable<Tables["rollout_overrides"]>): RolloutOverride {
  return { ...row, at: row.at.toISOString(), reviewed_at: row.reviewed_at?.toISOString() ?? null };
}
