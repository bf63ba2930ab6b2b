import type { GuardService } from "../guard/guard-service.ts";
import type { StoredLook } from "../guard/guard-store.ts";
import {
  createRoute,
  documentSchema,
  jsonAnswer,
  newRouter,
  pageLimit,
  type Router,
  z,
} from "../http/router.ts";
import type { Rollout } from "./rollout.ts";
import type { RolloutService } from "./rollout-service.ts";
import type { RolloutJournalEntry } from "./rollout-store.ts";

/** A rollout with the request it came from. */
export interface RolloutWithApproval {
  readonly approval_id: string;
  readonly rollout: Rollout;
}

const rolloutParam = z.object({ rollout_id: z.string() });
const rolloutDocument = documentSchema<RolloutWithApproval>("Rollout");

export function rolloutRoutes(rollouts: RolloutService, guard: GuardService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/rollouts",
        summary: "Rollouts, newest first",
        request: { query: z.strictObject({ agent: z.string().optional(), limit: pageLimit }) },
        responses: { 200: jsonAnswer("The rollouts", z.object({ rollouts: z.array(rolloutDocument) })) },
      }),
      async (context) => {
        const { agent, limit } = context.req.valid("query");
        const stored = await rollouts.list({ agent }, limit);
        return context.json(
          { rollouts: stored.map(({ approval_id, rollout }) => ({ approval_id, rollout })) },
          200,
        );
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/rollouts/{rollout_id}",
        summary: "One rollout",
        request: { params: rolloutParam },
        responses: { 200: jsonAnswer("The rollout", rolloutDocument) },
      }),
      async (context) => {
        const { approval_id, rollout } = await rollouts.get(context.req.valid("param").rollout_id);
        return context.json({ approval_id, rollout }, 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/rollouts/{rollout_id}/journal",
        summary: "Every event that moved the rollout",
        request: { params: rolloutParam },
        responses: {
          200: jsonAnswer(
            "The journal",
            z.object({ entries: z.array(documentSchema<RolloutJournalEntry>("RolloutJournalEntry")) }),
          ),
        },
      }),
      async (context) =>
        context.json({ entries: await rollouts.journal(context.req.valid("param").rollout_id) }, 200),
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/rollouts/{rollout_id}/looks",
        summary: "Every look of the guard, with its verdict",
        request: { params: rolloutParam },
        responses: {
          200: jsonAnswer("The looks", z.object({ looks: z.array(documentSchema<StoredLook>("Look")) })),
        },
      }),
      async (context) =>
        context.json({ looks: await guard.looks(context.req.valid("param").rollout_id) }, 200),
    );
}
