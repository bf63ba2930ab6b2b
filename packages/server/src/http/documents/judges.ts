import { z } from "zod";
import type {
  JudgeReliability,
  JudgeWeightReport,
  JudgeWeightUpdate,
} from "../../judges/judge-weight-service.ts";
import type { PanelModel } from "../../judges/panel-model.ts";
import type { ReliabilityCard } from "../../judges/reliability-card.ts";
import {
  count,
  interval,
  nullableNumber,
  nullableShare,
  nullableTime,
  numbers,
  share,
  text,
} from "./fields.ts";

export const judgeWeights: z.ZodType<JudgeWeightReport> = z.strictObject({
  agent: z.string(),
  weights: numbers,
  defaults: z.boolean().describe("Nothing in the last 30 days to weigh by, or no update yet"),
  judges: z.record(
    z.string(),
    z.strictObject({
      predictions: count,
      agreement: nullableShare,
      calibration_error: nullableShare,
      weight: z.number(),
    }),
  ),
  updated_at: nullableTime,
});

export const judgeWeightUpdate: z.ZodType<JudgeWeightUpdate> = z.strictObject({
  agent: z.string(),
  weights: numbers,
  defaults: z.boolean(),
  labels: count,
  days_counted: count,
  model_bundle_id: text,
});

const rate = z.strictObject({ value: share, interval });

const card: z.ZodType<ReliabilityCard> = z.strictObject({
  judge: z.string().describe("name@version#rubric"),
  name: z.string(),
  model_version: text,
  rubric_digest: text,
  positive: z.string(),
  labels: count,
  abstentions: count,
  order_inconsistency: nullableShare,
  effective_sample_size: z.number(),
  enough_labels: z.boolean(),
  agreement: rate,
  sensitivity: rate,
  false_alarm_rate: rate,
  cohen_kappa: nullableNumber,
  base_rate: nullableShare,
  brier: nullableNumber,
  log_loss: nullableNumber,
  calibration_error: nullableNumber,
  calibration_curve: z.array(
    z.strictObject({ confidence: share, agreement: share, band: interval, weight: z.number() }),
  ),
  confusion: z.record(z.string(), numbers).describe("Label to verdict to decayed count"),
  days: z.record(z.string(), z.tuple([count, count])).describe("Day of UTC to labels and those that agree"),
  drift: z
    .strictObject({
      recent: share,
      before: share,
      recent_labels: count,
      before_labels: count,
      recent_days: count,
      message: z.string(),
    })
    .nullable(),
  last_evidence: text,
});

const panelFields = { judges: z.array(z.string()), classes: z.array(z.string()), labels: count };

const panel: z.ZodType<PanelModel> = z.discriminatedUnion("method", [
  z.strictObject({ method: z.literal("majority"), ...panelFields }),
  z.strictObject({ method: z.literal("specification"), ...panelFields, weights: numbers }),
  z.strictObject({
    method: z.enum(["best_judge", "two_coin"]),
    ...panelFields,
    class_probabilities: z.array(share),
    confusion: z.record(z.string(), z.array(z.array(z.number()))),
    inverse_temperature: z.number(),
  }),
  z.strictObject({
    method: z.enum(["stacking", "chosen"]),
    ...panelFields,
    components: z.array(
      z.strictObject({
        probability: share,
        tau: nullableNumber,
        intercepts: z.array(z.number()),
        vote_log_odds: z.array(z.number()),
      }),
    ),
    standard_errors: z.array(z.number()).nullable(),
  }),
]);

export const judgeReliability: z.ZodType<JudgeReliability> = z.strictObject({
  agent: z.string(),
  cards: z.array(card),
  panel: panel.nullable().describe("Null before the first update"),
  updated_at: nullableTime,
});
