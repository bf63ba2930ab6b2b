import { featureDistributionSchema } from "@relearn/contract";
import { createRoute, jsonAnswer, newRouter, type Router, z } from "../http/router.ts";
import type { FeatureDistributionService } from "./feature-distribution-service.ts";

export function createFeatureDistributionRoutes(distributions: FeatureDistributionService): Router {
  return newRouter().openapi(
    createRoute("read", {
      method: "get",
      path: "/v1/agents/{agent}/features",
      summary: "Get the distribution of the agent's features in its payloads of the last 7 days",
      request: { params: z.object({ agent: z.string().openapi({ example: "inbox_triage" }) }) },
      responses: {
        200: jsonAnswer("Quantiles of each feature", featureDistributionSchema),
      },
    }),
    async (context) => context.json(await distributions.read(context.req.valid("param").agent), 200),
  );
}
