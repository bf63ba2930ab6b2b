import { judgedResultListSchema, judgedResultsQuerySchema, methodComparisonSchema } from "@relearn/contract";
import { createRoute, jsonAnswer, newRouter, type Router, z } from "../http/router.ts";
import type { JudgedResultService } from "./judged-result-service.ts";

const agentName = z.object({ agent: z.string().openapi({ example: "inbox_triage" }) });
export function judgedResultRoutes(results: JudgedResultService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/judges/{agent}/results",
        summary: "List the labeled tasks of a cell of a judge's confusion table, newest first",
        request: {
          params: agentName,
          query: judgedResultsQuerySchema,
        },
        responses: { 200: jsonAnswer("The tasks", judgedResultListSchema) },
      }),
      async (context) => {
        const { limit, ...cell } = context.req.valid("query");
        return context.json(
          { results: await results.list(context.req.valid("param").agent, cell, limit) },
          200,
        );
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/judges/{agent}/methods",
        summary: "Compare the panel methods on labels that they were not fitted on",
        request: { params: agentName },
        responses: { 200: jsonAnswer("The comparison", methodComparisonSchema) },
      }),
      async (context) => context.json(await results.compareMethods(context.req.valid("param").agent), 200),
    );
}
