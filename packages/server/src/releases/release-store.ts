import type { Release } from "@relearn/contract";
import type { Selectable } from "kysely";
import type { Executor } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import { emptyRelease } from "./release.ts";

/** Number of replaced bundles kept for a rollback, as the specification requires. */
const BACKUPS_KEPT = 3;

export interface BundleBackup {
  readonly agent: string;
  readonly bundle_id: string;
  readonly reason: string;
  readonly replaced_at: string;
}

/** Returns the agent's release, or an empty one if nothing was ever released. */
export async function findRelease(executor: Executor, agent: string): Promise<Release> {
  const row = await executor.selectFrom("releases").selectAll().where("agent", "=", agent).executeTakeFirst();
  return row === undefined ? emptyRelease(agent) : toRelease(row);
}

/** Returns the agent's release, locked until the transaction ends; creates it if there is none. */
export async function lockRelease(executor: Executor, agent: string, now: Date): Promise<Release> {
  await executor
    .insertInto("releases")
    .values({ agent, updated_at: now })
    .onConflict((conflict) => conflict.column("agent").doNothing())
    .execute();
  const row = await executor
    .selectFrom("releases")
    .selectAll()
    .where("agent", "=", agent)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return toRelease(row);
}

/** Writes the release with the next generation. Returns false if it was changed concurrently. */
export async function updateRelease(executor: Executor, release: Release, now: Date): Promise<boolean> {
  const { agent, generation, ...values } = release;
  const result = await executor
    .updateTable("releases")
    .set({ ...values, generation: generation + 1, updated_at: now })
    .where("agent", "=", agent)
    .where("generation", "=", generation)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Returns the backups, newest first. */
export async function listBackups(executor: Executor, agent: string): Promise<BundleBackup[]> {
  const rows = await executor
    .selectFrom("bundle_backups")
    .selectAll()
    .where("agent", "=", agent)
    .orderBy("id", "desc")
    .execute();
  return rows.map((row) => ({
    agent: row.agent,
    bundle_id: row.bundle_id,
    reason: row.reason,
    replaced_at: row.replaced_at.toISOString(),
  }));
}

/** Adds the bundle as the newest backup, unless it is that already, and deletes the oldest beyond three. */
export async function addBackup(
  executor: Executor,
  agent: string,
  bundleId: string,
  reason: string,
  now: Date,
): Promise<void> {
  const [newest] = await listBackups(executor, agent);
  if (newest?.bundle_id === bundleId) return;
  await executor
    .insertInto("bundle_backups")
    .values({ agent, bundle_id: bundleId, reason, replaced_at: now })
    .execute();
  await executor
    .deleteFrom("bundle_backups")
    .where("agent", "=", agent)
    .where("id", "not in", (query) =>
      query
        .selectFrom("bundle_backups")
        .select("id")
        .where("agent", "=", agent)
        .orderBy("id", "desc")
        .limit(BACKUPS_KEPT),
    )
    .execute();
}

/** Removes the newest backup that is not `except`, with those after it, and returns its id, or undefined if there is none. */
export async function removeBackup(
  executor: Executor,
  agent: string,
  except: string | null,
): Promise<string | undefined> {
  const newest = await executor
    .selectFrom("bundle_backups")
    .select(["id", "bundle_id"])
    .where("agent", "=", agent)
    .where("bundle_id", "is distinct from", except)
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  if (newest === undefined) return undefined;
  await executor
    .deleteFrom("bundle_backups")
    .where("agent", "=", agent)
    .where("id", ">=", newest.id)
    .execute();
  return newest.bundle_id;
}

function toRelease(row: Selectable<Tables["releases"]>): Release {
  const { updated_at: _updatedAt, ...release } = row;
  return release;
}
