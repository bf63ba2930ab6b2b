import {
  createRoute,
  documentSchema,
  jsonAnswer,
  jsonBody,
  newRouter,
  type Router,
  z,
} from "../http/router.ts";
import type { Release } from "../releases/release.ts";
import { rolloutActor } from "../rollouts/rollout-rights.ts";
import type { MoveResult, RolloutService } from "../rollouts/rollout-service.ts";
import type { CanaryStatus, GuardService, LookResult } from "./guard-service.ts";
import type { Verdict } from "./verdict.ts";

const agentParam = z.object({ agent: z.string() });
const move = documentSchema<MoveResult>("MoveResult");
const reason = z.string().max(2000);

const checkBody = z.strictObject({
  lookback_hours: z.number().positive().max(8760).optional(),
  threshold: z.number().positive().max(1).optional(),
});

const checkOptions = (body: z.infer<typeof checkBody>) => ({
  ...(body.lookback_hours === undefined ? {} : { lookbackHours: body.lookback_hours }),
  ...(body.threshold === undefined ? {} : { threshold: body.threshold }),
});

export function guardRoutes(guard: GuardService, rollouts: RolloutService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/agents/{agent}/canary",
        summary: "The release as it stands, the rollout that runs and its newest look",
        request: { params: agentParam },
        responses: { 200: jsonAnswer("The status", documentSchema<CanaryStatus>("CanaryStatus")) },
      }),
      async (context) => context.json(await guard.status(context.req.valid("param").agent), 200),
    )
    .openapi(
      createRoute("read", {
        method: "post",
        path: "/v1/agents/{agent}/canary/check",
        summary: "What the guard would say now; changes nothing",
        request: { params: agentParam, body: jsonBody(checkBody) },
        responses: { 200: jsonAnswer("The verdict", documentSchema<Verdict>("Verdict")) },
      }),
      async (context) =>
        context.json(
          await guard.checkCanaryPerformance(
            context.req.valid("param").agent,
            checkOptions(context.req.valid("json")),
          ),
          200,
        ),
    )
    .openapi(
      createRoute("release", {
        method: "post",
        path: "/v1/agents/{agent}/canary/look",
        summary: "Look now, and act on the verdict",
        request: { params: agentParam, body: jsonBody(checkBody) },
        responses: { 200: jsonAnswer("The look", documentSchema<LookResult>("LookResult")) },
      }),
      async (context) =>
        context.json(
          await guard.look(context.req.valid("param").agent, checkOptions(context.req.valid("json"))),
          200,
        ),
    )
    .openapi(
      createRoute("release", {
        method: "post",
        path: "/v1/agents/{agent}/canary/promote",
        summary: "Widen by hand; against a waiting gate it needs the right to override, and a reason",
        request: {
          params: agentParam,
          body: jsonBody(
            z.strictObject({ target_percent: z.int().min(1).max(100).optional(), reason: reason.optional() }),
          ),
        },
        responses: { 200: jsonAnswer("What came of it", move) },
      }),
      async (context) => {
        const body = context.req.valid("json");
        const moved = await guard.promoteCanary(context.req.valid("param").agent, {
          ...rolloutActor(context.get("principal")),
          ...(body.target_percent === undefined ? {} : { targetPercent: body.target_percent }),
          ...(body.reason === undefined ? {} : { reason: body.reason }),
        });
        return context.json(moved, 200);
      },
    )
    .openapi(
      createRoute("roll_back", {
        method: "post",
        path: "/v1/agents/{agent}/canary/rollback",
        summary: "Take the canary back",
        request: { params: agentParam, body: jsonBody(z.strictObject({ reason: reason.optional() })) },
        responses: { 200: jsonAnswer("What came of it", move) },
      }),
      async (context) => {
        const body = context.req.valid("json");
        const moved = await guard.rollbackCanary(context.req.valid("param").agent, {
          ...rolloutActor(context.get("principal")),
          ...(body.reason === undefined ? {} : { reason: body.reason }),
        });
        return context.json(moved, 200);
      },
    )
    .openapi(
      createRoute("roll_back", {
        method: "post",
        path: "/v1/agents/{agent}/canary/pause",
        summary: "Hold the rollout at its share until it is resumed",
        request: { params: agentParam, body: jsonBody(z.strictObject({ reason })) },
        responses: { 200: jsonAnswer("What came of it", move) },
      }),
      async (context) => {
        const options = {
          ...rolloutActor(context.get("principal")),
          reason: context.req.valid("json").reason,
        };
        return context.json(await guard.pauseCanary(context.req.valid("param").agent, options), 200);
      },
    )
    .openapi(
      createRoute("approve", {
        method: "post",
        path: "/v1/agents/{agent}/canary/resume",
        summary: "Go on after a pause, a hold or a question",
        request: { params: agentParam, body: jsonBody(z.strictObject({ reason })) },
        responses: { 200: jsonAnswer("What came of it", move) },
      }),
      async (context) => {
        const options = {
          ...rolloutActor(context.get("principal")),
          reason: context.req.valid("json").reason,
        };
        return context.json(await guard.resumeCanary(context.req.valid("param").agent, options), 200);
      },
    )
    .openapi(
      createRoute("roll_back", {
        method: "put",
        path: "/v1/agents/{agent}/kill-switch",
        summary: "Everything active, at once: on or off",
        request: { params: agentParam, body: jsonBody(z.strictObject({ on: z.boolean(), reason })) },
        responses: { 200: jsonAnswer("The release", documentSchema<Release>("Release")) },
      }),
      async (context) => {
        const { on, reason: why } = context.req.valid("json");
        const options = rolloutActor(context.get("principal"));
        return context.json(
          await rollouts.setKillSwitch(context.req.valid("param").agent, on, why, options),
          200,
        );
      },
    );
}
