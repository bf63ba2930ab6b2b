import { z } from "zod";
import type { Document } from "./document.ts";
import { count, interval } from "./fields.ts";

const figure = z.strictObject({
  log_loss: z.number().describe("Mean over the folds"),
  band: interval.describe("The lowest and the highest fold"),
});

export const labelCurveSchema = z.strictObject({
  rows: count.describe("Labels looked at, 4,000 at most"),
  folds: count,
  baseline_log_loss: z.number().describe("Of always saying the classes' shares"),
  points: z
    .array(
      z.strictObject({
        labels: count.describe("Labels that each fold's model was trained on"),
        arrived: figure.describe("The first so many that came"),
        random: figure.describe("As many drawn at random, the mean of three orders"),
      }),
    )
    .describe("None with too few labels"),
});
export type LearningCurve = Document<typeof labelCurveSchema>;
export type LearningCurvePoint = LearningCurve["points"][number];
export type CurveFigure = Document<typeof figure>;
