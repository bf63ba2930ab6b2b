import { inject, onTestFinished } from "vitest";
import type { Database } from "../db/database.ts";
import { openServerDatabase } from "../db/server-database.ts";
import { takeEmbeddedDatabase } from "./embedded-test-database.ts";
import { onServer, withDatabaseName } from "./global-setup.ts";

let made = 0;

export interface TestDatabase {
  readonly database: Database;
  /** Address of the copy on a server, for tests that open more processes on it; undefined on the embedded one. */
  readonly url: string | undefined;
  /** Closes and removes it. */
  dispose(): Promise<void>;
}

/** A fresh, migrated, empty database on the engine of the run (`RELEARN_TEST_DATABASE`). */
export async function createTestDatabase(): Promise<TestDatabase> {
  if (process.env["RELEARN_TEST_DATABASE"] === "server") return createOnServer();
  return { url: undefined, ...(await takeEmbeddedDatabase()) };
}

async function createOnServer(): Promise<TestDatabase> {
  const server = process.env["RELEARN_TEST_DATABASE_URL"] ?? "";
  made += 1;
  const name = `relearn_test_${process.pid}_${process.env["VITEST_WORKER_ID"] ?? "0"}_${made}_${Date.now()}`;
  await onServer(server, `create database ${name} template ${inject("serverTemplate")}`);
  const url = withDatabaseName(server, name);
  const database = await openServerDatabase({ url });
  return {
    database,
    url,
    async dispose() {
      await database.close();
      await onServer(server, `drop database if exists ${name} with (force)`);
    },
  };
}

/** A test database that is disposed of when the present test ends. */
export async function testDatabase(): Promise<TestDatabase> {
  const made = await createTestDatabase();
  onTestFinished(() => made.dispose());
  return made;
}
