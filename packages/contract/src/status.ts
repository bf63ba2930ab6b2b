import { z } from "zod";
import type { Document } from "./document.ts";
import { count, nullableTime, share, text, time } from "./fields.ts";
import { jobSchema } from "./jobs.ts";

const result = z.enum(["ok", "warn", "problem"]);
export const doctorReportSchema = z
  .strictObject({
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
        finding: z.string().describe("What was found, with the numbers"),
        next: text.describe("The command to run next"),
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
              "On examples the model had not seen, and what always saying the commonest class would reach",
            ),
            baseline_accuracy: share,
            training_count: count,
          })
          .nullable(),
        active_bundle_id: text,
        pending_approvals: z.array(z.string()).describe("Requests that wait for an approval, newest first"),
        approved: z.array(z.string()).describe("Approved and not yet applied, newest first"),
        rollout: z
          .strictObject({
            rollout_id: z.string(),
            state: z.string(),
            percent: z.number(),
            recommendation: text.describe("Of the newest analysis"),
            reason: text,
          })
          .nullable(),
        review_queue: z.strictObject({ open: count }),
        judges: z.strictObject({ weighed: count, updated_at: nullableTime }),
        kill_switch: z.strictObject({ by: text, reason: text }).nullable(),
        next: z.string().describe("What to do next, as a command"),
      }),
    ),
    jobs: z.array(jobSchema),
    warnings: z.array(z.string()).describe("What everybody should know while it is so, in sentences"),
    least_labels: count.describe("Fewest labels that are trained on"),
  })
  .meta({ id: "LoopStatus" });
/** The loop at a glance. */
export type LoopStatus = Document<typeof loopStatusSchema>;
/** One agent's turn of the loop. Null: there is none yet. */
export type AgentStatus = LoopStatus["agents"][number];
