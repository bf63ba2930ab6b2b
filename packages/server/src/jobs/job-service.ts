/**
 * Runs jobs, each scheduled time once in the whole installation.
 *
 * The table of runs decides, not the messages that wake a process up: a run begins by inserting its row, and
 * the keys of the table (one row for a job and a time, one running row for a job) let one of many processes
 * do so. What is due is computed from that table and the clock, so that a wake-up lost, doubled or late does
 * no harm, and a missed night is found by whoever looks next. `job-worker.ts` does the waking.
 *
 * A run is held by its process and shows signs of life. A run whose process is gone is taken over in a
 * further attempt; a process that was only asleep finds at its next sign of life that the run is not its own
 * any more, and what it returns is dropped.
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
import { type DueRun, dueRun, MAKEUP_AFTER_MS, nextDueTime } from "./due-time.ts";
import { describeSchedule, type Job, type JobHandler, type JobLane, jobs } from "./job.ts";
import {
  abandonRun,
  claimRun,
  deletePause,
  findHeldRun,
  findLastEndedRun,
  findPause,
  findRunningRun,
  finishRun,
  type HeldRun,
  insertPause,
  insertSkippedRun,
  lastScheduledFor,
  listRuns,
  NOBODY,
  readRun,
  takeOverRun,
  touchRun,
} from "./job-store.ts";

export interface JobTiming {
  /** How often a running run shows a sign of life. */
  readonly heartbeatMs: number;
  /** A run silent for this long on a server has lost its process. Several heartbeats, for a busy machine's sake. */
  readonly silentMs: number;
  /** A run that takes longer is given up as failed: something in it waits for ever. */
  readonly longestRunMs: number;
  /** How long a run has to end after it is told to. */
  readonly stopGraceMs: number;
}

const defaultTiming: JobTiming = {
  heartbeatMs: 10 * SECOND_MS,
  silentMs: 60 * SECOND_MS,
  longestRunMs: 6 * HOUR_MS,
  stopGraceMs: 5 * SECOND_MS,
};

/** A run whose process was lost this often is what kills the process: it is not tried again. */
const MOST_ATTEMPTS = 3;

