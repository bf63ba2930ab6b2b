import type { JobName, JobPause, JobRunDocument } from "@relearn/contract";
import { type Selectable, sql } from "kysely";
import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";
import type { JsonObject, Tables } from "../db/tables.ts";
import type { Job, JobLane } from "./job.ts";

type RunRow = Selectable<Tables["job_runs"]>;

/** A running run with its owner and attempt. Every write of the owner has both as its precondition. */
export interface HeldRun {
  readonly id: number;
  readonly job: JobName;
  readonly attempt: number;
  readonly owner: string;
}

/** Owner of a run that its process released, so that no process waits for the heartbeat to time out. */
export const UNOWNED = "";

interface NewRun {
  readonly job: Pick<Job, "name" | "lane">;
  readonly scheduledFor: Date;
  readonly trigger: RunRow["trigger"];
  readonly owner: string;
}

/**
 * Begins a run, or returns undefined if the job has a run for that time, a run of the job is running, or, of a
 * scheduled run, another scheduled run of the lane is running. Each of the three is a unique index, so only one
 * of several processes succeeds.
 */
export async function claimRun(executor: Executor, run: NewRun, now: Date): Promise<HeldRun | undefined> {
  const row = await executor
    .insertInto("job_runs")
    .values({
      job: run.job.name,
      lane: run.job.lane,
      scheduled_for: run.scheduledFor,
      trigger: run.trigger,
      state: "running",
      started_at: now,
      finished_at: null,
      heartbeat_at: sql<Date>`clock_timestamp()`,
      owner: run.owner,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning(["id", "attempt"])
    .executeTakeFirst();
  return row && { id: row.id, job: run.job.name, attempt: row.attempt, owner: run.owner };
}

/** Records that the run of that time was skipped. Returns false if the job has a run for that time. */
export async function insertSkippedRun(
  executor: Executor,
  run: NewRun & { readonly reason: string },
  now: Date,
): Promise<boolean> {
  const result = await executor
    .insertInto("job_runs")
    .values({
      job: run.job.name,
      lane: run.job.lane,
      scheduled_for: run.scheduledFor,
      trigger: run.trigger,
      state: "skipped",
      started_at: now,
      finished_at: now,
      heartbeat_at: sql<Date>`clock_timestamp()`,
      owner: run.owner,
      error: run.reason,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/**
 * Lists the running runs of a lane or of a job with the age of their heartbeats. The database's clock measures
 * the age, because the clocks of the processes may differ.
 */
export async function listHeldRuns(
  executor: Executor,
  filter: { readonly lane: JobLane } | { readonly job: JobName },
): Promise<(HeldRun & { readonly heartbeatAgeMs: number })[]> {
  const rows = await executor
    .selectFrom("job_runs")
    .select([
      "id",
      "job",
      "attempt",
      "owner",
      sql<number>`(extract(epoch from clock_timestamp() - heartbeat_at) * 1000)::float8`.as("heartbeatAgeMs"),
    ])
    .where("state", "=", "running")
    .where((where) => ("lane" in filter ? where("lane", "=", filter.lane) : where("job", "=", filter.job)))
    .orderBy("id")
    .execute();
  return rows.map((row) => ({ ...row, job: row.job as JobName }));
}

/** Takes an abandoned run over as its next attempt. Returns undefined if another process was faster. */
export async function takeOverRun(
  executor: Executor,
  abandoned: HeldRun,
  owner: string,
  now: Date,
): Promise<HeldRun | undefined> {
  const row = await updateHeldRun(executor, abandoned)
    .set({
      owner,
      attempt: abandoned.attempt + 1,
      started_at: now,
      heartbeat_at: sql<Date>`clock_timestamp()`,
      progress: null,
    })
    .returning("attempt")
    .executeTakeFirst();
  return row && { ...abandoned, owner, attempt: row.attempt };
}

/** Records a heartbeat and the progress of a run. Returns false if another process has taken the run over. */
export async function recordHeartbeat(
  executor: Executor,
  run: HeldRun,
  progress: string | undefined,
): Promise<boolean> {
  const result = await updateHeldRun(executor, run)
    .set({
      heartbeat_at: sql<Date>`clock_timestamp()`,
      ...(progress === undefined ? {} : { progress }),
    })
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Releases a run: the next process that looks for abandoned runs takes it over. */
export async function releaseRun(executor: Executor, run: HeldRun): Promise<void> {
  await updateHeldRun(executor, run).set({ owner: UNOWNED }).execute();
}

/** Ends a run. Returns false, and changes nothing, if another process has taken the run over. */
export async function finishRun(
  executor: Executor,
  run: HeldRun,
  end: { state: "succeeded"; result: JsonObject } | { state: "failed"; error: string },
  now: Date,
): Promise<boolean> {
  const result = await updateHeldRun(executor, run)
    .set({
      state: end.state,
      finished_at: now,
      result: end.state === "succeeded" ? jsonb(end.result) : null,
      error: end.state === "failed" ? end.error : null,
    })
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export async function readRun(executor: Executor, id: number): Promise<JobRunDocument | undefined> {
  const row = await executor.selectFrom("job_runs").selectAll().where("id", "=", id).executeTakeFirst();
  return row && toDocument(row);
}

/** Finds the latest time for which the job was run or skipped by its schedule. Manual runs do not count. */
export async function findLastScheduledTime(executor: Executor, job: JobName): Promise<Date | undefined> {
  const row = await executor
    .selectFrom("job_runs")
    .select("scheduled_for")
    .where("job", "=", job)
    .where("trigger", "<>", "manual")
    .orderBy("scheduled_for", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.scheduled_for;
}

export async function findRunningRun(executor: Executor, job: JobName): Promise<JobRunDocument | undefined> {
  const row = await executor
    .selectFrom("job_runs")
    .selectAll()
    .where("job", "=", job)
    .where("state", "=", "running")
    .executeTakeFirst();
  return row && toDocument(row);
}

/** Finds the run of the job that succeeded or failed last. */
export async function findLastEndedRun(
  executor: Executor,
  job: JobName,
): Promise<JobRunDocument | undefined> {
  const row = await executor
    .selectFrom("job_runs")
    .selectAll()
    .where("job", "=", job)
    .where("state", "in", ["succeeded", "failed"])
    .orderBy("finished_at", "desc")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row && toDocument(row);
}

/** Lists a page of runs, newest first; with `before`, only runs with a lower id. */
export async function listRuns(
  executor: Executor,
  filter: { job?: JobName | undefined },
  page: { before?: number | undefined; limit: number },
): Promise<JobRunDocument[]> {
  let query = executor.selectFrom("job_runs").selectAll().orderBy("id", "desc").limit(page.limit);
  if (filter.job !== undefined) query = query.where("job", "=", filter.job);
  if (page.before !== undefined) query = query.where("id", "<", page.before);
  return (await query.execute()).map(toDocument);
}

export async function findPause(executor: Executor, job: JobName): Promise<JobPause | undefined> {
  const row = await executor.selectFrom("job_pauses").selectAll().where("job", "=", job).executeTakeFirst();
  return row && { reason: row.reason, paused_by: row.paused_by, paused_at: row.paused_at.toISOString() };
}

/** Returns false if the job is already paused. */
export async function insertPause(
  executor: Executor,
  pause: { job: JobName; reason: string; pausedBy: string },
  now: Date,
): Promise<boolean> {
  const result = await executor
    .insertInto("job_pauses")
    .values({ job: pause.job, reason: pause.reason, paused_by: pause.pausedBy, paused_at: now })
    .onConflict((conflict) => conflict.column("job").doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Returns false if the job is not paused. */
export async function deletePause(executor: Executor, job: JobName): Promise<boolean> {
  const result = await executor.deleteFrom("job_pauses").where("job", "=", job).executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Update of a run whose precondition is that its owner still holds it in the same attempt. */
function updateHeldRun(executor: Executor, run: HeldRun) {
  return executor
    .updateTable("job_runs")
    .where("id", "=", run.id)
    .where("job", "=", run.job)
    .where("state", "=", "running")
    .where("owner", "=", run.owner)
    .where("attempt", "=", run.attempt);
}

function toDocument(row: RunRow): JobRunDocument {
  return {
    id: row.id,
    job: row.job as JobName,
    scheduled_for: row.scheduled_for.toISOString(),
    trigger: row.trigger,
    state: row.state,
    started_at: row.started_at.toISOString(),
    finished_at: row.finished_at?.toISOString() ?? null,
    attempt: row.attempt,
    progress: row.progress,
    result: row.result,
    error: row.error,
  };
}
