import {
  type Analysis,
  analysisListSchema,
  armHistorySchema,
  receiptListSchema,
  replaySchema,
} from "@relearn/contract";
import { createRoute, jsonAnswer, newRouter, type Router, z } from "../http/router.ts";
import type { RolloutService } from "../rollouts/rollout-service.ts";
import type { GuardService } from "./guard-service.ts";
import type { ReplayService } from "./replay-service.ts";

const rolloutParam = z.object({ rollout_id: z.string() });

/** Routes that show what the decisions of a rollout are based on. */
export function rolloutEvidenceRoutes(
  rollouts: RolloutService,
  guard: GuardService,
  replays: ReplayService,
): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/rollouts/{rollout_id}/analyses",
        summary: "List the analyses of the guard with their verdicts",
        request: { params: rolloutParam },
        responses: {
          200: jsonAnswer("The analyses", analysisListSchema),
        },
      }),
      async (context) => {
        const analyses: readonly Analysis[] = await guard.analyses(context.req.valid("param").rollout_id);
        return context.json({ analyses: analyses }, 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/rollouts/{rollout_id}/receipts",
        summary: "List the receipts of the rollout: what each decision was based on, as a hash chain",
        request: { params: rolloutParam },
        responses: {
          200: jsonAnswer("The receipts", receiptListSchema),
        },
      }),
      async (context) => {
        const { rollout } = await rollouts.get(context.req.valid("param").rollout_id);
        return context.json({ receipts: await replays.receipts(rollout.rollout_id) }, 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "post",
        path: "/v1/rollouts/{rollout_id}/replay",
        summary: "Replay every decision from the journal and compare it with what was recorded",
        request: { params: rolloutParam },
        responses: { 200: jsonAnswer("The differences found", replaySchema) },
      }),
      async (context) => context.json(await replays.replay(context.req.valid("param").rollout_id), 200),
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/rollouts/{rollout_id}/arms",
        summary: "Get the measured results of both arms over time, for the units that the guard has scored",
        request: { params: rolloutParam },
        responses: { 200: jsonAnswer("Points since the start", armHistorySchema) },
      }),
      async (context) => context.json(await guard.armHistory(context.req.valid("param").rollout_id), 200),
    );
}
