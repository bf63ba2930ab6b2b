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
  /** Training data and options, so that the training can be repeated. */
  readonly training: TrainingSnapshot;
}

/** Stores a bundle. Returns false if the same content is already stored (a bundle is named by its content). */
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

/** Returns the bundles of one agent or all, with one status or any, newest first. */
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

/** Sets the status of a bundle, whatever it was. Throws `unknown_bundle` if no row was updated. */
export async function setBundleStatus(
  executor: Executor,
  bundleId: string,
  status: BundleStatus,
  now: Date,
): Promise<void> {
  if (await updateStatus(executor, bundleId, status, now)) return;
  throw unknownBundle(bundleId);
}

/**
 * Sets the status of a bundle if it is one of `from`; otherwise leaves it, because the end of an approval must not
 * change a bundle that has become active in the meantime. Returns whether the status was changed. Throws
 * `unknown_bundle` if there is no such bundle.
 */
export async function setBundleStatusFrom(
  executor: Executor,
  bundleId: string,
  from: readonly BundleStatus[],
  status: BundleStatus,
  now: Date,
): Promise<boolean> {
  if (await updateStatus(executor, bundleId, status, now, from)) return true;
  await requireBundle(executor, bundleId);
  return false;
}

async function updateStatus(
  executor: Executor,
  bundleId: string,
  status: BundleStatus,
  now: Date,
  from?: readonly BundleStatus[],
): Promise<boolean> {
  let update = executor
    .updateTable("bundles")
    .set({ status, updated_at: now })
    .where("bundle_id", "=", bundleId);
  if (from !== undefined) update = update.where("status", "in", [...from]);
  return (await update.executeTakeFirst()).numUpdatedRows === 1n;
}

/**
 * Returns the newest bundle of the agent that completed a rollout and was not rolled back since, however old: the
 * bundle that a rollback from full deployment restores.
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

/** Returns a bundle; throws `unknown_bundle`. */
export async function requireBundle(executor: Executor, bundleId: string): Promise<StoredBundle> {
  const stored = await findBundle(executor, bundleId);
  if (stored === undefined) throw unknownBundle(bundleId);
  return stored;
}

function unknownBundle(bundleId: string): RelearnError {
  return new RelearnError(
    "unknown_bundle",
    `There is no bundle "${bundleId}". \`relearn bundles list\` shows the bundles.`,
  );
}

/** Verifies the content of a bundle against its digest before it gets all traffic; throws `bundle_altered`. */
export async function requireIntactBundle(executor: Executor, bundleId: string): Promise<void> {
  const { bundle } = await requireBundle(executor, bundleId);
  const found = contentDigest(bundle);
  if (found === bundle.digest) return;
  throw new RelearnError(
    "bundle_altered",
    `${bundleId} was altered in the database: the digest of its content is ${found.slice(0, 12)}, not ${bundle.digest.slice(0, 12)}. It receives no traffic.`,
    { details: { bundle_id: bundleId, found, expected: bundle.digest } },
  );
}

function toBundle(row: Selectable<Tables["bundles"]>): StoredBundle {
  return { bundle: row.document, status: row.status, created_by: row.created_by, training: row.training };
}
