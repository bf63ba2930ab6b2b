import { sql } from "kysely";
import { expect, it } from "vitest";
import { type ColumnTypes, columnSet } from "../../db/column-set.ts";
import { testDatabase } from "../test-database.ts";

interface Row {
  readonly place: number;
  readonly word?: string | null;
  readonly share?: number | null;
  readonly right?: boolean | null;
  readonly at?: string | null;
  readonly payload?: unknown;
}

const types: ColumnTypes<Row> = {
  place: "integer",
  word: "text",
  share: "double precision",
  right: "boolean",
  at: "timestamptz",
  payload: "jsonb",
};

it("columnSet gives the database the rows as they are, whatever an array's text could be taken for", async () => {
  const { database } = await testDatabase();
  const words = [
    "",
    "NULL",
    "null",
    "{}",
    "{a,b}",
    'say "no"',
    "back\\slash",
    "\\",
    '\\"',
    "a\nb\tc",
    " x ",
    "ü€😀",
  ];
  const rows: Row[] = words.map((word, place) => ({
    place,
    word,
    share: place / 3,
    right: place % 2 === 0,
    at: "2026-03-01T12:00:00.123Z",
    payload: { [word]: [word, null, 1.5, { deep: word }] },
  }));
  rows.push({ place: words.length }, { place: words.length + 1, word: null, payload: null });
  const { rows: back } = await sql<Row>`
    select place, word, share, "right", to_json(at at time zone 'UTC') #>> '{}' as at, payload
    from ${columnSet("s", types, rows)} order by place`.execute(database.kysely);
  expect(back).toEqual(
    rows.map((row) => ({
      place: row.place,
      word: row.word ?? null,
      share: row.share ?? null,
      right: row.right ?? null,
      at: row.at === undefined ? null : "2026-03-01T12:00:00.123",
      payload: row.payload ?? null,
    })),
  );
  const none = await sql`select * from ${columnSet("s", types, [])}`.execute(database.kysely);
  expect(none.rows).toEqual([]);
});
