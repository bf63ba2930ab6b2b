import { type RawBuilder, sql } from "kysely";
import type { Executor } from "../db/database.ts";

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly collation: string | null;
  readonly notNull: boolean;
  readonly identity: "" | "a" | "d";
  readonly generated: "" | "s" | "v";
  readonly expression: string | null;
}

/** An index or a trigger: a statement that belongs to a table. */
interface Statement {
  readonly table: string;
  readonly definition: string;
}

interface Constraint extends Statement {
  readonly name: string;
}

const relations = sql`pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = current_schema()`;
const byCodePoint = sql.raw('collate "C"');

/**
 * Reads the schema of a migrated database from PostgreSQL's catalog and returns it as SQL: types, sequences,
 * functions, tables with columns, constraints, indexes and triggers, views and comments. The text is the same
 * on every supported PostgreSQL (but PostgreSQL 15 qualifies the columns of a view that reads one table). It
 * is for reading and comparing: it is sorted by name, so a foreign key may come before its table, and it holds
 * no rows, owners or rights.
 */
export async function dumpSchema(db: Executor): Promise<string> {
  const read = async <Row>(query: RawBuilder<Row>): Promise<Row[]> => (await query.execute(db)).rows;
  const enums = await read(sql<{ name: string; labels: string[] }>`
    select quote_ident(t.typname) as name, array_agg(e.enumlabel::text order by e.enumsortorder) as labels
    from pg_type t join pg_namespace n on n.oid = t.typnamespace and n.nspname = current_schema()
    join pg_enum e on e.enumtypid = t.oid
    group by t.typname order by t.typname ${byCodePoint}`);
  // Sequences of identity columns belong to their columns.
  const sequences = await read(sql<{ name: string; type: string }>`
    select quote_ident(c.relname) as name, format_type(s.seqtypid, null) as type
    from ${relations} join pg_sequence s on s.seqrelid = c.oid
    where not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'i')
    order by c.relname ${byCodePoint}`);
  const functions = await read(sql<{ definition: string }>`
    select pg_get_functiondef(p.oid) as definition
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace and n.nspname = current_schema()
    where p.prokind in ('f', 'p')
    order by p.proname ${byCodePoint}, pg_get_function_identity_arguments(p.oid) ${byCodePoint}`);
  const columns = await read(sql<Column>`
    select quote_ident(c.relname) as "table", quote_ident(a.attname) as name, format_type(a.atttypid, a.atttypmod) as type,
      case when a.attcollation <> t.typcollation then quote_ident(l.collname) end as collation,
      a.attnotnull as "notNull", a.attidentity as identity, a.attgenerated as generated,
      pg_get_expr(d.adbin, d.adrelid) as expression
    from ${relations} join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join pg_collation l on l.oid = a.attcollation
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relkind in ('r', 'p')
    order by c.relname ${byCodePoint}, a.attnum`);
  // From PostgreSQL 18 "not null" is a constraint (n) with a name; here it stays part of the column.
  const constraints = await read(sql<Constraint>`
    select quote_ident(c.relname) as "table", quote_ident(s.conname) as name, pg_get_constraintdef(s.oid) as definition
    from ${relations} join pg_constraint s on s.conrelid = c.oid
    where s.contype in ('c', 'f', 'p', 'u', 'x')
    order by c.relname ${byCodePoint}, position(s.contype::text in 'pufcx'), s.conname ${byCodePoint}`);
  const indexes = await read(sql<Statement>`
    select quote_ident(c.relname) as "table", pg_get_indexdef(i.indexrelid) as definition
    from ${relations} join pg_index i on i.indrelid = c.oid join pg_class x on x.oid = i.indexrelid
    where not exists (select from pg_constraint where conindid = i.indexrelid and contype in ('p', 'u', 'x'))
    order by c.relname ${byCodePoint}, x.relname ${byCodePoint}`);
  const triggers = await read(sql<Statement>`
    select quote_ident(c.relname) as "table", pg_get_triggerdef(t.oid) as definition
    from ${relations} join pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal
    order by c.relname ${byCodePoint}, t.tgname ${byCodePoint}`);
  const views = await read(sql<{ name: string; definition: string }>`
    select quote_ident(c.relname) as name, pg_get_viewdef(c.oid) as definition
    from ${relations} where c.relkind = 'v' order by c.relname ${byCodePoint}`);
  const comments = await read(sql<{ target: string; text: string }>`
    select case when d.objsubid = 0 then 'table ' || quote_ident(c.relname)
      else 'column ' || quote_ident(c.relname) || '.' || quote_ident(a.attname) end as target,
      quote_literal(d.description) as text
    from ${relations} join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = c.oid
    left join pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid
    order by c.relname ${byCodePoint}, d.objsubid`);

  const tables = [...new Set(columns.map(({ table }) => table))];
  const schema = (await read(sql<{ name: string }>`select quote_ident(current_schema()) as name`))[0]!.name;
  return `${[
    "-- The schema of a new database, written by `npm run schema`; a test compares the two.",
    ...enums.map(({ name, labels }) => `create type ${name} as enum ('${labels.join("', '")}');`),
    ...sequences.map(({ name, type }) => `create sequence ${name} as ${type};`),
    ...functions.map(({ definition }) => `${definition.trimEnd()};`),
    ...tables.map((table) =>
      [
        `create table ${table} (`,
        [
          ...columns.filter((column) => column.table === table).map(formatColumn),
          ...constraints
            .filter((constraint) => constraint.table === table)
            .map(({ name, definition }) => `  constraint ${name} ${definition}`),
        ].join(",\n"),
        ");",
        ...[...indexes, ...triggers]
          .filter((statement) => statement.table === table)
          .map(({ definition }) => `${definition};`),
      ].join("\n"),
    ),
    ...views.map(({ name, definition }) => `create view ${name} as\n${definition}`),
    ...comments.map(({ target, text }) => `comment on ${target} is ${text};`),
  ]
    .join("\n\n")
    .replaceAll(`${schema}.`, "")}\n`;
}

function formatColumn({ name, type, collation, notNull, identity, generated, expression }: Column): string {
  const filled = {
    "": expression === null ? "" : `default ${expression}`,
    s: `generated always as (${expression}) stored`,
    v: `generated always as (${expression}) virtual`,
  }[generated];
  const words = [
    name,
    type,
    collation === null ? "" : `collate ${collation}`,
    notNull ? "not null" : "",
    { "": filled, a: "generated always as identity", d: "generated by default as identity" }[identity],
  ];
  return `  ${words.filter((word) => word !== "").join(" ")}`;
}
