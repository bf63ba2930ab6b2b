import type { BundleDocument } from "@relearn/client";
import { type Selectable, sql } from "kysely";
import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";
import type { BundleStatus, Tables } from "../db/tables.ts";

export interface StoredBundle {
  readonly bundle: BundleDocument;
  readonly status: BundleStatus;
  readonly created_by: string;
}

/** Stores a bundle; false where the same content is stored already (a bundle is named by its content). */
export async function insertBundle(
  executor: Executor,
  bundle: BundleDocument,
  createdBy: string,
  now: Date,
): Promise<boolean> {
  const result = await executor
    .insertInto("bundles")
    .values({
      bundle_id: bundle.bundle_id,
      agent: bundle.agent,
      digest: bundle.digest,
      document: jsonb(bundle),
      status: "pending",
      created_by: createdBy,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function findBundle(executor: Executor, bundleId: string): Promise<StoredBundle | undefined> {
  const row = await executor
    .selectFrom("bundles")
    .selectAll()
    .where("bundle_id", "=", bundleId)
    .executeTakeFirst();
  return row && toBundle(row);
}

/** Bundles newest first, of one agent or of all, below `before` (a creation time and id) where given. */
export async function listBundles(
  executor: Executor,
  filter: { readonly agent?: string | undefined; readonly status?: BundleStatus | undefined },
  limit: number,
): Promise<StoredBundle[]> {
  let query = executor
    .selectFrom("bundles")
    .selectAll()
    .orderBy("created_at", "desc")
    .orderBy("bundle_id")
    .limit(limit);
  if (filter.agent !== undefined) query = query.where("agent", "=", filter.agent);
  if (filter.status !== undefined) query = query.where("status", "=", filter.status);
  return (await query.execute()).map(toBundle);
}

export async function setBundleStatus(
  executor: Executor,
  bundleId: string,
  status: BundleStatus,
  now: Date,
): Promise<void> {
  await executor
    .updateTable("bundles")
    .set({ status, updated_at: now })
    .where("bundle_id", "=", bundleId)
    .execute();
}

/**
 * The newest bundle of the agent that went all the way and was not rolled back since, however old:
 * what a rollback from full deployment restores.
 */
export async function findNewestKnownGood(executor: Executor, agent: string): Promise<string | undefined> {
  const row = await executor
    .selectFrom("rollouts")
    .innerJoin("bundles", "bundles.bundle_id", "rollouts.bundle_id")
    .select("rollouts.bundle_id")
    .where("rollouts.agent", "=", agent)
    .where("rollouts.state", "=", "completed")
    .where("bundles.status", "<>", "rolled_back")
    .orderBy(sql`rollouts.document ->> 'ended_at'`, "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.bundle_id;
}

function toBundle(row: Selectable<Tables["bundles"]>): StoredBundle {
  return { bundle: row.document, status: row.status, created_by: row.created_by };
}
