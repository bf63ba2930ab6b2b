/**
 * The sampler on a million stored evaluation results with five judges each.
 *
 *     npm run bench -- million-results FOLDER|postgres://… [ROWS]
 *
 * The first run fills the database, which takes minutes; later runs only measure. Each figure is the median of three
 * runs; memory is the peak of the process. If a bundle is trained in between (`relearn train`, `relearn weights
 * update`), the feature model is one of the judges.
 */
import { queryStrategies } from "@relearn/contract/values";
import { sql } from "kysely";
import { DAY_MS } from "../../server/src/clock.ts";
import { openInstallation } from "../../server/src/compose.ts";
import { parseDatabaseUrl } from "../../server/src/config.ts";
import type { Database } from "../../server/src/db/database.ts";
import { toUtcDay } from "../../server/src/judges/day-evidence.ts";
import { listPatternExamples } from "../../server/src/judges/judge-weight-store.ts";
import { type RankedPosition, readPatternPage } from "../../server/src/sampling/sampling-store.ts";

const AGENT = "inbox_triage";
const RUNS = 3;
const BATCH = 20_000;
const PAYLOADS = 20_000;

const [location = "", count = "1000000"] = process.argv.slice(2);
if (location === "") throw new Error("usage: npm run bench -- million-results FOLDER|postgres://… [ROWS]");
const wanted = Number(count);
const installation = await openInstallation(
  parseDatabaseUrl(location.startsWith("postgres") ? location : `file:${location}`),
);
const opened = process.memoryUsage().rss;
try {
  await fill(installation.database);
  const panel = await installation.judges.storedPanel(AGENT);
  if (panel === undefined) {
    await time("judge weights, first update", 1, () => installation.judges.update(AGENT));
    console.log(
      "The judge weights are updated. Run the benchmark again to measure the sampler without the memory of the update.",
    );
  } else {
    for (const strategy of queryStrategies) {
      await time(`top 50, ${strategy}`, RUNS, () =>
        installation.sampler.sampleForReview(AGENT, { topN: 50, strategy, dryRun: true }),
      );
    }
    await time("top 50 into the queue, calibrated", 1, () =>
      installation.sampler.sampleForReview(AGENT, { topN: 50 }),
    );
    await time("top 50 into the queue, repeated", RUNS, () =>
      installation.sampler.sampleForReview(AGENT, { topN: 50 }),
    );
    const sampled = process.resourceUsage().maxRSS * 1024;
    console.log(
      `memory of the open database ${formatMegabytes(opened)}, peak while sampling ${formatMegabytes(sampled)} (${installation.database.kind})`,
    );
    await scorePayloads();
    await time("review queue stats", RUNS, () => installation.sampler.getReviewQueueStats());
  }
} finally {
  await installation.close();
}

/** Measures the maximum cost of the feature model in a run: the payloads that it scores. */
async function scorePayloads(): Promise<void> {
  const model = await installation.judges.storedModel(AGENT);
  if (model === undefined) return;
  const { kysely } = installation.database;
  const now = new Date();
  const span = { agent: AGENT, since: new Date(now.getTime() - 7 * DAY_MS), now, through: wanted };
  const day = toUtcDay(new Date(now.getTime() - 2 * DAY_MS));
  const patterns = await listPatternExamples(kysely, AGENT, day);
  await time(`${PAYLOADS} payloads scored by the feature model`, RUNS, async () => {
    let read = 0;
    for (const { vote_pattern } of patterns) {
      let after: RankedPosition | undefined;
      do {
        const page = await readPatternPage(kysely, span, { day, vote_pattern }, after, 500, {
          payloads: true,
        });
        for (const { payload } of page.results) model.score(payload);
        read += page.results.length;
        after = page.next;
      } while (after !== undefined && read < PAYLOADS);
      if (read >= PAYLOADS) return;
    }
  });
}

async function time(name: string, runs: number, run: () => Promise<unknown>): Promise<void> {
  const times: { wall: number; processor: number }[] = [];
  for (let index = 0; index < runs; index++) {
    const start = performance.now();
    const used = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(used);
    times.push({ wall: (performance.now() - start) / 1000, processor: (user + system) / 1e6 });
  }
  times.sort((a, b) => a.wall - b.wall);
  const { wall, processor } = times[runs >> 1]!;
  console.log(
    `${name.padEnd(40)} ${wall.toFixed(2).padStart(7)} s, ${processor.toFixed(2)} s processor time of this process`,
  );
}

function formatMegabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}

/** Adds results of the last seven days with five judges of different accuracy; 2,000 tasks have a label. */
async function fill(database: Database): Promise<void> {
  // Uniform in [0, 1), the same on every run.
  await sql`create or replace function bench_draw(n bigint, stream bigint) returns double precision
    language sql immutable as $$
      select (hashint8extended(n, stream) & 9007199254740991)::double precision / 9007199254740992
    $$`.execute(database.kysely);
  const { rows } = await sql<{ present: number }>`
    select coalesce(max(id), 0)::float8 as present from evaluation_results`.execute(database.kysely);
  if (rows[0]!.present >= wanted) return;
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
