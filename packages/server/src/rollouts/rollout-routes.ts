import {
  abortRolloutRequestSchema,
  journalSchema,
  moveResultSchema,
  overrideListSchema,
  overridesQuerySchema,
  reviewOverrideRequestSchema,
  rolloutListSchema,
  rolloutOverrideSchema,
  rolloutsQuerySchema,
  rolloutWithApprovalSchema,
} from "@relearn/contract";
import { createRoute, jsonAnswer, jsonBody, newRouter, type Router, z } from "../http/router.ts";
import { attachFigures, type FindFigures } from "./attach-figures.ts";
import type { OverrideService } from "./override-service.ts";
import { rolloutActor } from "./rollout-rights.ts";
import type { RolloutService } from "./rollout-service.ts";

const rolloutParam = z.object({ rollout_id: z.string() });

export interface RolloutServices {
  readonly rollouts: RolloutService;
  readonly overrides: OverrideService;
  readonly findFigures: FindFigures;
}

export function rolloutRoutes({ rollouts, overrides, findFigures }: RolloutServices): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/rollouts/overrides",
        summary: "List overrides of a waiting gate or of the four-eyes rule, open ones first",
        request: {
          query: overridesQuerySchema,
        },
        responses: { 200: jsonAnswer("The overrides", overrideListSchema) },
      }),
      async (context) => {
        const { agent, open, limit } = context.req.valid("query");
        const filter = { agent, open: open === undefined ? undefined : open === "true" };
        return context.json({ overrides: await overrides.list(filter, limit) }, 200);
      },
    )
    .openapi(
      createRoute("approve", {
        method: "post",
        path: "/v1/rollouts/{rollout_id}/overrides/{generation}/review",
        summary: "Record the review of an override",
        request: {
          params: z.object({ rollout_id: z.string(), generation: z.coerce.number().int().positive() }),
          body: jsonBody(reviewOverrideRequestSchema),
        },
        responses: { 200: jsonAnswer("The override", rolloutOverrideSchema) },
      }),
      async (context) => {
        const { rollout_id, generation } = context.req.valid("param");
        const options = rolloutActor(context.get("principal"));
        const review = context.req.valid("json");
        return context.json(await overrides.review(rollout_id, generation, review, options), 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/rollouts",
        summary: "List rollouts, newest first",
        request: { query: rolloutsQuerySchema },
        responses: { 200: jsonAnswer("The rollouts", rolloutListSchema) },
      }),
      async (context) => {
        const { agent, limit } = context.req.valid("query");
        return context.json(
          { rollouts: await attachFigures(await rollouts.list({ agent }, limit), findFigures) },
          200,
        );
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/rollouts/{rollout_id}",
        summary: "Get a rollout",
        request: { params: rolloutParam },
        responses: { 200: jsonAnswer("The rollout", rolloutWithApprovalSchema) },
      }),
      async (context) => {
        const stored = await rollouts.get(context.req.valid("param").rollout_id);
        const [shown] = await attachFigures([stored], findFigures);
        return context.json(shown!, 200);
      },
    )
    .openapi(
      createRoute("roll_back", {
        method: "post",
        path: "/v1/rollouts/{rollout_id}/abort",
        summary: "Abort a rollout in any state: withdraw the request, or roll back the canary",
        request: {
          params: rolloutParam,
          body: jsonBody(abortRolloutRequestSchema),
        },
        responses: { 200: jsonAnswer("The result", moveResultSchema) },
      }),
      async (context) => {
        const { reason = "" } = context.req.valid("json");
        const moved = await rollouts.command(
          context.req.valid("param").rollout_id,
          { kind: "abort", reason },
          rolloutActor(context.get("principal")),
        );
        return context.json(moved, 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/rollouts/{rollout_id}/journal",
        summary: "List every event that changed the rollout",
        request: { params: rolloutParam },
        responses: {
          200: jsonAnswer("The journal", journalSchema),
        },
      }),
      async (context) =>
        context.json({ entries: await rollouts.journal(context.req.valid("param").rollout_id) }, 200),
    );
}
