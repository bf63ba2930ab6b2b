/** Runs a measurement on an embedded database in a folder of its own and on one of its own on a server. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { startServerPostgres } from "../../../scripts/testing/server-postgres.ts";
import type { DatabaseLocation } from "../../server/src/config.ts";
import type { Database } from "../../server/src/db/database.ts";
import { onServer, withDatabaseName } from "../../server/src/test/global-setup.ts";

/** Both engines, or the one named, `server` or `embedded`. The server is that of the tests. */
export async function runOnEngines(
  named: readonly string[],
  run: (location: DatabaseLocation) => Promise<void>,
): Promise<void> {
  for (const engine of named.length === 0 ? ["server", "embedded"] : named) {
    if (engine === "embedded") {
      const folder = await mkdtemp(join(tmpdir(), "relearn-bench-"));
      try {
        console.log("embedded, PGlite in a folder");
        await run({ kind: "folder", folder });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      continue;
    }
    const server = await startServerPostgres(new AbortController().signal);
    if ("unavailable" in server) throw new Error(server.unavailable);
    const name = `relearn_bench_${process.pid}`;
    await onServer(server.url, `create database ${name}`);
    try {
      console.log(`server, PostgreSQL ${server.description}`);
      await run({ kind: "server", url: withDatabaseName(server.url, name) });
    } finally {
      await onServer(server.url, `drop database ${name} with (force)`);
      await server.stop();
    }
  }
}

/** Runs `work`; says what it took by the clock and, for busy machines, in processor time. */
export async function measureTime<Result>(
  database: Database,
  work: () => Promise<Result>,
): Promise<{ result: Result; duration: string }> {
  const sessions = await sessionSeconds(database);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = await work();
  const elapsed = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const server = (await sessionSeconds(database)) - sessions;
  const own = `this process computed ${((user + system) / 1e6).toFixed(2)} s`;
  const duration = `${elapsed.toFixed(2)} s by the clock; ${own}${database.kind === "server" ? `, the server ${server.toFixed(2)} s` : ""}`;
  return { result, duration };
}

/** Processor time of the database's sessions so far, where they are processes of this machine. */
async function sessionSeconds(database: Database): Promise<number> {
  if (database.kind === "embedded") return 0;
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_stat_activity where datname = current_database()`.execute(database.kysely);
  let ticks = 0;
  for (const { pid } of rows) {
    const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks / 100;
}
