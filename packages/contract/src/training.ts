import { z } from "zod";
import type { Document } from "./document.ts";
import { count, interval } from "./fields.ts";

const figure = z.strictObject({
  log_loss: z.number().describe("Mean over the folds"),
  band: interval.describe("Lowest and highest fold"),
});

export const learningCurveSchema = z.strictObject({
  rows: count.describe("Number of labels used, at most 4,000"),
  folds: count,
  baseline_log_loss: z.number().describe("Log-loss of always predicting the classes' shares"),
  points: z
    .array(
      z.strictObject({
        labels: count.describe("Number of labels that each fold's model was trained on"),
        arrived: figure.describe("Trained on the earliest labels"),
        random: figure.describe("Trained on as many labels drawn at random; mean of three orders"),
      }),
    )
    .describe("Empty with too few labels"),
});
export type LearningCurve = Document<typeof learningCurveSchema>;
export type LearningCurvePoint = LearningCurve["points"][number];
export type CurveFigure = Document<typeof figure>;
