import type { Selectable } from "kysely";
import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";
import type { Tables } from "../db/tables.ts";

export type StoredSetting = Selectable<Tables["settings"]>;

export function listSettings(executor: Executor): Promise<StoredSetting[]> {
  return executor.selectFrom("settings").selectAll().orderBy("key").execute();
}

export function findSetting(executor: Executor, key: string): Promise<StoredSetting | undefined> {
  return executor.selectFrom("settings").selectAll().where("key", "=", key).executeTakeFirst();
}

/** Returns the row, locked until the transaction ends, so that concurrent changes are serialized. */
export function lockSetting(executor: Executor, key: string): Promise<StoredSetting | undefined> {
  return executor.selectFrom("settings").selectAll().where("key", "=", key).forUpdate().executeTakeFirst();
}

export async function writeSetting(
  executor: Executor,
  setting: { key: string; value: unknown; updatedBy: string },
  now: Date,
): Promise<void> {
  const row = { value: jsonb(setting.value), updated_by: setting.updatedBy, updated_at: now };
  await executor
    .insertInto("settings")
    .values({ key: setting.key, ...row })
    .onConflict((conflict) => conflict.column("key").doUpdateSet(row))
    .execute();
}

/** Writes the setting unless it exists; returns the stored value. */
export async function writeSettingOnce(
  executor: Executor,
  setting: { key: string; value: unknown; updatedBy: string },
  now: Date,
): Promise<unknown> {
  await executor
    .insertInto("settings")
    .values({
      key: setting.key,
      value: jsonb(setting.value),
      updated_by: setting.updatedBy,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.column("key").doNothing())
    .execute();
  return (await findSetting(executor, setting.key))?.value;
}

export async function deleteSetting(executor: Executor, key: string): Promise<boolean> {
  const result = await executor.deleteFrom("settings").where("key", "=", key).executeTakeFirst();
  return result.numDeletedRows > 0n;
}
