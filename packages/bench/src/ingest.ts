/**
 * Throughput of batches of signals into the database, compared with a bare COPY and merge of the same rows.
 *
 *     npm run bench -- ingest [--rows 50000] [--rounds 5]
 *
 * Also prints the processor time of this process and of the server, which does not depend on other load on the machine
 * or on concurrency.
 *
 * Both write into the same table, with all of its indexes, of the same PostgreSQL server, emptied before each turn.
 * Turns alternate and are measured by wall-clock time, because it includes the work of the server. Prints medians, and
 * the median ratio of adjacent turns.
 * - Relearn: the HTTP service on a local port, NDJSON in requests of 10,000 records by one sequential sender. Includes
 *   parsing, checking each record, the arm of each unit, and a report per request.
 * - Bare: rows ready as COPY text, streamed by pg-copy-streams into a temporary table without an index, then one
 *   `insert … select … on conflict do nothing`, in one transaction. Nothing is checked.
 */
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { assignArm } from "@relearn/client";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { startServerPostgres } from "../../../scripts/testing/server-postgres.ts";
import { openAuthentication } from "../../server/src/api/authenticate.ts";
import { startService } from "../../server/src/api/service.ts";
import { formatTable } from "../../server/src/cli/output.ts";
import { composeInstallation, createInstallationApp } from "../../server/src/compose.ts";
import { migrate } from "../../server/src/db/migrate.ts";
import { openServerDatabase } from "../../server/src/db/server-database.ts";
import { seededRandom } from "../../server/src/numerics/random.ts";

const { values: options } = parseArgs({
  options: { rows: { type: "string", default: "50000" }, rounds: { type: "string", default: "5" } },
});
const ROWS = Number(options.rows);
const ROUNDS = Number(options.rounds);
const BATCH = 10_000;
const AT = "2026-03-02T12:00:00.000Z";

interface Case {
  readonly kind: string;
  readonly table: string;
  readonly columns: readonly string[];
  /** Makes a record as an agent sends it, and the row as it is stored. */
  readonly make: (index: number) => {
    readonly record: object;
    readonly row: readonly (string | number | null)[];
  };
}

const random = seededRandom(1);
const cases: readonly Case[] = [
  {
    kind: "outcomes",
    table: "outcomes",
    columns:
      "unit_id,rollout_id,outcome_id,agent,arm,quality,latency_ms,cost,success,occurred_at,received_at".split(
        ",",
      ),
    make: (index) => {
      const [unit, quality, latency] = [`user-${index}`, random.uniform(), 100 * random.uniform()];
      return {
        record: {
          unit_id: unit,
          agent: "inbox_triage",
          outcome_id: `o-${index}`,
          quality,
          latency_ms: latency,
          cost: 0.01,
          success: true,
          at: AT,
        },
        row: [unit, "", `o-${index}`, "inbox_triage", "active", quality, latency, 0.01, "t", AT, AT],
      };
    },
  },
  {
    kind: "exposures",
    table: "exposures",
    columns:
      "unit_id,rollout_id,basis_points,agent,arm,generation,bundle_id,first_at,last_at,received_at".split(
        ",",
      ),
    make: (index) => {
      const unit = `user-${index}`;
      const arm = assignArm({ salt: "bench", canaryBasisPoints: 1000, holdbackBasisPoints: 0 }, unit);
      return {
        record: {
          unit_id: unit,
          rollout_id: "rollout_bench",
          agent: "inbox_triage",
          arm,
          basis_points: 1000,
          generation: 1,
          bundle_id: null,
          at: AT,
        },
        row: [unit, "rollout_bench", 1000, "inbox_triage", arm, 1, null, AT, AT, AT],
      };
    },
  },
  {
    kind: "evaluations",
    table: "evaluation_results",
    columns: "task_key,agent,result_id,payload,judge_scores,decision,created_at".split(","),
    make: (index) => {
      const payload = {
        risk_score: random.below(100),
        spf_fail: random.uniform() < 0.2,
        recipient_count: 1 + random.below(5),
        subject: "Your invoice of last month is ready",
        sender_domain_age_days: random.below(4000),
      };
      const judge_scores = Object.fromEntries(
        ["strict", "lenient", "rules"].map((judge) => [
          judge,
          { verdict: random.uniform() < 0.5 ? "safe" : "quarantine", confidence: random.below(100) },
        ]),
      );
      const base = { task_key: `mail-${index}`, agent: "inbox_triage", result_id: `r-${index}` };
      return {
        record: { ...base, payload, judge_scores, decision: "safe", created_at: AT },
        row: [
          base.task_key,
          base.agent,
          base.result_id,
          JSON.stringify(payload),
          JSON.stringify(judge_scores),
          "safe",
          AT,
        ],
      };
    },
  },
];

