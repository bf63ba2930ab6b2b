import {
  createRoute,
  documentSchema,
  jsonAnswer,
  jsonBody,
  newRouter,
  type Router,
  z,
} from "../http/router.ts";
import type {
  JudgeReliability,
  JudgeWeightReport,
  JudgeWeightService,
  JudgeWeightUpdate,
} from "./judge-weight-service.ts";

const agentName = z.object({ agent: z.string().openapi({ example: "inbox_triage" }) });

export function judgeRoutes(judges: JudgeWeightService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/judges/{agent}/weights",
        summary: "The specification's judge weights of an agent and what they are made of",
        request: { params: agentName },
        responses: { 200: jsonAnswer("The weights", documentSchema<JudgeWeightReport>("JudgeWeights")) },
      }),
      async (context) => context.json(await judges.show(context.req.valid("param").agent), 200),
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/judges/{agent}",
        summary: "The reliability cards and the calibrated panel of an agent",
        request: { params: agentName },
        responses: {
          200: jsonAnswer("Cards and panel", documentSchema<JudgeReliability>("JudgeReliability")),
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
          summary: "Weigh the judges again, of one agent or of all",
          request: {
            body: jsonBody(z.strictObject({ agent: z.string().optional() })),
          },
          responses: {
            200: jsonAnswer(
              "What was updated",
              z.object({ updates: z.array(documentSchema<JudgeWeightUpdate>("JudgeWeightUpdate")) }),
            ),
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
