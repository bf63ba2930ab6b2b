import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { openEmbeddedDatabase } from "../db/embedded-database.ts";
import { migrate } from "../db/migrate.ts";
import { openServerDatabase } from "../db/server-database.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** File with the dump of a migrated, empty embedded database; "" on a server. */
    embeddedTemplate: string;
    /** Name of a migrated, empty database on the test server; "" on the embedded one. */
    serverTemplate: string;
  }
}

/**
 * One template a run: a migrated, empty database that each test file copies. Initialising the embedded
 * database takes seconds, loading a dump of it a fraction.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  return project.config.env["RELEARN_TEST_DATABASE"] === "server"
    ? setupServer(project)
    : setupEmbedded(project);
}

async function setupEmbedded(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "relearn-template-"));
  const database = await openEmbeddedDatabase();
  await migrate(database);
  const dump = await database.pglite.dumpDataDir("none");
  await database.close();
  const file = join(folder, "template.tar");
  await writeFile(file, Buffer.from(await dump.arrayBuffer()));
  project.provide("embeddedTemplate", file);
  project.provide("serverTemplate", "");
  return () => rm(folder, { recursive: true, force: true });
}

async function setupServer(project: TestProject): Promise<() => Promise<void>> {
  const url = process.env["RELEARN_TEST_DATABASE_URL"];
  if (!url) throw new Error("RELEARN_TEST_DATABASE_URL names no server.");
  const name = `relearn_template_${process.pid}`;
  await onServer(url, `create database ${name}`);
  const database = await openServerDatabase({ url: withDatabaseName(url, name), maxConnections: 1 });
  await migrate(database);
  await database.close();
  project.provide("embeddedTemplate", "");
  project.provide("serverTemplate", name);
  return () => onServer(url, `drop database if exists ${name} with (force)`);
}

export async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

export function withDatabaseName(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
