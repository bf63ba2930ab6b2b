import { reviewQueueStatsSchema, sampleReportSchema, sampleRequestSchema } from "@relearn/contract";
import { createRoute, jsonAnswer, jsonBody, newRouter, type Router, z } from "../http/router.ts";
import type { SamplingService } from "./sampling-service.ts";

export function samplingRoutes(sampler: SamplingService): Router {
  return newRouter()
    .openapi(
      createRoute("operate", {
        method: "post",
        path: "/v1/sampler/{agent}/sample",
        summary: "Sample the tasks that are most worth a review, and add them to the review queue",
        request: {
          params: z.object({ agent: z.string() }),
          body: jsonBody(sampleRequestSchema),
        },
        responses: {
          200: jsonAnswer("The candidates, and the changes to the queue", sampleReportSchema),
        },
      }),
      async (context) => {
        const { top_n, strategy, min_uncertainty, dry_run } = context.req.valid("json");
        const report = await sampler.sample(context.req.valid("param").agent, {
          topN: top_n,
          strategy,
          minUncertainty: min_uncertainty,
          dryRun: dry_run,
          actor: context.get("principal").actor,
        });
        return context.json(report, 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/sampler/stats",
        summary: "Count the unlabeled tasks of the last seven days by agent",
        responses: {
          200: jsonAnswer("The counts", reviewQueueStatsSchema),
        },
      }),
      async (context) => context.json(await sampler.getReviewQueueStats(), 200),
    );
}
