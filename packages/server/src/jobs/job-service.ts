/**
 * Runs jobs, each scheduled time once in the whole installation.
 *
 * The table of runs decides. A process begins a run by inserting its row, and the unique indexes of the table
 * (one row for a job and a time, one running row for a job, one running scheduled row for a lane) let only one
 * process do so. The due runs are computed from the table and the clock: a call of `runDue` that is lost,
 * repeated or late does no harm, and the next call finds a missed night. `job-worker.ts` calls it.
 *
 * The process that runs a run owns it and records heartbeats. If the heartbeats stop, another process takes the
 * run over as a further attempt. A process that was only suspended learns from its next heartbeat that it has
 * lost the run; its result is discarded.
 */

import { randomUUID } from "node:crypto";
import type { JobDocument, JobName, JobPause, JobRunDocument, PausedJob } from "@relearn/contract";
import { type ActorReference, toActor } from "../actor.ts";
import type { AuditService } from "../audit/audit-service.ts";
import { type Clock, HOUR_MS, SECOND_MS } from "../clock.ts";
import type { Database, Executor } from "../db/database.ts";
import type { JsonObject } from "../db/tables.ts";
import { RelearnError } from "../errors.ts";
import type { SettingsService } from "../settings/settings-service.ts";
import { CATCH_UP_AFTER_MS, type DueRun, findDueRun, findNextDueTime } from "./due-time.ts";
import { describeSchedule, type Job, type JobHandler, type JobLane, jobs } from "./job.ts";
import {
  claimRun,
  deletePause,
  findLastEndedRun,
  findLastScheduledTime,
  findPause,
  findRunningRun,
  finishRun,
  type HeldRun,
  insertPause,
  insertSkippedRun,
  listHeldRuns,
  listRuns,
  readRun,
  recordHeartbeat,
  releaseRun,
  takeOverRun,
  UNOWNED,
} from "./job-store.ts";

export interface JobTiming {
  /** Interval between the heartbeats of a run. */
  readonly heartbeatIntervalMs: number;
  /**
   * Age of the last heartbeat at which a run on a server counts as abandoned. Several intervals long, so that a
   * busy machine does not lose its runs. On the embedded database a run of another process is always abandoned.
   */
  readonly heartbeatTimeoutMs: number;
  /** Maximum duration of a run; a longer one fails. */
  readonly maxRunMs: number;
  /** Time that a run has to end after its signal is aborted. */
  readonly stopGraceMs: number;
}

const DEFAULT_TIMING: JobTiming = {
  heartbeatIntervalMs: 10 * SECOND_MS,
  heartbeatTimeoutMs: 60 * SECOND_MS,
  maxRunMs: 6 * HOUR_MS,
  stopGraceMs: 5 * SECOND_MS,
};

/** A run that is abandoned this many times fails: presumably the run itself kills its process. */
const MAX_ATTEMPTS = 3;

const MAX_PROGRESS_CHARACTERS = 200;
const MAX_REASON_CHARACTERS = 500;
const MAX_ERROR_CHARACTERS = 2000;

