import { sql } from "kysely";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

type TableWithId = {
  [Name in keyof Tables]: Tables[Name] extends { id: unknown; agent: unknown } ? Name : never;
}[keyof Tables];

/**
 * Returns the highest id of a table, or of one agent's rows, such that no lower id can still appear; 0 if there
 * are no rows. Writers receive their ids before they commit, so on a server a lower id can become visible after
 * a higher one. The share lock, held for one statement, waits for all transactions that have written to the table.
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
