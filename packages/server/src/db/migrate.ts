import { sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { RelearnError } from "../errors.ts";
import type { Database } from "./database.ts";
import { foundation } from "./migrations/0001-foundation.ts";
import { controlShare } from "./migrations/0002-control-share.ts";
import { access } from "./migrations/0003-access.ts";
import { idempotency } from "./migrations/0004-idempotency.ts";
import { rolloutRecords } from "./migrations/0005-rollout-records.ts";
import { modelJudge } from "./migrations/0006-model-judge.ts";
import { jobLanes } from "./migrations/0007-job-lanes.ts";
import { vocabulary } from "./migrations/0008-vocabulary.ts";

/** Every migration in order. A published migration never changes; a new one corrects its mistakes. */
const migrations: Readonly<Record<string, readonly string[]>> = {
  "0001-foundation": foundation,
  "0002-control-share": controlShare,
  "0003-access": access,
  "0004-idempotency": idempotency,
  "0005-rollout-records": rolloutRecords,
  "0006-model-judge": modelJudge,
  "0007-job-lanes": jobLanes,
  "0008-vocabulary": vocabulary,
};

const MIGRATION_TABLE = "schema_migrations";

/**
 * Migrates the schema to the latest version. Two processes can start at once: Kysely's migrator takes an
 * advisory lock on a server, and an embedded folder has one process. All pending migrations commit in one
 * transaction. Refuses a database of a newer version of Relearn.
 */
export async function migrate(database: Database): Promise<void> {
  await refuseNewerSchema(database);
  const migrator = new Migrator({
    db: database.kysely,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(
          Object.entries(migrations).map(([name, statements]) => [name, asMigration(statements)]),
        ),
    },
    migrationTableName: MIGRATION_TABLE,
    migrationLockTableName: "schema_migrations_lock",
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) {
    throw new RelearnError(
      "database_unsupported",
      `The database schema could not be migrated: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

async function refuseNewerSchema({ kysely }: Database): Promise<void> {
  const { rows } = await sql<{
    found: boolean;
  }>`select to_regclass(${MIGRATION_TABLE}) is not null as found`.execute(kysely);
  if (rows[0]?.found !== true) return;
  const applied = await sql<{
    name: string;
  }>`select name from ${sql.table(MIGRATION_TABLE)} order by name`.execute(kysely);
  const unknown = applied.rows.map(({ name }) => name).filter((name) => !Object.hasOwn(migrations, name));
  if (unknown.length === 0) return;
  throw new RelearnError(
    "database_unsupported",
    `The database was written by a newer version of Relearn: it has the unknown migrations ${unknown.join(", ")}. Use that version or a later one, or open another database. Nothing was changed.`,
  );
}

function asMigration(statements: readonly string[]): Migration {
  return {
    async up(db) {
      for (const statement of statements) await sql.raw(statement).execute(db);
    },
  };
}
