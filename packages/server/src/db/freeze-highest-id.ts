import { sql } from "kysely";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

type TableWithId = {
  [Name in keyof Tables]: Tables[Name] extends { id: unknown; agent: unknown } ? Name : never;
}[keyof Tables];

/**
 * The highest id of a table, or of one agent's rows in it, below which nothing will appear any more; 0 where
 * there is none. Writers take their ids before they commit, so on a server a lower id can appear after a
 * higher one: the share lock waits until nobody who has an id is still under way. Held for one statement.
 */
export function freezeHighestId(database: Database, table: TableWithId, agent?: string): Promise<number> {
  return database.transaction(async (trx) => {
    await sql`lock table ${sql.table(table)} in share mode`.execute(trx);
    const { rows } = await sql<{ highest: number | null }>`
      select max(id) as highest from ${sql.table(table)}
      ${agent === undefined ? sql`` : sql`where agent = ${agent}`}`.execute(trx);
    return rows[0]?.highest ?? 0;
  });
}
