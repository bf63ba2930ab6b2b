import { join } from "node:path";
import type { DatabaseLocation } from "../config.ts";
import { type FolderLock, lockDataFolder } from "./data-folder-lock.ts";
import type { Database } from "./database.ts";
import { openEmbeddedDatabase } from "./embedded-database.ts";
import { migrate } from "./migrate.ts";
import { openServerDatabase } from "./server-database.ts";

export interface OpenedDatabase {
  readonly database: Database;
  /** Lock of the embedded folder, if there is one. */
  readonly lock: FolderLock | undefined;
}

/** Opens the database and migrates its schema; locks an embedded folder first. */
export async function openDatabase(location: DatabaseLocation): Promise<OpenedDatabase> {
  const lock = location.kind === "folder" ? await lockDataFolder(location.folder) : undefined;
  try {
    const database =
      location.kind === "server"
        ? await openServerDatabase({ url: location.url })
        : await openEmbeddedDatabase(
            location.kind === "folder" ? { folder: join(location.folder, "postgres") } : {},
          );
    try {
      await migrate(database);
    } catch (error) {
      await database.close();
      throw error;
    }
    return { database, lock };
  } catch (error) {
    await lock?.release();
    throw error;
  }
}
