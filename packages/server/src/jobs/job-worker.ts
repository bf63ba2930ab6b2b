/**
 * Runs due jobs for as long as a service runs. Each lane has a loop of its own: it asks the job service for
 * due runs at once, then again one interval after the last run ended.
 *
 * The loops of several processes need no coordination: the unique indexes of `job_runs` decide which process
 * begins a run (`job-store.ts`), and a call that is lost, repeated or late does no harm (`job-service.ts`).
 */
import { MINUTE_MS } from "../clock.ts";
import { type JobLane, jobLanes } from "./job.ts";
import type { JobService } from "./job-service.ts";

export interface JobWorkerOptions {
  readonly jobs: Pick<JobService, "runDue" | "stop">;
  /** Receives errors outside of the runs, for example an unreachable database. The loop goes on. */
  readonly reportFailure: (error: unknown) => void;
  readonly pollIntervalMs?: number;
}

export interface JobWorker {
  /** Ends the loops. Signals running jobs to end and waits a few seconds for them. Safe to call twice. */
  stop(): Promise<void>;
}

/** A job begins at most this long after its hour. */
const DEFAULT_POLL_INTERVAL_MS = MINUTE_MS;

export function startJobWorker(options: JobWorkerOptions): JobWorker {
  const loops = jobLanes.map((lane) => startLoop(lane, options));
  let stopped: Promise<void> | undefined;
  return {
    stop() {
      stopped ??= (async () => {
        const ends = loops.map((loop) => loop.stop());
        await options.jobs.stop();
        await Promise.all(ends);
      })();
      return stopped;
    },
  };
}

function startLoop(lane: JobLane, options: JobWorkerOptions): { stop(): Promise<void> } {
  const { jobs, reportFailure, pollIntervalMs = DEFAULT_POLL_INTERVAL_MS } = options;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const runDue = async (): Promise<void> => {
    try {
      await jobs.runDue(lane);
    } catch (error) {
      reportFailure(error);
    }
    if (!isStopped) timer = setTimeout(repeat, pollIntervalMs);
  };
  const repeat = (): void => {
    call = runDue();
  };
  let call = runDue();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await call;
    },
  };
}
