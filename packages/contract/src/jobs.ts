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
    scheduled_for: time.describe("Scheduled time; of a manual run, the time of the request"),
    trigger: z.enum(["schedule", "manual", "catch_up"]),
    state: z.enum(["running", "succeeded", "failed", "skipped"]),
    started_at: time,
    finished_at: nullableTime,
    attempt: count.describe("Above 1 if the process ended before the run did and the run was repeated"),
    progress: text,
    result: object.nullable().describe("Counts and ids that the job reports"),
    error: text.describe("Reason why the run failed or was skipped"),
  })
  .meta({ id: "JobRun" });
/** A run, as stored and sent. */
export type JobRunDocument = Document<typeof jobRunSchema>;

export const jobSchema = z
  .strictObject({
    job: jobName,
    description: z.string(),
    schedule: z.string().describe('For display: "daily at 2:00", "hourly"'),
    time_zone: z.string(),
    next_run_at: nullableTime.describe("Null while paused"),
    overdue_since: nullableTime.describe(
      "Scheduled time of a run that is overdue because no service runs; null if there is none",
    ),
    paused: pause,
    running: jobRunSchema.nullable(),
    last_run: jobRunSchema
      .nullable()
      .describe("Last run that succeeded or failed; the history has the skipped ones"),
  })
  .meta({ id: "Job" });
/** A job and its current state. */
export type JobDocument = Document<typeof jobSchema>;

export const pausedJobSchema = z.strictObject({ job: jobName, paused: pause }).meta({ id: "PausedJob" });
export type PausedJob = Document<typeof pausedJobSchema>;

export const pauseJobRequestSchema = z
  .strictObject({ reason: z.string() })
  .meta({ id: "PauseJobRequest", examples: [{ reason: "While the data are being moved." }] });
export const resumeJobRequestSchema = z
  .strictObject({ reason: z.string() })
  .meta({ id: "ResumeJobRequest", examples: [{ reason: "The data are moved." }] });

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
