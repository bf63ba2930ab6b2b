import { createRoute, jsonAnswer, newRouter, type Router, z } from "../http/router.ts";
import type { LabelCurve } from "./label-curve.ts";
import type { TrainingService } from "./training-service.ts";

const figure = z.strictObject({
  log_loss: z.number().describe("Mean over the folds"),
  band: z.tuple([z.number(), z.number()]).describe("The lowest and the highest fold"),
});

const curve: z.ZodType<LabelCurve> = z.strictObject({
  rows: z.number().int().describe("Labels looked at, 4,000 at most"),
  folds: z.number().int(),
  baseline_log_loss: z.number().describe("Of always saying the classes' shares"),
  points: z
    .array(
      z.strictObject({
        labels: z.number().int().describe("Labels that each fold's model was trained on"),
        arrived: figure.describe("The first so many that came"),
        random: figure.describe("As many drawn at random, the mean of three orders"),
      }),
    )
    .describe("None with too few labels"),
});

export function labelCurveRoutes(trainer: TrainingService): Router {
  return newRouter().openapi(
    createRoute("read", {
      method: "get",
      path: "/v1/agents/{agent}/learning-curve",
      summary: "Held-out log-loss by the number of labels, as they came and at random",
      request: { params: z.object({ agent: z.string().openapi({ example: "inbox_triage" }) }) },
      responses: { 200: jsonAnswer("The curve", curve) },
    }),
    async (context) => context.json(await trainer.labelCurve(context.req.valid("param").agent), 200),
  );
}
