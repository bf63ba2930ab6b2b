import { populationFiguresSchema, populationQuerySchema, queueStatisticsSchema } from "@relearn/contract";
import { createRoute, jsonAnswer, newRouter, type Router, z } from "../http/router.ts";
import type { QueueStatisticsService } from "./queue-statistics-service.ts";

const agentName = z.object({ agent: z.string().openapi({ example: "inbox_triage" }) });

export function queueStatisticsRoutes(queueStatistics: QueueStatisticsService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/agents/{agent}/queue-statistics",
        summary: "Get the queue statistics: held-out accuracy and expected remaining errors, over time",
        request: { params: agentName },
        responses: { 200: jsonAnswer("The statistics", queueStatisticsSchema) },
      }),
      async (context) => context.json(await queueStatistics.progress(context.req.valid("param").agent), 200),
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/agents/{agent}/population",
        summary: "Estimate figures of all traffic by prediction-powered inference from the control share",
        request: {
          params: agentName,
          query: populationQuerySchema,
        },
        responses: {
          200: jsonAnswer("The figures with their 90 % intervals", populationFiguresSchema),
        },
      }),
      async (context) =>
        context.json(
          await queueStatistics.population(context.req.valid("param").agent, context.req.valid("query")),
          200,
        ),
    );
}
