/**
 * The sampler on a million stored evaluation results with five judges each.
 *
 *     node packages/server/src/bench/million-results.ts FOLDER|postgres://… [ROWS]
 *
 * The first run fills the database (minutes); later ones find it and measure alone. Each figure is the median
 * of three runs; memory is the process's peak.
 */
import { sql } from "kysely";
import { openInstallation } from "../compose.ts";
import { parseDatabaseUrl } from "../config.ts";
import type { Database } from "../db/database.ts";
import { queryStrategies } from "../sampling/query-strategy.ts";

const AGENT = "inbox_triage";
const RUNS = 3;
const BATCH = 20_000;

const [place = "", count = "1000000"] = process.argv.slice(2);
if (place === "") throw new Error("usage: million-results.ts FOLDER|postgres://… [ROWS]");
const wanted = Number(count);
const installation = await openInstallation(
  parseDatabaseUrl(place.startsWith("postgres") ? place : `file:${place}`),
);
try {
  await fill(installation.database);
  const before = process.memoryUsage().rss;
  await time("judge weights, first or later update", 1, () => installation.judges.update(AGENT));
  for (const strategy of queryStrategies) {
    await time(`top 50, ${strategy}`, RUNS, () =>
      installation.sampler.sampleForReview(AGENT, { topN: 50, strategy, dryRun: true }),
    );
  }
  await time("top 50 into the queue, calibrated", 1, () =>
    installation.sampler.sampleForReview(AGENT, { topN: 50 }),
  );
  await time("the same again", RUNS, () => installation.sampler.sampleForReview(AGENT, { topN: 50 }));
  await time("review queue stats", RUNS, () => installation.sampler.getReviewQueueStats());
  console.log(
    `memory after opening ${mb(before)}, peak ${mb(process.resourceUsage().maxRSS * 1024)} (${installation.database.kind})`,
  );
} finally {
  await installation.close();
}

async function time(name: string, runs: number, run: () => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let index = 0; index < runs; index++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  console.log(`${name.padEnd(40)} ${(times[runs >> 1]! / 1000).toFixed(2).padStart(7)} s`);
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}

/** Five judges of different skill over the last seven days; 2,000 tasks have a label. */
async function fill(database: Database): Promise<void> {
  // Uniform in [0, 1), the same on every run.
  await sql`create or replace function bench_draw(n bigint, stream bigint) returns double precision
    language sql immutable as $$
      select (hashint8extended(n, stream) & 9007199254740991)::double precision / 9007199254740992
    $$`.execute(database.kysely);
  const { rows } = await sql<{ present: number }>`
    select count(*)::float8 as present from evaluation_results where agent = ${AGENT}`.execute(
    database.kysely,
  );
  for (let from = rows[0]!.present; from < wanted; from += BATCH) {
    await sql`
      insert into evaluation_results (task_key, agent, result_id, payload, judge_scores, decision, created_at)
      select 'thread-' || n, ${AGENT}, 'result-' || n,
             jsonb_build_object('risk_score', (100 * bench_draw(n, 1))::int, 'spf_fail', bench_draw(n, 2) < 0.2,
               'dkim_fail', bench_draw(n, 3) < 0.2, 'sender_domain_age_days', (2000 * bench_draw(n, 4))::int,
               'recipient_count', 1 + (10 * bench_draw(n, 5))::int, 'suspicious_keywords', '["urgent", "invoice"]'::jsonb,
               'subject', 'A subject of the usual length, number ' || n),
             (select jsonb_object_agg('judge-' || j, jsonb_build_object(
                'verdict', case when (bench_draw(n, 0) < 0.4) = (bench_draw(n, 10 + j) < 0.55 + j * 0.08)
                                then 'quarantine' else 'safe' end,
                'confidence', 50 + (50 * bench_draw(n, 20 + j))::int))
                from generate_series(1, 5) j),
             case when bench_draw(n, 0) < 0.4 then 'quarantine' else 'safe' end,
             now() - bench_draw(n, 6) * interval '6 days 23 hours'
        from generate_series(${from + 1}::bigint, ${Math.min(wanted, from + BATCH)}::bigint) n`.execute(
      database.kysely,
    );
    process.stderr.write(`\r${Math.min(wanted, from + BATCH)} results`);
  }
  process.stderr.write("\n");
  await sql`
    insert into labeled_examples (key, agent, payload, label, source, source_id, confidence, created_at, loaded_at)
    select task_key, agent, payload, decision, 'gold', result_id, 100, created_at, now()
      from evaluation_results where agent = ${AGENT} and id <= 2000
    on conflict do nothing`.execute(database.kysely);
  await sql`analyze`.execute(database.kysely);
}
