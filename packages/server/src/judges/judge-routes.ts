import {
  judgeReliabilitySchema,
  judgeWeightsSchema,
  judgeWeightUpdateListSchema,
  updateJudgesRequestSchema,
} from "@relearn/contract";
import { createRoute, jsonAnswer, jsonBody, newRouter, type Router, z } from "../http/router.ts";
import type { JudgeWeightService } from "./judge-weight-service.ts";

const agentName = z.object({ agent: z.string().openapi({ example: "inbox_triage" }) });

export function judgeRoutes(judges: JudgeWeightService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/judges/{agent}/weights",
        summary: "Get the specification's judge weights of an agent, with their evidence",
        request: { params: agentName },
        responses: { 200: jsonAnswer("The weights", judgeWeightsSchema) },
      }),
      async (context) => context.json(await judges.show(context.req.valid("param").agent), 200),
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/judges/{agent}",
        summary: "Get the reliability cards and the calibrated panel of an agent",
        request: { params: agentName },
        responses: {
          200: jsonAnswer("Cards and panel", judgeReliabilitySchema),
        },
      }),
      async (context) => context.json(await judges.reliability(context.req.valid("param").agent), 200),
    )
    .openapi(
      createRoute(
        "operate",
        {
          method: "post",
          path: "/v1/judges/update",
          summary: "Update the judge weights, cards and panel of one agent or of all agents",
          request: {
            body: jsonBody(updateJudgesRequestSchema),
          },
          responses: {
            200: jsonAnswer("The updates, one per agent", judgeWeightUpdateListSchema),
          },
        },
        { once: "repeatable" },
      ),
      async (context) => {
        const { agent } = context.req.valid("json");
        const updates = await judges.update(agent, { actor: context.get("principal").actor });
        return context.json({ updates }, 200);
      },
    );
}
