import { z } from "zod";
import type { Document } from "./document.ts";
import { count, nullableTime, object, pageLimit, position, text, time } from "./fields.ts";
import { jobNames } from "./values.ts";

const jobName = z.enum(jobNames);
const jobPause = z.strictObject({ reason: z.string(), paused_by: z.string(), paused_at: time });
export type JobPause = Document<typeof jobPause>;
const pause = jobPause.nullable();

export const jobRunSchema = z
  .strictObject({
    id: count,
    job: jobName,
    scheduled_for: time.describe("The time it was due; for a manual run, when it was asked for"),
    trigger: z.enum(["schedule", "manual", "makeup"]),
    state: z.enum(["running", "succeeded", "failed", "skipped"]),
    started_at: time,
    finished_at: nullableTime,
    attempt: count.describe("2 and more: its process ended before it did, and it was run again"),
    progress: text,
    result: object.nullable().describe("Counts and ids, as the job has them"),
    error: text.describe("Why it failed or was skipped"),
  })
  .meta({ id: "JobRun" });
/** One run, as stored and sent. */
export type JobRunDocument = Document<typeof jobRunSchema>;

export const jobSchema = z
  .strictObject({
    job: jobName,
    description: z.string(),
    schedule: z.string().describe('In words: "daily at 2:00", "hourly"'),
    time_zone: z.string(),
    next_run_at: nullableTime.describe("Null while paused"),
    overdue_since: nullableTime.describe(
      "The time of a run that should have happened and has not, because no service runs; else null",
    ),
    paused: pause,
    running: jobRunSchema.nullable(),
    last_run: jobRunSchema.nullable().describe("The last run that ended; skipped ones are in the history"),
  })
  .meta({ id: "Job" });
/** One job as it stands. */
export type JobDocument = Document<typeof jobSchema>;

export const pausedJobSchema = z.strictObject({ job: jobName, paused: pause }).meta({ id: "PausedJob" });
export type PausedJob = Document<typeof pausedJobSchema>;

export const pauseJobRequestSchema = z.strictObject({ reason: z.string() }).meta({ id: "PauseJobRequest" });
export const resumeJobRequestSchema = z.strictObject({ reason: z.string() }).meta({ id: "ResumeJobRequest" });

export const jobRunsQuerySchema = z.strictObject({
  job: z.string().optional(),
  before: position,
  limit: pageLimit,
});

export const jobListSchema = z.object({ jobs: z.array(jobSchema) });
export const jobRunPageSchema = z.object({
  runs: z.array(jobRunSchema),
  next_before: z.number().nullable(),
});
