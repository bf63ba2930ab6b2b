import { z } from "zod";
import { agentDefinitionSchema } from "../../agents/agent-definition-schema.ts";
import type { AppliedAgent } from "../../agents/agent-service.ts";
import type { AuditEvent } from "../../audit/audit-event.ts";
import type { ChainVerification } from "../../audit/audit-service.ts";
import type { DoctorReport } from "../../doctor/doctor-service.ts";
import { type JobDocument, type JobRunDocument, jobs } from "../../jobs/job.ts";
import type { PausedJob } from "../../jobs/job-service.ts";
import type { AddedEndpoint } from "../../notifications/notification-service.ts";
import type { NotificationEndpoint, StoredNotification } from "../../notifications/notification-store.ts";
import { rolloutPolicySchema } from "../../rollouts/rollout-policy-schema.ts";
import type { SettingDocument } from "../../settings/setting.ts";
import type { ChangedSetting } from "../../settings/settings-service.ts";
import type { LoopStatus } from "../../status/loop-status.ts";
import { count, nullableTime, object, share, text, time } from "./fields.ts";

export { agentDefinitionSchema as agentDefinition };

export const agent = z.strictObject({
  definition: agentDefinitionSchema,
  definition_digest: z.string(),
  built_in: z.boolean(),
  updated_at: time,
});

export const appliedAgent: z.ZodType<AppliedAgent> = z.strictObject({
  name: z.string(),
  definition_digest: z.string(),
  changed: z.boolean().describe("False where the same definition stood there already"),
});

export const auditEvent: z.ZodType<AuditEvent> = z.strictObject({
  sequence: count,
  at: time,
  actor: z.string(),
  actor_kind: z.enum(["key", "asserted", "system"]),
  kind: z.string(),
  agent: text,
  object: z.string(),
  detail: object,
  previous_hash: z.string(),
  hash: z.string().describe("SHA-256 of the canonical JSON of the rest"),
});

export const chainVerification: z.ZodType<ChainVerification> = z.discriminatedUnion("intact", [
  z.strictObject({ intact: z.literal(true), events: count, head: z.string() }),
  z.strictObject({
    intact: z.literal(false),
    events: count.describe("Intact ones before the fault"),
    fault: z.strictObject({
      sequence: count,
      fault: z.enum(["missing", "altered", "relinked"]),
      message: z.string(),
    }),
  }),
]);

/** Text, a switch, or members of a rollout policy; null where nothing is the default. */
export const settingValue = z.union([z.string(), z.boolean(), z.null(), rolloutPolicySchema.partial()]);

export const setting: z.ZodType<SettingDocument> = z.strictObject({
  key: z.string(),
  value: settingValue.describe("What was set, or the default"),
  default: settingValue.describe("What holds where nothing is set"),
  is_default: z.boolean(),
  updated_by: text,
  updated_at: nullableTime,
  description: z.string(),
});

export const changedSetting: z.ZodType<ChangedSetting> = z.strictObject({
  setting,
  changed: z.boolean().describe("False where the same value stood there already"),
});

const jobName = z.enum(jobs.map(({ name }) => name));
const pause = z.strictObject({ reason: z.string(), paused_by: z.string(), paused_at: time }).nullable();

export const jobRun: z.ZodType<JobRunDocument> = z.strictObject({
  id: count,
  job: jobName,
  scheduled_for: time,
  trigger: z.enum(["schedule", "manual", "makeup"]),
  state: z.enum(["running", "succeeded", "failed", "skipped"]),
  started_at: time,
  finished_at: nullableTime,
  attempt: count.describe("2 and more: its process ended before it did, and it was run again"),
  progress: text,
  result: object.nullable().describe("Counts and ids, as the job has them"),
  error: text,
});

export const job: z.ZodType<JobDocument> = z.strictObject({
  job: jobName,
  description: z.string(),
  schedule: z.string(),
  time_zone: z.string(),
  next_run_at: nullableTime.describe("Null while paused"),
  overdue_since: nullableTime,
  paused: pause,
  running: jobRun.nullable(),
  last_run: jobRun.nullable(),
});

export const pausedJob: z.ZodType<PausedJob> = z.strictObject({ job: jobName, paused: pause });

const result = z.enum(["ok", "warn", "problem"]);
export const doctorReport: z.ZodType<DoctorReport> = z.strictObject({
  result: result.describe("The worst of all checks"),
  checked_at: time,
  checks: z.array(
    z.strictObject({
      check: z.enum([
        "database",
        "jobs",
        "four_eyes",
        "in_use",
        "training_data",
        "label_balance",
        "labels_per_week",
        "judge_weights",
        "judge_predictions",
        "review_queue",
        "canary_progress",
        "canary_start",
        "backups",
      ]),
      agent: text,
      result,
      finding: z.string(),
      next: text.describe("The command to run next"),
    }),
  ),
});

export const loopStatus: z.ZodType<LoopStatus> = z.strictObject({
  at: time,
  agents: z.array(
    z.strictObject({
      agent: z.string(),
      labels: z.strictObject({ trainable: count, last_7_days: count }),
      newest_bundle: z
        .strictObject({
          bundle_id: z.string(),
          status: z.string(),
          created_at: time,
          accuracy: share,
          baseline_accuracy: share,
          training_count: count,
        })
        .nullable(),
      active_bundle_id: text,
      pending_approvals: z.array(z.string()),
      approved: z.array(z.string()),
      rollout: z
        .strictObject({
          rollout_id: z.string(),
          state: z.string(),
          percent: z.number(),
          recommendation: text,
          reason: text,
        })
        .nullable(),
      review_queue: z.strictObject({ open: count }),
      judges: z.strictObject({ weighed: count, updated_at: nullableTime }),
      kill_switch: z.strictObject({ by: text, reason: text }).nullable(),
      next: z.string().describe("What to do next, as a command"),
    }),
  ),
  jobs: z.array(job),
  warnings: z.array(z.string()),
  least_labels: count.describe("Fewest labels that are trained on"),
});

export const notificationEndpoint: z.ZodType<NotificationEndpoint> = z.strictObject({
  name: z.string(),
  url: z.string().describe("The host alone for who may not administer"),
  created_by: z.string(),
  created_at: time,
  waiting: count,
  delivered: count,
  dead: count,
  last_error: text,
});

export const addedEndpoint: z.ZodType<AddedEndpoint> = z.strictObject({
  endpoint: notificationEndpoint,
  secret: text.describe("The one that was made up, in this answer alone; null where one was given"),
});

export const notification: z.ZodType<StoredNotification> = z.strictObject({
  id: count,
  endpoint: z.string(),
  message_id: z.string(),
  event: z.string(),
  agent: text,
  state: z.enum(["waiting", "delivered", "dead"]),
  attempts: count,
  next_attempt_at: time,
  last_error: text,
  created_at: time,
  ended_at: nullableTime,
});
