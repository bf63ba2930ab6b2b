import { type RawBuilder, sql } from "kysely";

/**
 * Creates a jsonb parameter from a value. The value is passed as text, because one of the drivers would convert
 * an array to a PostgreSQL array.
 */
export function jsonb<Value>(value: Value): RawBuilder<Value> {
  return sql<Value>`${JSON.stringify(value)}::jsonb`;
}
