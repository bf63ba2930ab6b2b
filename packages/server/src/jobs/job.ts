import type { JobName } from "@relearn/contract";
import type { JsonObject } from "../db/tables.ts";
import type { JobSchedule } from "./due-time.ts";

/**
 * Jobs of one lane run one after the other, in the order of `jobs`: each of the learning jobs reads what the
 * one before it wrote, which matters when several are made up at once. The guard never waits for them.
 */
export type JobLane = "learning" | "guard";
export const jobLanes: readonly JobLane[] = ["learning", "guard"];

export interface Job {
  readonly name: JobName;
  readonly description: string;
  readonly schedule: JobSchedule;
  readonly lane: JobLane;
}

/** The specification's four daily jobs at its hours, and the hourly guard, which is the same as `check_canaries`. */
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

/** What a job's work is given. */
export interface JobContext {
  /** When the run began. */
  readonly now: Date;
  /** Aborted when the service stops, the run takes too long, or another process has taken it over. */
  readonly signal: AbortSignal;
  /** Says in a few words how far it is, for whoever looks. */
  readonly progress: (text: string) => void;
}

/** A job's work. Its result is kept and shown: counts and ids. It may be run again after a crash half-way. */
export type JobHandler = (context: JobContext) => Promise<JsonObject>;
export type JobHandlers = Readonly<Record<JobName, JobHandler>>;

export function describeSchedule(schedule: JobSchedule): string {
  return schedule.every === "hour" ? "hourly" : `daily at ${schedule.hour}:00`;
}
