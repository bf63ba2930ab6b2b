import type { JobName } from "@relearn/contract";
import type { JsonObject } from "../db/tables.ts";
import type { JobSchedule } from "./due-time.ts";

/**
 * The scheduled runs of a lane run one at a time in the whole installation, in the order of `jobs`: each
 * learning job reads what the job before it wrote, which matters when several catch up at once. The guard never
 * waits for the learning jobs. Manual runs are outside the lanes: only a run of the same job excludes one.
 */
export type JobLane = "learning" | "guard";
export const jobLanes: readonly JobLane[] = ["learning", "guard"];

export interface Job {
  readonly name: JobName;
  readonly description: string;
  readonly schedule: JobSchedule;
  readonly lane: JobLane;
}

/** The specification's four daily jobs at its hours, and the hourly guard, which does the same as `check_canaries`. */
export const jobs: readonly Job[] = [
  {
    name: "load_labeled_data",
    description: "Load new labeled data from every feed",
    schedule: { every: "day", hour: 2 },
    lane: "learning",
  },
  {
    name: "update_judge_weights",
    description: "Recalculate the judges' weights",
    schedule: { every: "day", hour: 3 },
    lane: "learning",
  },
  {
    name: "sample_review_queue",
    description: "Sample the review queue",
    schedule: { every: "day", hour: 4 },
    lane: "learning",
  },
  {
    name: "check_canaries",
    description: "Check every running canary",
    schedule: { every: "day", hour: 5 },
    lane: "guard",
  },
  {
    name: "guard",
    description: "Check every running canary",
    schedule: { every: "hour" },
    lane: "guard",
  },
];

/** Arguments of a job handler. */
export interface JobContext {
  /** Time at which the run began. */
  readonly now: Date;
  /** Aborted when the service stops, the run takes too long, or another process has taken the run over. */
  readonly signal: AbortSignal;
  /** Sets the progress text that is shown while the run lasts. */
  readonly progress: (text: string) => void;
}

/**
 * Does the work of a job and returns its result, counts and ids, which is stored and shown. A run is repeated
 * if its process ends before the handler does, so a handler must tolerate work that is partly done.
 */
export type JobHandler = (context: JobContext) => Promise<JsonObject>;
export type JobHandlers = Readonly<Record<JobName, JobHandler>>;

export function describeSchedule(schedule: JobSchedule): string {
  return schedule.every === "hour" ? "hourly" : `daily at ${schedule.hour}:00`;
}
