/**
 * Embedded databases for the tests of one file, which run one after the other. Opening a PGlite takes a
 * second, emptying one some hundredths; so one that a test has disposed of is emptied for the next. One whose
 * schema a test has changed is closed instead.
 */
import { openAsBlob } from "node:fs";
import type { PGlite } from "@electric-sql/pglite";
import { inject } from "vitest";
import type { Database } from "../db/database.ts";
import { onPglite, openEmbeddedDatabase } from "../db/embedded-database.ts";

interface Kept {
  readonly pglite: PGlite;
  /** What the schema was when it came from the template, and the rows that the migrations had put in. */
  readonly schema: string;
  readonly seeded: readonly { readonly table: string; readonly rows: unknown }[];
}

let idle: Kept | undefined;

export interface EmbeddedTestDatabase {
  readonly database: Database;
  dispose(): Promise<void>;
}

export async function takeEmbeddedDatabase(): Promise<EmbeddedTestDatabase> {
  const kept = idle ?? (await openKept());
  idle = undefined;
  const port = onPglite(kept.pglite);
  // As a closed database: what a test has left running fails by itself, it does not reach the next test.
  const close = (): Promise<void> => port.kysely.destroy();
  const database: Database = Object.defineProperties(
    {},
    {
      ...Object.getOwnPropertyDescriptors(port),
      close: { value: close, enumerable: true },
    },
  ) as Database;
  return {
    database,
    async dispose() {
      await close();
      if (idle === undefined && (await emptied(kept))) idle = kept;
      else await kept.pglite.close();
    },
  };
}

async function openKept(): Promise<Kept> {
  const { pglite } = await openEmbeddedDatabase({
    loadDataDir: await openAsBlob(inject("embeddedTemplate")),
  });
  const seeded = [];
  for (const table of await tablesWithRows(pglite)) {
    const { rows } = await pglite.query<{ rows: unknown }>(`select json_agg(t) as rows from ${table} t`);
    seeded.push({ table, rows: rows[0]?.rows });
  }
  return { pglite, schema: await readSchema(pglite), seeded };
}

/** As it came from the template; false where the schema is another. */
async function emptied({ pglite, schema, seeded }: Kept): Promise<boolean> {
  // Also ends a transaction that a failed test has left open, and forgets its settings.
  await pglite.exec("rollback");
  await pglite.exec("discard all");
  // No triggers: what is append-only to the product is not so to us.
  await pglite.exec("set timezone to 'UTC'; set session_replication_role to replica");
  await pglite.exec("set client_min_messages to warning");
  if ((await readSchema(pglite)) !== schema) return false;
  const tables = await tablesWithRows(pglite);
  if (tables.length > 0) await pglite.exec(`truncate ${tables.join(", ")} cascade`);
  for (const { table, rows } of seeded) {
    await pglite.query(
      `insert into ${table} overriding system value select * from json_populate_recordset(null::${table}, $1)`,
      [JSON.stringify(rows)],
    );
  }
  await pglite.exec(`
    select setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    from pg_sequences where last_value is not null;
    reset session_replication_role; reset client_min_messages`);
  return true;
}

async function tablesWithRows(pglite: PGlite): Promise<string[]> {
  const { rows } = await pglite.query<{ name: string }>(
    "select format('%I', tablename) as name from pg_tables where schemaname = 'public' order by tablename",
  );
  if (rows.length === 0) return [];
  const filled = await pglite.query<{ name: string }>(
    rows.map(({ name }) => `select '${name}' as name where exists (select from ${name})`).join(" union all "),
  );
  return filled.rows.map(({ name }) => name);
}

async function readSchema(pglite: PGlite): Promise<string> {
  const { rows } = await pglite.query<{ schema: string }>(`
    select md5(string_agg(line, E'\\n' order by line)) as schema from (
      select format('%s %s %s', c.oid::regclass, c.relkind, coalesce(pg_get_viewdef(c.oid), '')) as line
        from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm', 'p', 'S')
      union all select pg_get_indexdef(indexrelid) from pg_index
        where indrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
      union all select format('%s %s %s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull)
        from pg_attribute where attnum > 0 and not attisdropped
        and attrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
      union all select format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint
        where connamespace = 'public'::regnamespace
      union all select format('%s %s', tgenabled, pg_get_triggerdef(oid)) from pg_trigger where not tgisinternal
      union all select pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
      union all select nspname from pg_namespace where nspname !~ '^pg_'
    ) as parts`);
  return rows[0]!.schema;
}
