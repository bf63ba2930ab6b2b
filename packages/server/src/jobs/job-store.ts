import type { JobName, JobPause, JobRunDocument } from "@relearn/contract";
import { type Selectable, sql } from "kysely";
import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";
import type { JsonObject, Tables } from "../db/tables.ts";

type RunRow = Selectable<Tables["job_runs"]>;

/** A run in hand: who holds it, in which attempt. Every write of its holder names both. */
export interface HeldRun {
  readonly id: number;
  readonly job: JobName;
  readonly attempt: number;
  readonly owner: string;
}

/** What marks a run as given up by its holder, so that nobody waits for its heartbeat to fall silent. */
export const NOBODY = "";

/**
 * Begins a run unless there is one for that time already, or one of the job is running.
 * Both are unique indexes, so of several processes one gets it.
 */
export async function claimRun(
  executor: Executor,
  run: { job: JobName; scheduledFor: Date; trigger: RunRow["trigger"]; owner: string },
  now: Date,
): Promise<HeldRun | undefined> {
  const row = await executor
    .insertInto("job_runs")
    .values({
      job: run.job,
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
  return row && { id: row.id, job: run.job, attempt: row.attempt, owner: run.owner };
}

/** Writes down that the run of that time was left out, and why. */
export async function insertSkippedRun(
  executor: Executor,
  run: { job: JobName; scheduledFor: Date; trigger: RunRow["trigger"]; owner: string; reason: string },
  now: Date,
): Promise<boolean> {
  const result = await executor
    .insertInto("job_runs")
    .values({
      job: run.job,
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
 * The job's running run and how long its holder has shown no sign of life. The database's clock measures it,
 * since the processes' clocks may differ.
 */
export async function findHeldRun(
  executor: Executor,
  job: JobName,
): Promise<(HeldRun & { readonly silentMs: number }) | undefined> {
  const row = await executor
    .selectFrom("job_runs")
    .select([
      "id",
      "attempt",
      "owner",
      sql<number>`(extract(epoch from clock_timestamp() - heartbeat_at) * 1000)::float8`.as("silentMs"),
    ])
    .where("job", "=", job)
    .where("state", "=", "running")
    .executeTakeFirst();
  return row && { ...row, job };
}

/** Takes an abandoned run over in its next attempt; undefined where somebody else was faster. */
export async function takeOverRun(
  executor: Executor,
  abandoned: HeldRun,
  owner: string,
  now: Date,
): Promise<HeldRun | undefined> {
  const row = await heldBy(executor, abandoned)
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

/** Says that the run goes on, and how far it is. False where it is not the holder's any more. */
export async function touchRun(
  executor: Executor,
  run: HeldRun,
  progress: string | undefined,
): Promise<boolean> {
  const result = await heldBy(executor, run)
    .set({
      heartbeat_at: sql<Date>`clock_timestamp()`,
      ...(progress === undefined ? {} : { progress }),
    })
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Gives a run up: whoever looks next takes it over. */
export async function abandonRun(executor: Executor, run: HeldRun): Promise<void> {
  await heldBy(executor, run).set({ owner: NOBODY }).execute();
}

/** Ends a run. False where it is not the holder's any more: its end is then somebody else's to tell. */
export async function finishRun(
  executor: Executor,
  run: HeldRun,
  end: { state: "succeeded"; result: JsonObject } | { state: "failed"; error: string },
  now: Date,
): Promise<boolean> {
  const result = await heldBy(executor, run)
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

/** The latest time for which the schedule ran the job or left it out; manual runs do not count. */
export async function lastScheduledFor(executor: Executor, job: JobName): Promise<Date | undefined> {
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

/** The job's run that ended last. */
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

/** A page of runs newest first, below `before` where given. */
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

/** False where the job is paused already. */
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

/** False where the job is not paused. */
export async function deletePause(executor: Executor, job: JobName): Promise<boolean> {
  const result = await executor.deleteFrom("job_pauses").where("job", "=", job).executeTakeFirst();
  return result.numDeletedRows > 0n;
}

function heldBy(executor: Executor, run: HeldRun) {
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
