import { sql } from "kysely";
import { expect, it } from "vitest";
import { migrate } from "../../db/migrate.ts";
import { testDatabase } from "../test-database.ts";

it("refuses a database of a newer version and names the unknown migrations", async () => {
  const { database } = await testDatabase();
  await migrate(database);
  await sql`insert into schema_migrations (name, timestamp) values ('9999-later', 'now')`.execute(
    database.kysely,
  );
  await expect(migrate(database)).rejects.toMatchObject({
    code: "database_unsupported",
    message: expect.stringContaining("unknown migrations 9999-later"),
  });
});
