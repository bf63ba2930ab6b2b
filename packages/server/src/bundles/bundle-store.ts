import type { BundleDocument } from "@relearn/client";
import type { BundleStatus, TrainingSnapshot } from "@relearn/contract";
import { type Selectable, sql } from "kysely";
import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";
import type { Tables } from "../db/tables.ts";
import { RelearnError } from "../errors.ts";
import { contentDigest } from "./bundle.ts";

export interface StoredBundle {
  readonly bundle: BundleDocument;
  readonly status: BundleStatus;
  readonly created_by: string;
  /** What it was trained on, so that the same training can be made again. */
  readonly training: TrainingSnapshot;
}

/** Stores a bundle; false where the same content is stored already (a bundle is named by its content). */
export async function insertBundle(
  executor: Executor,
  bundle: BundleDocument,
  training: TrainingSnapshot,
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
      training: jsonb(training),
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

/** `from`: only where it stands so now. A request that ends says nothing of a bundle that meanwhile is active. */
export async function setBundleStatus(
  executor: Executor,
  bundleId: string,
  status: BundleStatus,
  now: Date,
  from?: readonly BundleStatus[],
): Promise<void> {
  let update = executor
    .updateTable("bundles")
    .set({ status, updated_at: now })
    .where("bundle_id", "=", bundleId);
  if (from !== undefined) update = update.where("status", "in", [...from]);
  await update.execute();
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

/** The bundle; throws `unknown_bundle`. */
export async function requireBundle(executor: Executor, bundleId: string): Promise<StoredBundle> {
  const stored = await findBundle(executor, bundleId);
  if (stored === undefined) {
    throw new RelearnError(
      "unknown_bundle",
      `There is no bundle "${bundleId}". \`relearn bundles list\` shows those there are.`,
    );
  }
  return stored;
}

/** Holds the bundle's content against its digest, before it gets all the traffic; throws `bundle_altered`. */
export async function requireIntactBundle(executor: Executor, bundleId: string): Promise<void> {
  const { bundle } = await requireBundle(executor, bundleId);
  const found = contentDigest(bundle);
  if (found === bundle.digest) return;
  throw new RelearnError(
    "bundle_altered",
    `${bundleId} was changed in the database: its content has the digest ${found.slice(0, 12)}, not ${bundle.digest.slice(0, 12)}. It gets no traffic.`,
    { details: { bundle_id: bundleId, found, expected: bundle.digest } },
  );
}

function toBundle(row: Selectable<Tables["bundles"]>): StoredBundle {
  return { bundle: row.document, status: row.status, created_by: row.created_by, training: row.training };
}
