import { restoredBundleSchema, rollBackBundleRequestSchema } from "@relearn/contract";
import { createRoute, jsonAnswer, jsonBody, newRouter, type Router, z } from "../http/router.ts";
import type { RollbackService } from "./rollback-service.ts";
import { rolloutActor } from "./rollout-rights.ts";

export function rollbackRoutes(rollbacks: RollbackService): Router {
  return newRouter().openapi(
    createRoute("roll_back", {
      method: "post",
      path: "/v1/agents/{agent}/bundles/rollback",
      summary: "Roll back the active bundle",
      request: {
        params: z.object({ agent: z.string() }),
        body: jsonBody(rollBackBundleRequestSchema),
      },
      responses: {
        200: jsonAnswer("The restored bundle", restoredBundleSchema),
      },
    }),
    async (context) => {
      const { reason } = context.req.valid("json");
      const restored = await rollbacks.rollback(context.req.valid("param").agent, {
        ...rolloutActor(context.get("principal")),
        ...(reason === undefined ? {} : { reason }),
      });
      return context.json(restored, 200);
    },
  );
}
