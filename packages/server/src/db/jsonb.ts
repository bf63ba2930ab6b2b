import { type RawBuilder, sql } from "kysely";

/**
 * A value as a jsonb parameter. Always through text: left to the driver, an array would become a PostgreSQL
 * array on one engine and JSON on the other.
 */
export function jsonb<Value>(value: Value): RawBuilder<Value> {
  return sql<Value>`${JSON.stringify(value)}::jsonb`;
}
