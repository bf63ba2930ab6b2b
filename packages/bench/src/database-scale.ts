/**
 * Training and judge weights on a million rows in a server PostgreSQL, or an embedded one.
 *
 *     npm run bench -- database-scale [training] [weights] [--rows 1000000] [--embedded]
 *
 * The server is that of RELEARN_TEST_DATABASE_URL, or a temporary one as in the tests; the benchmark creates a
 * database in it and drops it. The embedded database is in a temporary folder.
 *
 * `training` trains a bundle on that many labeled examples of inbox_triage and prints the times of reading, fitting
 * and evaluating, the peak memory of the process, and the longest time that the event loop was blocked. `weights` has
 * that many verdicts (5 judges per result, each result labeled) and times the first update, one after a thousand new
 * labeled results of today, one without changes, one after a new bundle, whose model judges every labeled result
 * again, and another one without changes.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { sql } from "kysely";
import { startServerPostgres } from "../../../scripts/testing/server-postgres.ts";
import { type Installation, openInstallation } from "../../server/src/compose.ts";
import { onServer, withDatabaseName } from "../../server/src/test/global-setup.ts";
import type { TrainingReport } from "../../server/src/training/training-snapshot.ts";

const { values, positionals } = parseArgs({
  options: { rows: { type: "string", default: "1000000" }, embedded: { type: "boolean", default: false } },
  allowPositionals: true,
});
const rows = Number(values.rows);
const benchmarks = positionals.length === 0 ? ["training", "weights"] : positionals;

const { installation, close } = await (values.embedded ? openEmbedded() : openServer());
try {
  if (benchmarks.includes("training")) await benchTraining(installation);
  if (benchmarks.includes("weights")) await benchWeights(installation);
} finally {
  await close();
}

async function openEmbedded() {
  const folder = await mkdtemp(join(tmpdir(), "relearn-scale-"));
  const installation = await openInstallation({ kind: "folder", folder });
  console.log(`embedded PostgreSQL; node ${process.version}; ${rows} rows`);
  const close = async (): Promise<void> => {
    await installation.close();
    await rm(folder, { recursive: true });
  };
  return { installation, close };
}

async function openServer() {
  const server = await startServerPostgres(new AbortController().signal);
  if ("unavailable" in server) throw new Error(server.unavailable);
  const name = `relearn_bench_${process.pid}`;
  await onServer(server.url, `create database ${name}`);
  const installation = await openInstallation({
    kind: "server",
    url: withDatabaseName(server.url, name),
  });
  console.log(`PostgreSQL ${server.description}; node ${process.version}; ${rows} rows`);
  const close = async (): Promise<void> => {
    await installation.close();
    await onServer(server.url, `drop database ${name} with (force)`);
    await server.stop();
  };
  return { installation, close };
}

async function benchTraining({ database, bundles }: Installation): Promise<void> {
  await sql`
    insert into labeled_examples (key, agent, payload, label, source, source_id, confidence, created_at, loaded_at)
    select md5(i::text), 'inbox_triage',
           jsonb_build_object('risk_score', risk, 'spf_fail', i % 3 = 0, 'dkim_fail', i % 5 = 0,
             'suspicious_keywords', to_jsonb(array_fill('x'::text, array[(i % 4)::int])),
             'attachments', '[]'::jsonb, 'sender_domain_age_days', (i * 7919) % 4000, 'recipient_count', 1 + i % 6),
           case when risk + (i * 31 % 41) - 20 > 60 then 'quarantine' else 'safe' end,
           'gold', i::text, 100, now(), now()
      from (select i, (i * 7907 % 1000) / 10.0 as risk from generate_series(1, ${rows}::bigint) i) made`.execute(
    database.kysely,
  );
  await sql`analyze labeled_examples`.execute(database.kysely);
  for (const modelType of ["logistic", "tree"] as const) {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const phases = new Map<string, number>();
    const cpu = process.cpuUsage();
    const start = performance.now();
    let last = start;
    const onProgress = (report: TrainingReport): void => {
      const now = performance.now();
      phases.set(report.phase, (phases.get(report.phase) ?? 0) + now - last);
      last = now;
    };
    const bundle = await bundles.create("inbox_triage", { modelType, actor: "bench", onProgress });
    delay.disable();
    const total = performance.now() - start;
    const parts = [...phases].map(([phase, ms]) => `${phase} ${formatSeconds(ms)}`).join(", ");
    console.log(
      `training, ${modelType}: ${bundle.training_count} rows in ${formatSeconds(total)} (${parts}), processor time of this process ${formatProcessorTime(cpu)}; peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB; event loop blocked for at most ${(delay.max / 1e6).toFixed(0)} ms, 99 % under ${(delay.percentile(99) / 1e6).toFixed(0)} ms`,
    );
  }
  await sql`truncate labeled_examples`.execute(database.kysely);
}

async function benchWeights({ database, judges, bundles }: Installation): Promise<void> {
  const results = Math.round(rows / 5);
  await addResults(database.kysely, "old", results, "now() - interval '29 days' * (i::float / n)");
  await sql`analyze`.execute(database.kysely);
  await timeUpdate(judges, `first update, ${5 * results} verdicts`);
  await addResults(database.kysely, "new", 1000, "now() - interval '1 minute'");
  await timeUpdate(judges, "5000 new verdicts of today");
  await timeUpdate(judges, "no changes");
  await bundles.create("inbox_triage", { actor: "bench" });
  await timeUpdate(judges, "a new bundle");
  await timeUpdate(judges, "no changes");
}

/** Adds labeled results with five judges of different accuracy. */
async function addResults(
  kysely: Installation["database"]["kysely"],
  prefix: string,
  count: number,
  at: string,
): Promise<void> {
  const time = sql.raw(at);
  await sql`
    create unlogged table made as
    select i, n, ${prefix} || md5(i::text) as key, i * 48271 % 100 < 40 as bad, ${time} as at
      from (select i, ${count}::bigint as n from generate_series(1, ${count}::bigint) i) numbers`.execute(
    kysely,
  );
  await sql`
    insert into evaluation_results (task_key, agent, result_id, payload, judge_scores, created_at)
    select key, 'inbox_triage', key,
           jsonb_build_object('risk_score', case when bad then 60 else 40 end + i * 16807 % 31 - 15, 'spf_fail', i % 3 = 0,
             'sender_domain_age_days', i * 7919 % 4000, 'subject', 'A subject of the usual length, number ' || i),
           (select jsonb_object_agg('judge-' || j, jsonb_build_object(
                'verdict', case when bad <> ((i * (16807 + j) + j * 7919) % 100 < 5 * j) then 'quarantine' else 'safe' end,
                'confidence', 60 + (i * j) % 40))
              from generate_series(1, 5) j), at
      from made`.execute(kysely);
  await sql`
    insert into labeled_examples (key, agent, payload, label, source, source_id, confidence, created_at, loaded_at)
    select key, 'inbox_triage', jsonb_build_object('risk_score', case when bad then 60 else 40 end + i * 16807 % 31 - 15),
           case when bad then 'quarantine' else 'safe' end, 'gold', key, 100, at, now()
      from made`.execute(kysely);
  await sql`drop table made`.execute(kysely);
}

async function timeUpdate(judges: Installation["judges"], name: string): Promise<void> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  const [update] = await judges.update("inbox_triage");
  console.log(
    `weights, ${name}: ${formatSeconds(performance.now() - start)}, processor time of this process ${formatProcessorTime(cpu)} (${update!.days_counted} days counted, ${update!.labels} labeled results); peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
  );
}

function formatProcessorTime(since: NodeJS.CpuUsage): string {
  const { user, system } = process.cpuUsage(since);
  return formatSeconds((user + system) / 1000);
}

function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
