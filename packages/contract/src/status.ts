import { z } from "zod";
import type { Document } from "./document.ts";
import { count, nullableTime, share, text, time } from "./fields.ts";
import { jobSchema } from "./jobs.ts";

const result = z.enum(["ok", "warn", "problem"]);
export const doctorReportSchema = z
  .strictObject({
    result: result.describe("Worst result of all checks"),
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
        finding: z.string().describe("Finding, with its figures"),
        next: text.describe("Command to run next"),
      }),
    ),
  })
  .meta({ id: "DoctorReport" });
export type DoctorReport = Document<typeof doctorReportSchema>;
export type CheckResult = DoctorReport["checks"][number];
export type CheckName = CheckResult["check"];

export const loopStatusSchema = z
  .strictObject({
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
            accuracy: share.describe(
              "Held-out accuracy; `baseline_accuracy` is that of always answering the most frequent class",
            ),
            baseline_accuracy: share,
            training_count: count,
          })
          .nullable(),
        active_bundle_id: text,
        pending_approvals: z.array(z.string()).describe("Pending approval requests, newest first"),
        approved: z.array(z.string()).describe("Approved requests that are not applied yet, newest first"),
        rollout: z
          .strictObject({
            rollout_id: z.string(),
            state: z.string(),
            percent: z.number(),
            recommendation: text.describe("Recommendation of the newest analysis"),
            reason: text,
          })
          .nullable(),
        review_queue: z.strictObject({ open: count }),
        judges: z.strictObject({ weighed: count, updated_at: nullableTime }),
        kill_switch: z.strictObject({ by: text, reason: text }).nullable(),
        next: z.string().describe("Command to run next"),
      }),
    ),
    jobs: z.array(jobSchema),
    warnings: z.array(z.string()).describe("Warnings about the installation's current state"),
    least_labels: count.describe("Minimum number of labels for a training"),
  })
  .meta({ id: "LoopStatus" });
/** State of the improvement loop. */
export type LoopStatus = Document<typeof loopStatusSchema>;
/** State of one agent in the loop. A member is null if it does not exist yet. */
export type AgentStatus = LoopStatus["agents"][number];
