/**
 * Wakes the jobs up, on pg-boss.
 *
 * A schedule sends one message a lane every quarter of an hour; of all processes one gets it, holds it with
 * signs of life while it works, and loses it to another when it dies. Who holds it asks the job service what
 * is due. So pg-boss says *who looks now*, the table of runs says *what is due* (`job-service.ts`): changed
 * time zones, missed nights and clock changes need no bookkeeping here.
 * Rejected: a pg-boss schedule a job, in its time zone. The table of runs would be needed all the same, for
 * the history and for runs by hand, and the two could disagree.
 */
import { type Clock as BossClock, PgBoss } from "pg-boss";
import type { Database } from "../db/database.ts";
import { type JobLane, jobLanes } from "./job.ts";
import type { JobService } from "./job-service.ts";

export interface JobWorkerOptions {
  readonly jobs: JobService;
  readonly database: Database;
  /** The server's address, for connections of pg-boss's own; the embedded database has one connection for all. */
  readonly serverUrl?: string | undefined;
  /** Told of what went wrong in the background; it goes on by itself. */
  readonly reportFailure: (error: unknown) => void;
  readonly timing?: Partial<WorkerTiming>;
  /** pg-boss's time and timers, for tests. */
  readonly bossClock?: BossClock;
}

export interface WorkerTiming {
  /** How often a lane asks for its message. */
  readonly pollingSeconds: number;
  /** How long a lane's message stays with a process that shows no sign of life; 10 at least. */
  readonly silentSeconds: number;
  /** How often messages of lost processes are looked for. */
  readonly superviseSeconds: number;
}

/** Slow on purpose: an idle laptop should rest, and a job may begin a minute after its hour. */
const defaultTiming: WorkerTiming = { pollingSeconds: 30, silentSeconds: 60, superviseSeconds: 60 };

/** Every zone's hours fall on a quarter of an hour in UTC. */
const EVERY_QUARTER = "*/15 * * * *";

/** Longer than the lane's longest work: each job is given up by the job service long before. */
const MESSAGE_EXPIRES_SECONDS = 23 * 3600;

const SCHEMA = "pgboss";
const STOP_TIMEOUT_MS = 10_000;

export interface RunningJobWorker {
  /** Stops waking up; the runs under way are told to end and given a few seconds. */
  stop(): Promise<void>;
}

const queueOf = (lane: JobLane): string => `relearn_${lane}`;

/** Starts waking the jobs up, and looks at once at what is due. */
export async function startJobWorker(options: JobWorkerOptions): Promise<RunningJobWorker> {
  const { database, jobs, reportFailure } = options;
  const timing = { ...defaultTiming, ...options.timing };
  const boss = new PgBoss({
    ...(database.kind === "embedded" || options.serverUrl === undefined
      ? { db: { executeSql: (text: string, values?: unknown[]) => database.executeText(text, values) } }
      : { connectionString: options.serverUrl, max: 2, application_name: "relearn jobs" }),
    ...(database.kind === "embedded" ? { backend: "pglite" } : {}),
    ...(options.bossClock === undefined ? {} : { clock: options.bossClock }),
    schema: SCHEMA,
    superviseIntervalSeconds: timing.superviseSeconds,
    monitorIntervalSeconds: timing.superviseSeconds,
    cronMonitorIntervalSeconds: 45,
    cronWorkerIntervalSeconds: Math.min(45, Math.max(1, timing.pollingSeconds)),
    // None of these is used: two queues of two messages need no statistics, flows or index care.
    queueCacheIntervalSeconds: 3600,
    bamIntervalSeconds: 3600,
    flowIntervalSeconds: 3600,
    registerInstance: false,
    reindex: false,
    monitorVacuum: false,
    openTelemetry: { enabled: false },
  });
  boss.on("error", reportFailure);
  try {
    await boss.start();
    for (const lane of jobLanes) {
      const queue = queueOf(lane);
      await boss.createQueue(queue, {
        policy: "stately",
        heartbeatSeconds: timing.silentSeconds,
        expireInSeconds: MESSAGE_EXPIRES_SECONDS,
        retryLimit: 3,
        deleteAfterSeconds: 3600,
      });
      // One process has the embedded database: a message in somebody's hands is in a dead one's.
      if (database.kind === "embedded") await boss.deleteAllJobs(queue);
      await boss.schedule(queue, EVERY_QUARTER, null, { missed: "once" });
      await boss.send(queue);
      await boss.work(queue, { pollingIntervalSeconds: timing.pollingSeconds }, async () => {
        const runs = await jobs.runDue(lane);
        return { runs: runs.map((run) => run.id) };
      });
    }
  } catch (error) {
    await boss.stop({ graceful: false });
    throw error;
  }
  let stopping: Promise<void> | undefined;
  return {
    stop() {
      stopping ??= (async () => {
        await jobs.stop();
        await boss.stop({ graceful: true, timeout: STOP_TIMEOUT_MS });
      })();
      return stopping;
    },
  };
}
