/** Runs a measurement on a temporary embedded database and on a temporary database of a server. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { startServerPostgres } from "../../../scripts/testing/server-postgres.ts";
import type { DatabaseLocation } from "../../server/src/config.ts";
import type { Database } from "../../server/src/db/database.ts";
import { onServer, withDatabaseName } from "../../server/src/test/global-setup.ts";

/** Runs `run` on the named engines, `server` and `embedded`; on both if none is named. The server is that of the tests. */
export async function runOnEngines(
  engines: readonly string[],
  run: (location: DatabaseLocation) => Promise<void>,
): Promise<void> {
  for (const engine of engines.length === 0 ? ["server", "embedded"] : engines) {
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

/** Runs `work` and describes its wall-clock time and, for busy machines, its processor time. */
export async function measureTime<Result>(
  database: Database,
  work: () => Promise<Result>,
): Promise<{ result: Result; duration: string }> {
  const sessions = await measureSessionSeconds(database);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = await work();
  const elapsed = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const server = (await measureSessionSeconds(database)) - sessions;
  const own = `processor time of this process ${((user + system) / 1e6).toFixed(2)} s`;
  const duration = `${elapsed.toFixed(2)} s wall-clock time; ${own}${database.kind === "server" ? `, of the server ${server.toFixed(2)} s` : ""}`;
  return { result, duration };
}

/** Measures the processor time of the database's sessions so far; 0 if they are not processes of this machine. */
async function measureSessionSeconds(database: Database): Promise<number> {
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