const server = await startServerPostgres(new AbortController().signal);
if ("unavailable" in server) throw new Error(server.unavailable);
const name = `relearn_bench_${process.pid}`;
const admin = new pg.Client({ connectionString: server.url });
await admin.connect();
await admin.query(`create database ${name}`);
const url = new URL(server.url);
url.pathname = `/${name}`;
const database = await openServerDatabase({ url: url.href });
await migrate(database);
const installation = await composeInstallation(database);
const service = await startService(
  createInstallationApp(installation, {
    authenticate: openAuthentication(),
    reportFailure: (error) => console.error(error),
  }),
  { host: "127.0.0.1", port: 0, searchPort: false },
);
const bare = new pg.Client({ connectionString: url.href, options: "-c timezone=UTC" });
await bare.connect();
try {
  await bare.query(
    `insert into bundles (bundle_id, agent, digest, document, status, training, created_by, created_at, updated_at)
     values ('bench', 'inbox_triage', 'bench', '{}', 'canary', '{}', 'bench', now(), now())`,
  );
  await bare.query(
    `insert into rollouts (rollout_id, approval_id, agent, bundle_id, state, generation, document, diff, created_at, updated_at)
     values ('rollout_bench', 'bench', 'inbox_triage', 'bench', 'canary', 1, $1, '{}', now(), now())`,
    [
      JSON.stringify({
        agent: "inbox_triage",
        salt: "bench",
        started_at: AT,
        percent: 10,
        stage: 0,
        policy: { holdback_percent: 0, stages: [10, 50, 100] },
      }),
    ],
  );
  const table: string[][] = [];
  for (const one of cases) table.push(await compare(one));
  console.log(
    formatTable(
      ["kind", "rows", "bare, rows/s", "Relearn, rows/s", "ratio", "ratio of processor time"],
      table,
      ["left", "right", "right", "right", "right", "right"],
    ),
  );
} finally {
  await service.stop();
  await bare.end();
  await installation.close();
  await admin.query(`drop database ${name} with (force)`);
  await admin.end();
  await server.stop();
}

async function compare(one: Case): Promise<string[]> {
  const made = Array.from({ length: ROWS }, (_, index) => one.make(index));
  const batches: string[] = [];
  for (let from = 0; from < ROWS; from += BATCH) {
    batches.push(
      made
        .slice(from, from + BATCH)
        .map(({ record }) => `${JSON.stringify(record)}\n`)
        .join(""),
    );
  }
  const lines = made.map(({ row }) => `${row.map(toCopyText).join("\t")}\n`);
  const chunks: string[] = [];
  for (let from = 0; from < ROWS; from += 1000) chunks.push(lines.slice(from, from + 1000).join(""));
  const turns = { ours: [] as number[], bare: [] as number[] };
  const work = { ours: [] as number[], bare: [] as number[] };
  for (let round = -1; round < ROUNDS; round++) {
    // The order alternates by round; the first round warms up.
    const order = round % 2 === 0 ? (["ours", "bare"] as const) : (["bare", "ours"] as const);
    for (const contender of order) {
      await bare.query(`truncate ${one.table}`);
      await bare.query("checkpoint");
      const start = performance.now();
      const startCpu = await measureProcessorSeconds();
      if (contender === "ours") await sendAll(one.kind, batches);
      else await copyAndMerge(one, chunks);
      const seconds = (performance.now() - start) / 1000;
      const cpu = (await measureProcessorSeconds()) - startCpu;
      const { rows } = await bare.query<{ count: string }>(`select count(*) from ${one.table}`);
      if (Number(rows[0]?.count) !== ROWS)
        throw new Error(`${contender}: ${rows[0]?.count} of ${ROWS} rows arrived.`);
      if (round < 0) continue;
      turns[contender].push(seconds);
      work[contender].push(cpu);
    }
  }
  const ratio = ({ ours, bare }: typeof turns): string =>
    `${Math.round(100 * computeMedian(bare.map((seconds, round) => seconds / (ours[round] ?? Number.NaN))))} %`;
  const perSecond = (seconds: number[]): string =>
    Math.round(ROWS / computeMedian(seconds)).toLocaleString("en");
  return [
    one.kind,
    ROWS.toLocaleString("en"),
    perSecond(turns.bare),
    perSecond(turns.ours),
    ratio(turns),
    ratio(work),
  ];
}

/** Measures the processor time of this process and of the server's sessions, ended ones included. */
async function measureProcessorSeconds(): Promise<number> {
  const { user, system } = process.cpuUsage();
  const { rows } = await bare.query<{ pid: number }>("select pid from pg_stat_activity where datname = $1", [
    name,
  ]);
  const live = rows.map(({ pid }) => readProcessTimes(pid));
  // The parent process counts its ended children.
  const parent = readProcessTimes(live[0]?.parent ?? 0);
  return live.reduce((sum, { own }) => sum + own, (user + system) / 1e6 + parent.ended);
}

function readProcessTimes(pid: number): { parent: number; own: number; ended: number } {
  try {
    const fields = (readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1] ?? "").split(" ").map(Number);
    const ticks = (from: number): number => ((fields[from] ?? 0) + (fields[from + 1] ?? 0)) / 100;
    return { parent: fields[1] ?? 0, own: ticks(11), ended: ticks(13) };
  } catch {
    // The process has ended, or the system is not Linux.
    return { parent: 0, own: 0, ended: 0 };
  }
}

async function sendAll(kind: string, batches: readonly string[]): Promise<void> {
  for (const body of batches) {
    const answer = await fetch(`${service.address}/v1/signals/${kind}`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body,
    });
    const report = (await answer.json()) as { rejected?: unknown[] };
    if (!answer.ok || report.rejected?.length !== 0) throw new Error(JSON.stringify(report).slice(0, 500));
  }
}

async function copyAndMerge(one: Case, chunks: readonly string[]): Promise<void> {
  const columns = one.columns.join(", ");
  await bare.query("begin");
  await bare.query(
    `create temporary table bare on commit drop as select ${columns} from ${one.table} with no data`,
  );
  await pipeline(Readable.from(chunks), bare.query(copyFrom(`copy bare (${columns}) from stdin`)));
  await bare.query(
    `insert into ${one.table} (${columns}) select ${columns} from bare on conflict do nothing`,
  );
  await bare.query("commit");
}

function toCopyText(value: string | number | null): string {
  return value === null ? "\\N" : String(value).replaceAll("\\", "\\\\");
}

function computeMedian(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
