/** Loads the installation that an earlier version of Relearn left: `fixtures/`. */
import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { sql } from "kysely";
import type { Database } from "../../db/database.ts";
import { migrate } from "../../db/migrate.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";

const folder = new URL("../fixtures/0.1/", import.meta.url);

/** Reads a file of the fixture of 0.1 as text. */
export function readFixture(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

/** Reads a file of the fixture of 0.1 that has one document a line. */
export function readFixtureLines<Document>(name: string): Document[] {
  const lines = readFixture(name).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Document);
}

/** Replaces everything in the database with the schema and the rows of 0.1, and migrates them. */
async function loadFixture(database: Database): Promise<void> {
  const rows = brotliDecompressSync(readFileSync(new URL("rows.sql.br", folder))).toString();
  const texts = ["drop schema public cascade;", "create schema public;", readFixture("schema.sql"), rows];
  for (const statement of texts.flatMap(splitStatements)) await sql.raw(statement).execute(database.kysely);
  await migrate(database);
}

/** Splits SQL at the semicolons outside of strings, function bodies and comments: PGlite takes one at a time. */
function splitStatements(text: string): string[] {
  const parts = text.match(/(?:'[^']*'|\$\$[\s\S]*?\$\$|--[^\n]*|[^;'$-]|[$-])+;/g) ?? [];
  return parts.map((part) => part.trim());
}

/** An installation on the database of 0.1, at the time at which it stood still; closed when the test ends. */
export async function fixtureInstallation(): Promise<TestInstallation> {
  const { now } = JSON.parse(readFixture("now.json")) as { now: string };
  return testInstallation({ start: new Date(now), prepare: loadFixture });
}