/** Lists, runs, pauses and resumes jobs. Callers check the right to do so. */
export class JobService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #settings: SettingsService;
  readonly #clock: Clock;
  readonly #handlers: Readonly<Partial<Record<JobName, JobHandler>>>;
  readonly #timing: JobTiming;
  /** Identifies this service among those that run jobs. */
  readonly #owner = randomUUID();
  readonly #stopping = new AbortController();
  /** Cached: it never changes, and every call of `runDue` needs it for every job. */
  #installedAt: Date | undefined;
  /** Running runs of this service, by id. */
  readonly #executions = new Map<number, Promise<void>>();

  constructor(
    database: Database,
    audit: AuditService,
    settings: SettingsService,
    clock: Clock,
    handlers: Readonly<Partial<Record<JobName, JobHandler>>>,
    timing: Partial<JobTiming> = {},
  ) {
    this.#database = database;
    this.#audit = audit;
    this.#settings = settings;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#timing = { ...DEFAULT_TIMING, ...timing };
  }

  /** Lists all jobs with their next and last runs. */
  async list(): Promise<JobDocument[]> {
    const documents: JobDocument[] = [];
    for (const job of jobs) documents.push(await this.get(job.name));
    return documents;
  }

  async get(name: string): Promise<JobDocument> {
    const job = getJob(name);
    const { kysely } = this.#database;
    const now = this.#clock.now();
    const timeZone = await this.#settings.timeZone();
    const paused = (await findPause(kysely, job.name)) ?? null;
    const due = paused === null ? await this.#findDueRun(job, timeZone, now) : undefined;
    const isOverdue = due !== undefined && now.getTime() - due.scheduledFor.getTime() > CATCH_UP_AFTER_MS;
    return {
      job: job.name,
      description: job.description,
      schedule: describeSchedule(job.schedule),
      time_zone: timeZone,
      next_run_at: paused === null ? findNextDueTime(job.schedule, timeZone, now).toISOString() : null,
      overdue_since: isOverdue ? due.scheduledFor.toISOString() : null,
      paused,
      running: (await findRunningRun(kysely, job.name)) ?? null,
      last_run: (await findLastEndedRun(kysely, job.name)) ?? null,
    };
  }

  /** Lists the runs of one job or of all, newest first. */
  async history(
    filter: { job?: string | undefined } = {},
    page: { before?: number | undefined; limit: number } = { limit: 100 },
  ): Promise<JobRunDocument[]> {
    const job = filter.job === undefined ? undefined : getJob(filter.job).name;
    return listRuns(this.#database.kysely, { job }, page);
  }

  /**
   * Runs a job now, paused or not, and waits until the run ends. Returns the run whether it succeeded or failed.
   * Throws `already_running` while a run of the job is running in any process.
   */
  async run(name: string, options: { actor: ActorReference }): Promise<JobRunDocument> {
    const job = getJob(name);
    const handler = this.#getHandler(job.name);
    const run = await this.#audit.change(toActor(options.actor), async (trx) => {
      const now = this.#clock.now();
      for (const abandoned of await this.#listAbandonedRuns({ job: job.name }, trx)) {
        await this.#failLostRun(abandoned, trx);
      }
      const claimed = await this.#claimManualRun(job, now, trx);
      return {
        result: claimed,
        record: { kind: "job.run", object: job.name, detail: { run_id: claimed.id } },
      };
    });
    const document = await this.#execute(run, handler);
    if (document !== undefined) return document;
    throw new RelearnError("internal", `Internal error: run ${run.id} of ${job.name} is missing.`);
  }

  /**
   * Runs the abandoned and the due runs of a lane, one after the other, and returns those that ended. Returns
   * early if another process works the lane. Does not throw if a job fails: the run has the error, and the next
   * job runs.
   */
  async runDue(lane: JobLane): Promise<JobRunDocument[]> {
    const ended: JobRunDocument[] = [];
    const execute = async (run: HeldRun, handler: JobHandler): Promise<void> => {
      const document = await this.#execute(run, handler);
      if (document !== undefined) ended.push(document);
    };
    // Abandoned runs first, since no other run of the lane begins before they end. Listed again after each,
    // since a suspended process may have continued its run in the meantime.
    while (!this.#stopping.signal.aborted) {
      const runs = await this.#listAbandonedRuns({ lane }, this.#database.kysely);
      const abandoned = runs.find(({ job }) => this.#handlers[job] !== undefined);
      if (abandoned === undefined) break;
      const run = await this.#takeOver(abandoned);
      if (run !== undefined) await execute(run, this.#getHandler(abandoned.job));
    }
    for (const job of jobs) {
      const handler = this.#handlers[job.name];
      if (job.lane !== lane || handler === undefined) continue;
      if (this.#stopping.signal.aborted) return ended;
      const claim = await this.#claimDueRun(job);
      if (claim === "lane_busy") return ended;
      if (claim !== undefined) await execute(claim, handler);
    }
    return ended;
  }

  /** Pauses a job: its scheduled runs are skipped until it is resumed, and are not caught up on. */
  async pause(name: string, options: { actor: ActorReference; reason: string }): Promise<PausedJob> {
    const job = getJob(name);
    const actor = toActor(options.actor);
    const reason = requireReason(options.reason, `pause ${job.name}`);
    return this.#audit.change(actor, async (trx) => {
      const now = this.#clock.now();
      if (!(await insertPause(trx, { job: job.name, reason, pausedBy: actor.name }, now))) {
        const { paused_by, reason: before } = (await findPause(trx, job.name)) ?? {};
        throw new RelearnError(
          "already_so",
          `${job.name} is already paused, by ${paused_by ?? "another person"}: ${before ?? ""}. Resume it with \`relearn jobs resume ${job.name} --reason TEXT\`.`,
        );
      }
      return {
        result: { job: job.name, paused: (await findPause(trx, job.name)) ?? null },
        record: { kind: "job.paused", object: job.name, detail: { reason } },
      };
    });
  }

  /** Resumes a paused job at its next scheduled time. */
  async resume(name: string, options: { actor: ActorReference; reason: string }): Promise<PausedJob> {
    const job = getJob(name);
    const reason = requireReason(options.reason, `resume ${job.name}`);
    return this.#audit.change(toActor(options.actor), async (trx) => {
      // A run that came due during the pause and is not yet recorded as skipped would count as missed.
      const pause = await findPause(trx, job.name);
      const timeZone = await this.#settings.timeZone(trx);
      const due = await this.#findDueRun(job, timeZone, this.#clock.now(), trx);
      if (pause !== undefined && due !== undefined) await this.#skipRun(job, due, pause, trx);
      if (!(await deletePause(trx, job.name))) {
        throw new RelearnError("already_so", `${job.name} is not paused.`);
      }
      return {
        result: { job: job.name, paused: null },
        record: { kind: "job.resumed", object: job.name, detail: { reason } },
      };
    });
  }

  /** Signals the runs of this service to end and waits for them; those that do not end in time are released. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("The service stops."));
    await Promise.allSettled(this.#executions.values());
  }

  /**
   * Claims the due run of the job, or records that it is skipped. Returns undefined if the job has nothing to
   * run, "lane_busy" if another process works the lane.
   */
  async #claimDueRun(job: Job): Promise<HeldRun | "lane_busy" | undefined> {
    const { kysely } = this.#database;
    const now = this.#clock.now();
    const due = await this.#findDueRun(job, await this.#settings.timeZone(), now);
    if (due === undefined) return undefined;
    const pause = await findPause(kysely, job.name);
    if (pause !== undefined) {
      await this.#skipRun(job, due, pause, kysely);
      return undefined;
    }
    const claimed = await claimRun(kysely, { job, ...due, owner: this.#owner }, now);
    if (claimed !== undefined) return claimed;
    // A manual run of the job delays its scheduled run, but not the other jobs of the lane.
    const running = await findRunningRun(kysely, job.name);
    return running?.trigger === "manual" ? undefined : "lane_busy";
  }

  async #skipRun(job: Job, due: DueRun, pause: JobPause, executor: Executor): Promise<void> {
    const reason = `Paused by ${pause.paused_by}: ${pause.reason}`;
    await insertSkippedRun(executor, { job, ...due, owner: this.#owner, reason }, this.#clock.now());
  }

  /** Takes an abandoned run over, or ends it as failed after the last attempt. */
  async #takeOver(abandoned: HeldRun): Promise<HeldRun | undefined> {
    const { kysely } = this.#database;
    if (abandoned.attempt < MAX_ATTEMPTS) {
      return takeOverRun(kysely, abandoned, this.#owner, this.#clock.now());
    }
    await this.#failLostRun(abandoned, kysely);
    return undefined;
  }

  async #failLostRun(lost: HeldRun, executor: Executor): Promise<void> {
    const error = describeLostRun(lost.attempt);
    await finishRun(executor, lost, { state: "failed", error }, this.#clock.now());
  }

  /** Lists the running runs whose process is gone. */
  async #listAbandonedRuns(
    filter: { readonly lane: JobLane } | { readonly job: JobName },
    executor: Executor,
  ): Promise<HeldRun[]> {
    const isEmbedded = this.#database.kind === "embedded";
    const runs = await listHeldRuns(executor, filter);
    return runs.filter((run) => {
      if (run.owner === UNOWNED) return true;
      if (this.#executions.has(run.id)) return false;
      // Only one process has the embedded database open: a run of another owner is one of an earlier process.
      if (isEmbedded && run.owner !== this.#owner) return true;
      return run.heartbeatAgeMs >= this.#timing.heartbeatTimeoutMs;
    });
  }

  async #findDueRun(
    job: Job,
    timeZone: string,
    now: Date,
    executor: Executor = this.#database.kysely,
  ): Promise<DueRun | undefined> {
    this.#installedAt ??= await this.#settings.installedAt(executor);
    const lastScheduledFor = await findLastScheduledTime(executor, job.name);
    return findDueRun(job.schedule, timeZone, { installedAt: this.#installedAt, lastScheduledFor }, now);
  }

  /** Claims a manual run. Each needs a millisecond of its own, which a scheduled run may have. */
  async #claimManualRun(job: Job, now: Date, executor: Executor): Promise<HeldRun> {
    for (let milliseconds = 0; milliseconds < 1000; milliseconds++) {
      const scheduledFor = new Date(now.getTime() + milliseconds);
      const run = { job, scheduledFor, trigger: "manual" as const, owner: this.#owner };
      const claimed = await claimRun(executor, run, now);
      if (claimed !== undefined) return claimed;
      const running = await findRunningRun(executor, job.name);
      if (running !== undefined) throw createAlreadyRunningError(running);
    }
    throw new RelearnError("internal", `Internal error: no time is free for a manual run of ${job.name}.`);
  }

  /** Executes a claimed run to its end and returns the run as stored. */
  async #execute(run: HeldRun, handler: JobHandler): Promise<JobRunDocument | undefined> {
    const execution = this.#executeHeld(run, handler);
    this.#executions.set(run.id, execution);
    try {
      await execution;
    } finally {
      this.#executions.delete(run.id);
    }
    return readRun(this.#database.kysely, run.id);
  }

  async #executeHeld(run: HeldRun, handler: JobHandler): Promise<void> {
    const { kysely } = this.#database;
    const { heartbeatIntervalMs, maxRunMs, stopGraceMs } = this.#timing;
    const ending = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, ending.signal]);
    let progressText: string | undefined;
    const heartbeats = setInterval(() => {
      recordHeartbeat(kysely, run, progressText).then(
        (isHeld) => {
          if (!isHeld) ending.abort(new LostRunError(run.job));
        },
        // The next heartbeat follows.
        () => {},
      );
    }, heartbeatIntervalMs);
    const deadline = setTimeout(
      () => ending.abort(new Error(`The run took longer than ${maxRunMs / HOUR_MS} hours.`)),
      maxRunMs,
    );
    try {
      const progress = (text: string) => {
        progressText = toStorableText(text, MAX_PROGRESS_CHARACTERS);
      };
      const work = (async () => handler({ now: this.#clock.now(), signal, progress }))();
      const result = await waitForResult(work, signal, stopGraceMs);
      await finishRun(kysely, run, { state: "succeeded", result }, this.#clock.now());
    } catch (error) {
      if (this.#stopping.signal.aborted) {
        await releaseRun(kysely, run);
        return;
      }
      const text = toStorableText(toMessage(error), MAX_ERROR_CHARACTERS);
      await finishRun(kysely, run, { state: "failed", error: text }, this.#clock.now());
    } finally {
      clearInterval(heartbeats);
      clearTimeout(deadline);
    }
  }

  #getHandler(job: JobName): JobHandler {
    const handler = this.#handlers[job];
    if (handler !== undefined) return handler;
    throw new RelearnError("internal", `Internal error: ${job} has no handler.`);
  }
}

class LostRunError extends Error {
  constructor(job: JobName) {
    super(`Another process has taken over this run of ${job}.`);
  }
}

/**
 * Returns or throws what `work` does. After the signal is aborted, `work` has `graceMs` to end; then the reason
 * of the signal is thrown.
 */
async function waitForResult(
  work: Promise<JsonObject>,
  signal: AbortSignal,
  graceMs: number,
): Promise<JsonObject> {
  let timer: NodeJS.Timeout | undefined;
  let startGracePeriod: () => void = () => {};
  const timeout = new Promise<never>((_, reject) => {
    startGracePeriod = () => {
      timer = setTimeout(() => reject(signal.reason), graceMs);
    };
    if (signal.aborted) startGracePeriod();
    else signal.addEventListener("abort", startGracePeriod, { once: true });
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", startGracePeriod);
  }
}

function getJob(name: string): Job {
  const job = jobs.find((one) => one.name === name);
  if (job !== undefined) return job;
  const known = jobs.map((one) => one.name);
  throw new RelearnError("unknown_job", `There is no job "${name}". The jobs are ${known.join(", ")}.`, {
    details: { job: name, known },
  });
}

function requireReason(reason: string, action: string): string {
  const text = toStorableText(reason.trim(), MAX_REASON_CHARACTERS);
  if (text !== "") return text;
  throw new RelearnError("reason_missing", `Give a reason to ${action}; others read it.`);
}

function createAlreadyRunningError(running: JobRunDocument): RelearnError {
  return new RelearnError(
    "already_running",
    `${running.job} is already running, since ${running.started_at}. \`relearn jobs list\` shows its progress.`,
    { details: { run_id: running.id, started_at: running.started_at } },
  );
}

function describeLostRun(attempts: number): string {
  return attempts === 1
    ? "Its process ended before it did."
    : `Its process ended before it did, ${attempts} times.`;
}

function toMessage(error: unknown): string {
  if (error instanceof RelearnError) return `${error.message} (${error.code})`;
  return error instanceof Error ? error.message : String(error);
}

/** Removes what PostgreSQL cannot store and truncates the text. */
function toStorableText(text: string, maxCharacters: number): string {
  const storable = text.replaceAll("\u0000", "").toWellFormed();
  return storable.length <= maxCharacters
    ? storable
    : `${storable.slice(0, maxCharacters - 1).toWellFormed()}…`;
}
