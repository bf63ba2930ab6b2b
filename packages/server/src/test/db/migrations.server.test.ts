import { sql } from "kysely";
import { expect, it, onTestFinished } from "vitest";
import { migrate } from "../../db/migrate.ts";
import { openServerDatabase } from "../../db/server-database.ts";
import { onServer, withDatabaseName } from "../global-setup.ts";

it("migrations are safe when several processes start at once on an empty database", async () => {
  const server = process.env["RELEARN_TEST_DATABASE_URL"] ?? "";
  const name = `relearn_migrations_${process.pid}_${Date.now()}`;
  await onServer(server, `create database ${name}`);
  onTestFinished(() => onServer(server, `drop database if exists ${name} with (force)`));
  const url = withDatabaseName(server, name);
  const databases = await Promise.all(
    Array.from({ length: 4 }, () => openServerDatabase({ url, maxConnections: 2 })),
  );
  try {
    await Promise.all(databases.map((database) => migrate(database)));
    const applied = sql<{ name: string }>`select name from schema_migrations order by name`;
    const names = (await applied.execute(databases[0]!.kysely)).rows.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(4);
    expect(new Set(names).size).toBe(names.length);
    // Once more changes nothing.
    await migrate(databases[1]!);
    expect((await applied.execute(databases[0]!.kysely)).rows).toHaveLength(names.length);
  } finally {
    await Promise.all(databases.map((database) => database.close()));
  }
});