/** The jobs. It trusts its caller to have checked the right to operate. */
export class JobService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #settings: SettingsService;
  readonly #clock: Clock;
  readonly #handlers: Readonly<Partial<Record<JobName, JobHandler>>>;
  readonly #timing: JobTiming;
  /** Names this process among those that run jobs. */
  readonly #owner = randomUUID();
  readonly #stopping = new AbortController();
  /** The runs of this process that are under way. */
  readonly #held = new Map<number, Promise<void>>();

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
    this.#timing = { ...defaultTiming, ...timing };
  }

  /** Every job with its next and last run. */
  async list(): Promise<JobDocument[]> {
    const documents: JobDocument[] = [];
    for (const job of jobs) documents.push(await this.get(job.name));
    return documents;
  }

  async get(name: string): Promise<JobDocument> {
    const job = jobNamed(name);
    const { kysely } = this.#database;
    const now = this.#clock.now();
    const timeZone = await this.#settings.timeZone();
    const paused = (await findPause(kysely, job.name)) ?? null;
    const due = paused === null ? await this.#dueRun(job, timeZone, now) : undefined;
    const isOverdue = due !== undefined && now.getTime() - due.scheduledFor.getTime() > MAKEUP_AFTER_MS;
    return {
      job: job.name,
      description: job.description,
      schedule: describeSchedule(job.schedule),
      time_zone: timeZone,
      next_run_at: paused === null ? nextDueTime(job.schedule, timeZone, now).toISOString() : null,
      overdue_since: isOverdue ? due.scheduledFor.toISOString() : null,
      paused,
      running: (await findRunningRun(kysely, job.name)) ?? null,
      last_run: (await findLastEndedRun(kysely, job.name)) ?? null,
    };
  }

  /** Runs of one job or of all, newest first. */
  async history(
    filter: { job?: string | undefined } = {},
    page: { before?: number | undefined; limit: number } = { limit: 100 },
  ): Promise<JobRunDocument[]> {
    const job = filter.job === undefined ? undefined : jobNamed(filter.job).name;
    return listRuns(this.#database.kysely, { job }, page);
  }

  /**
   * Runs a job now and waits for its end, paused or not. The run is returned whether it succeeded or failed.
   * Refused with `already_running` while a run of the job is under way anywhere.
   */
  async run(name: string, options: { actor: ActorReference }): Promise<JobRunDocument> {
    const job = jobNamed(name);
    const handler = this.#handlerOf(job);
    const run = await this.#audit.change(toActor(options.actor), async (trx) => {
      const now = this.#clock.now();
      const abandoned = await this.#findAbandoned(job.name, trx);
      if (abandoned !== undefined) {
        await finishRun(trx, abandoned, { state: "failed", error: processEnded(abandoned.attempt) }, now);
      }
      const claimed = await this.#claimManual(job, now, trx);
      return {
        result: claimed,
        record: { kind: "job.run", object: job.name, detail: { run_id: claimed.id } },
      };
    });
    await this.#execute(run, handler);
    const document = await readRun(this.#database.kysely, run.id);
    if (document !== undefined) return document;
    throw new RelearnError("internal", `Run ${run.id} of ${job.name} is gone: this is a defect of Relearn.`);
  }

  /**
   * Runs what is due in a lane, one job after the other, and what a lost process left half-done.
   * Never throws for a job that fails: its run says so, and the others go on.
   */
  async runDue(lane: JobLane): Promise<JobRunDocument[]> {
    const ended: JobRunDocument[] = [];
    for (const job of jobs) {
      const handler = this.#handlers[job.name];
      if (job.lane !== lane || handler === undefined) continue;
      for (const begin of [() => this.#resumeAbandoned(job), () => this.#beginDue(job)]) {
        if (this.#stopping.signal.aborted) return ended;
        const run = await begin();
        if (run === undefined) continue;
        await this.#execute(run, handler);
        const document = await readRun(this.#database.kysely, run.id);
        if (document !== undefined) ended.push(document);
      }
    }
    return ended;
  }

  /** Leaves the job's scheduled runs out until it is resumed; those left out are not made up. */
  async pause(name: string, options: { actor: ActorReference; reason: string }): Promise<PausedJob> {
    const job = jobNamed(name);
    const actor = toActor(options.actor);
    const reason = requireReason(options.reason, `pause ${job.name}`);
    return this.#audit.change(actor, async (trx) => {
      const now = this.#clock.now();
      if (!(await insertPause(trx, { job: job.name, reason, pausedBy: actor.name }, now))) {
        const { paused_by, reason: before } = (await findPause(trx, job.name)) ?? {};
        throw new RelearnError(
          "already_so",
          `${job.name} is paused already, by ${paused_by ?? "somebody"}: ${before ?? ""}. \`relearn jobs resume ${job.name} --reason TEXT\` lets it run again.`,
        );
      }
      return {
        result: { job: job.name, paused: (await findPause(trx, job.name)) ?? null },
        record: { kind: "job.paused", object: job.name, detail: { reason } },
      };
    });
  }

  /** Lets a paused job run again at its next time. */
  async resume(name: string, options: { actor: ActorReference; reason: string }): Promise<PausedJob> {
    const job = jobNamed(name);
    const reason = requireReason(options.reason, `resume ${job.name}`);
    return this.#audit.change(toActor(options.actor), async (trx) => {
      // What came due and was not yet written down as left out is so now, or it would count as missed.
      await this.#skipDue(job, (await findPause(trx, job.name)) ?? null, trx);
      if (!(await deletePause(trx, job.name))) {
        throw new RelearnError("already_so", `${job.name} is not paused.`);
      }
      return {
        result: { job: job.name, paused: null },
        record: { kind: "job.resumed", object: job.name, detail: { reason } },
      };
    });
  }

  /** Tells the runs of this process to end and waits a few seconds for them; those that do not are given up. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("The service stops."));
    await Promise.allSettled(this.#held.values());
  }

  /** Begins the job's due run, or writes down that it is left out. Undefined where nothing is to be run. */
  async #beginDue(job: Job): Promise<HeldRun | undefined> {
    const { kysely } = this.#database;
    const pause = await findPause(kysely, job.name);
    if (pause !== undefined) {
      await this.#skipDue(job, pause, kysely);
      return undefined;
    }
    const now = this.#clock.now();
    const due = await this.#dueRun(job, await this.#settings.timeZone(), now);
    if (due === undefined) return undefined;
    return claimRun(kysely, { job: job.name, ...due, owner: this.#owner }, now);
  }

  async #skipDue(job: Job, pause: JobPause | null, executor: Executor): Promise<void> {
    if (pause === null) return;
    const now = this.#clock.now();
    const due = await this.#dueRun(job, await this.#settings.timeZone(executor), now, executor);
    if (due === undefined) return;
    const reason = `Paused by ${pause.paused_by}: ${pause.reason}`;
    await insertSkippedRun(executor, { job: job.name, ...due, owner: this.#owner, reason }, now);
  }

  async #resumeAbandoned(job: Job): Promise<HeldRun | undefined> {
    const { kysely } = this.#database;
    const abandoned = await this.#findAbandoned(job.name, kysely);
    if (abandoned === undefined) return undefined;
    const now = this.#clock.now();
    if (abandoned.attempt < MOST_ATTEMPTS) return takeOverRun(kysely, abandoned, this.#owner, now);
    await finishRun(kysely, abandoned, { state: "failed", error: processEnded(abandoned.attempt) }, now);
    return undefined;
  }

  /** The job's running run, if its holder is gone. */
  async #findAbandoned(job: JobName, executor: Executor): Promise<HeldRun | undefined> {
    const run = await findHeldRun(executor, job);
    if (run === undefined) return undefined;
    if (run.owner === NOBODY) return run;
    // The embedded database has one process: a run of another holder was a former process's.
    const silenceMs =
      this.#database.kind === "embedded" && run.owner !== this.#owner ? 0 : this.#timing.silentMs;
    return run.silentMs >= silenceMs && !this.#held.has(run.id) ? run : undefined;
  }

  async #dueRun(
    job: Job,
    timeZone: string,
    now: Date,
    executor: Executor = this.#database.kysely,
  ): Promise<DueRun | undefined> {
    const past = {
      installedAt: await this.#settings.installedAt(executor),
      lastScheduledFor: await lastScheduledFor(executor, job.name),
    };
    return dueRun(job.schedule, timeZone, past, now);
  }

  /** Manual runs are told apart by the millisecond; a scheduled one may have taken it. */
  async #claimManual(job: Job, now: Date, executor: Executor): Promise<HeldRun> {
    for (let milliseconds = 0; milliseconds < 1000; milliseconds++) {
      const scheduledFor = new Date(now.getTime() + milliseconds);
      const claim = { job: job.name, scheduledFor, trigger: "manual" as const, owner: this.#owner };
      const claimed = await claimRun(executor, claim, now);
      if (claimed !== undefined) return claimed;
      const running = await findRunningRun(executor, job.name);
      if (running !== undefined) throw alreadyRunning(running);
    }
    throw new RelearnError("internal", `No time is free for a run of ${job.name}: this is a defect.`);
  }

  async #execute(run: HeldRun, handler: JobHandler): Promise<void> {
    const execution = this.#executeHeld(run, handler);
    this.#held.set(run.id, execution);
    try {
      await execution;
    } finally {
      this.#held.delete(run.id);
    }
  }

  async #executeHeld(run: HeldRun, handler: JobHandler): Promise<void> {
    const { kysely } = this.#database;
    const ending = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, ending.signal]);
    let told: string | undefined;
    const heartbeat = setInterval(() => {
      touchRun(kysely, run, told).then(
        (isOurs) => {
          if (!isOurs) ending.abort(new LostRunError(run.job));
        },
        // A sign of life that the database did not take is followed by another.
        () => {},
      );
    }, this.#timing.heartbeatMs);
    const deadline = setTimeout(
      () => ending.abort(new Error(`It took longer than ${this.#timing.longestRunMs / HOUR_MS} hours.`)),
      this.#timing.longestRunMs,
    );
    try {
      const progress = (text: string) => {
        told = storableText(text, 200);
      };
      const work = (async () => handler({ now: this.#clock.now(), signal, progress }))();
      const result = await endedOrGivenUp(work, signal, this.#timing.stopGraceMs);
      await finishRun(kysely, run, { state: "succeeded", result }, this.#clock.now());
    } catch (error) {
      if (this.#stopping.signal.aborted) await abandonRun(kysely, run);
      else
        await finishRun(
          kysely,
          run,
          { state: "failed", error: storableText(messageOf(error), 2000) },
          this.#clock.now(),
        );
    } finally {
      clearInterval(heartbeat);
      clearTimeout(deadline);
    }
  }

  #handlerOf(job: Job): JobHandler {
    const handler = this.#handlers[job.name];
    if (handler !== undefined) return handler;
    throw new RelearnError("internal", `Nothing does the work of ${job.name}: this is a defect of Relearn.`);
  }
}

class LostRunError extends Error {
  constructor(job: JobName) {
    super(`Another process has taken this run of ${job} over.`);
  }
}

/** What the work returns or throws; after the signal it has `graceMs` to do so, then the signal's reason is thrown. */
async function endedOrGivenUp(
  work: Promise<JsonObject>,
  signal: AbortSignal,
  graceMs: number,
): Promise<JsonObject> {
  let timer: NodeJS.Timeout | undefined;
  let stopWaiting: () => void = () => {};
  const givenUp = new Promise<never>((_, reject) => {
    stopWaiting = () => {
      timer = setTimeout(() => reject(signal.reason), graceMs);
    };
    if (signal.aborted) stopWaiting();
    else signal.addEventListener("abort", stopWaiting, { once: true });
  });
  try {
    return await Promise.race([work, givenUp]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stopWaiting);
  }
}

function jobNamed(name: string): Job {
  const job = jobs.find((one) => one.name === name);
  if (job !== undefined) return job;
  const known = jobs.map((one) => one.name);
  throw new RelearnError("unknown_job", `There is no job "${name}". The jobs are ${known.join(", ")}.`, {
    details: { job: name, known },
  });
}

function requireReason(reason: string, doing: string): string {
  const text = storableText(reason.trim(), 500);
  if (text !== "") return text;
  throw new RelearnError("reason_missing", `Give a reason to ${doing}: others will ask for it.`);
}

function alreadyRunning(running: JobRunDocument): RelearnError {
  return new RelearnError(
    "already_running",
    `${running.job} is running already, since ${running.started_at}. \`relearn jobs list\` shows when it ends.`,
    { details: { run_id: running.id, started_at: running.started_at } },
  );
}

function processEnded(attempts: number): string {
  return attempts === 1
    ? "Its process ended before it did."
    : `Its process ended before it did, ${attempts} times.`;
}

function messageOf(error: unknown): string {
  if (error instanceof RelearnError) return `${error.message} (${error.code})`;
  return error instanceof Error ? error.message : String(error);
}

/** As PostgreSQL can hold it, and no longer than a page shows. */
function storableText(text: string, longest: number): string {
  const storable = text.replaceAll("\u0000", "").toWellFormed();
  return storable.length <= longest ? storable : `${storable.slice(0, longest - 1).toWellFormed()}…`;
}
