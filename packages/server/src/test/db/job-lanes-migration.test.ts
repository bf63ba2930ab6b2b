import { sql } from "kysely";
import { expect, it } from "vitest";
import { foundation } from "../../db/migrations/0001-foundation.ts";
import { controlShare } from "../../db/migrations/0002-control-share.ts";
import { access } from "../../db/migrations/0003-access.ts";
import { idempotency } from "../../db/migrations/0004-idempotency.ts";
import { rolloutRecords } from "../../db/migrations/0005-rollout-records.ts";
import { modelJudge } from "../../db/migrations/0006-model-judge.ts";
import { jobLanes } from "../../db/migrations/0007-job-lanes.ts";
import { testDatabase } from "../test-database.ts";

const before = [foundation, controlShare, access, idempotency, rolloutRecords, modelJudge].flat();

/** Calls `work` with a database as Relearn 0.1 left it, in a schema of its own. */
async function withOldDatabase(
  work: (execute: (text: string) => Promise<unknown[]>) => Promise<void>,
): Promise<void> {
  const { database } = await testDatabase();
  await database.kysely.transaction().execute(async (trx) => {
    const execute = async (text: string) => (await sql.raw(text).execute(trx)).rows;
    await execute("create schema old");
    await execute("set local search_path to old");
    for (const statement of before) await execute(statement);
    // The part of pg-boss's tables that Relearn 0.1 filled.
    await execute("create schema pgboss");
    await execute("create table pgboss.queue (name text primary key)");
    await execute("create table pgboss.schedule (name text references pgboss.queue on delete cascade)");
    await execute("create table pgboss.job (name text not null references pgboss.queue on delete restrict)");
    await execute(
      "insert into pgboss.queue values ('relearn_learning'), ('relearn_guard'), ('__pgboss__send-it')",
    );
    await execute("insert into pgboss.schedule values ('relearn_learning'), ('relearn_guard')");
    await execute("insert into pgboss.job values ('relearn_learning'), ('__pgboss__send-it')");
    await work(execute);
  });
}

async function migrate(execute: (text: string) => Promise<unknown[]>): Promise<void> {
  for (const statement of jobLanes) await execute(statement);
}

it("gives every run its lane and keeps the newest running one of each", async () => {
  await withOldDatabase(async (execute) => {
    const runs = [
      "('load_labeled_data', '2026-03-03 02:00Z', 'makeup', 'running')",
      "('update_judge_weights', '2026-03-03 03:00Z', 'schedule', 'running')",
      "('sample_review_queue', '2026-03-03 04:00Z', 'manual', 'running')",
      "('guard', '2026-03-03 04:00Z', 'schedule', 'running')",
      "('check_canaries', '2026-03-03 05:00Z', 'makeup', 'succeeded')",
    ];
    await execute(`insert into job_runs (job, scheduled_for, trigger, state, started_at, heartbeat_at, owner)
      select job, due::timestamptz, trigger, state, due::timestamptz, due::timestamptz, 'gone'
      from (values ${runs.join(", ")}) as runs (job, due, trigger, state)`);
    await migrate(execute);
    const rows = await execute("select job, lane, trigger, state, error from job_runs order by id");
    expect(rows).toEqual([
      {
        job: "load_labeled_data",
        lane: "learning",
        trigger: "catch_up",
        state: "failed",
        error: "Its process ended before it did.",
      },
      { job: "update_judge_weights", lane: "learning", trigger: "schedule", state: "running", error: null },
      { job: "sample_review_queue", lane: "learning", trigger: "manual", state: "running", error: null },
      { job: "guard", lane: "guard", trigger: "schedule", state: "running", error: null },
      { job: "check_canaries", lane: "guard", trigger: "catch_up", state: "succeeded", error: null },
    ]);
  });
});

it("renames the list in the results of the guard", async () => {
  await withOldDatabase(async (execute) => {
    await execute(`insert into job_runs (job, scheduled_for, trigger, state, started_at, heartbeat_at, owner, result)
      select job, now(), 'schedule', 'succeeded', now(), now(), 'gone', result::jsonb from (values
        ('guard', '{"checked": 1, "analyses": [{"agent": "a"}]}'),
        ('load_labeled_data', '{"loaded": 2}')
      ) as runs (job, result)`);
    await migrate(execute);
    expect(await execute("select result from job_runs order by id")).toEqual([
      { result: { checked: 1, analyses: [{ agent: "a" }] } },
      { result: { loaded: 2 } },
    ]);
  });
});

it("removes the schema of pg-boss", async () => {
  await withOldDatabase(async (execute) => {
    await migrate(execute);
    expect(await execute("select nspname from pg_namespace where nspname = 'pgboss'")).toEqual([]);
  });
});

it("removes only its own queues if another application uses the schema of pg-boss", async () => {
  await withOldDatabase(async (execute) => {
    await execute("insert into pgboss.queue values ('invoices')");
    await execute("insert into pgboss.schedule values ('invoices')");
    await execute("insert into pgboss.job values ('invoices')");
    await migrate(execute);
    expect(await execute('select name from pgboss.queue order by name collate "C"')).toEqual([
      { name: "__pgboss__send-it" },
      { name: "invoices" },
    ]);
    expect(await execute("select name from pgboss.schedule")).toEqual([{ name: "invoices" }]);
    expect(await execute('select name from pgboss.job order by name collate "C"')).toEqual([
      { name: "__pgboss__send-it" },
      { name: "invoices" },
    ]);
  });
});

it("leaves a schema of pg-boss alone that Relearn never used", async () => {
  await withOldDatabase(async (execute) => {
    await execute("delete from pgboss.job");
    await execute("delete from pgboss.queue where name like 'relearn%'");
    await migrate(execute);
    expect(await execute("select name from pgboss.queue")).toEqual([{ name: "__pgboss__send-it" }]);
  });
});
