import type { Selectable } from "kysely";
import type { Executor } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";

export type StoredKey = Selectable<Tables["api_keys"]>;

/** Returns whether a key was ever created; revoked and expired keys count. */
export async function hasAnyKey(executor: Executor): Promise<boolean> {
  return (await executor.selectFrom("api_keys").select("key_id").limit(1).executeTakeFirst()) !== undefined;
}

export async function insertKey(
  executor: Executor,
  key: Omit<StoredKey, "last_used_at" | "revoked_at" | "revoked_by">,
): Promise<void> {
  await executor
    .insertInto("api_keys")
    .values({
      ...key,
      last_used_at: null,
      revoked_at: null,
      revoked_by: null,
    })
    .execute();
}

export function findKey(executor: Executor, keyId: string): Promise<StoredKey | undefined> {
  return executor.selectFrom("api_keys").selectAll().where("key_id", "=", keyId).executeTakeFirst();
}

/** Returns all keys, newest first. */
export function listKeys(executor: Executor): Promise<StoredKey[]> {
  return executor
    .selectFrom("api_keys")
    .selectAll()
    .orderBy("created_at", "desc")
    .orderBy("key_id")
    .execute();
}

export async function listPersons(executor: Executor): Promise<string[]> {
  const rows = await executor.selectFrom("api_keys").select("person").distinct().orderBy("person").execute();
  return rows.map((row) => row.person);
}

/** Returns the usable admin keys, locked until the transaction ends, so that two transactions cannot each revoke one of the last two. */
export async function lockUsableAdminKeys(executor: Executor, now: Date): Promise<string[]> {
  const rows = await usableAdminKeys(executor, now).orderBy("key_id").forUpdate().execute();
  return rows.map((row) => row.key_id);
}

export async function hasUsableAdminKey(executor: Executor, now: Date): Promise<boolean> {
  return (await usableAdminKeys(executor, now).limit(1).executeTakeFirst()) !== undefined;
}

function usableAdminKeys(executor: Executor, now: Date) {
  return executor
    .selectFrom("api_keys")
    .select("key_id")
    .where("role", "=", "admin")
    .where("revoked_at", "is", null)
    .where((row) => row.or([row("expires_at", "is", null), row("expires_at", ">", now)]));
}

/** Revokes a key. Returns false if it was already revoked or does not exist. */
export async function revokeKey(executor: Executor, keyId: string, by: string, now: Date): Promise<boolean> {
  const result = await executor
    .updateTable("api_keys")
    .set({ revoked_at: now, revoked_by: by })
    .where("key_id", "=", keyId)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Records the time of use, unless one was recorded after `since`. */
export async function touchKey(executor: Executor, keyId: string, since: Date, now: Date): Promise<void> {
  await executor
    .updateTable("api_keys")
    .set({ last_used_at: now })
    .where("key_id", "=", keyId)
    .where((row) => row.or([row("last_used_at", "is", null), row("last_used_at", "<", since)]))
    .execute();
}
