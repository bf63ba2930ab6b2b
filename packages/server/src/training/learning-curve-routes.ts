import { learningCurveSchema } from "@relearn/contract";
import { createRoute, jsonAnswer, newRouter, type Router, z } from "../http/router.ts";
import type { TrainingService } from "./training-service.ts";

export function learningCurveRoutes(trainer: TrainingService): Router {
  return newRouter().openapi(
    createRoute("read", {
      method: "get",
      path: "/v1/agents/{agent}/learning-curve",
      summary:
        "Get the learning curve: held-out log-loss by the number of labels, in order of arrival and at random",
      request: { params: z.object({ agent: z.string().openapi({ example: "inbox_triage" }) }) },
      responses: { 200: jsonAnswer("The curve", learningCurveSchema) },
    }),
    async (context) => context.json(await trainer.learningCurve(context.req.valid("param").agent), 200),
  );
}
