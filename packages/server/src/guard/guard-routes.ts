import {
  analysisResultSchema,
  canaryStatusSchema,
  checkCanaryRequestSchema,
  killSwitchRequestSchema,
  moveResultSchema,
  pauseCanaryRequestSchema,
  promoteCanaryRequestSchema,
  releaseSchema,
  resumeCanaryRequestSchema,
  rollBackCanaryRequestSchema,
  verdictSchema,
} from "@relearn/contract";
import { createRoute, jsonAnswer, jsonBody, newRouter, type Router, z } from "../http/router.ts";
import { rolloutActor } from "../rollouts/rollout-rights.ts";
import type { RolloutService } from "../rollouts/rollout-service.ts";
import type { GuardService } from "./guard-service.ts";

const agentParam = z.object({ agent: z.string() });
const checkOptions = (body: z.infer<typeof checkCanaryRequestSchema>) => ({
  ...(body.lookback_hours === undefined ? {} : { lookbackHours: body.lookback_hours }),
  ...(body.threshold === undefined ? {} : { threshold: body.threshold }),
});

export function guardRoutes(guard: GuardService, rollouts: RolloutService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/agents/{agent}/canary",
        summary: "Get the release, the running rollout and its newest analysis",
        request: { params: agentParam },
        responses: { 200: jsonAnswer("The status", canaryStatusSchema) },
      }),
      async (context) => context.json(await guard.status(context.req.valid("param").agent), 200),
    )
    .openapi(
      createRoute(
        "read",
        {
          method: "post",
          path: "/v1/agents/{agent}/canary/check",
          summary: "Get the verdict that an analysis would give now; changes nothing",
          request: { params: agentParam, body: jsonBody(checkCanaryRequestSchema) },
          responses: { 200: jsonAnswer("The verdict", verdictSchema) },
        },
        { once: "repeatable" },
      ),
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
        path: "/v1/agents/{agent}/canary/analyze",
        summary: "Analyze the canary now and act on the verdict",
        request: { params: agentParam, body: jsonBody(checkCanaryRequestSchema) },
        responses: { 200: jsonAnswer("The analysis", analysisResultSchema) },
      }),
      async (context) =>
        context.json(
          await guard.analyze(context.req.valid("param").agent, checkOptions(context.req.valid("json"))),
          200,
        ),
    )
    .openapi(
      createRoute("release", {
        method: "post",
        path: "/v1/agents/{agent}/canary/promote",
        summary: "Promote by hand; if a gate is waiting, this needs the right to override and a reason",
        request: {
          params: agentParam,
          body: jsonBody(promoteCanaryRequestSchema),
        },
        responses: { 200: jsonAnswer("The result", moveResultSchema) },
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
        summary: "Roll back the canary",
        request: { params: agentParam, body: jsonBody(rollBackCanaryRequestSchema) },
        responses: { 200: jsonAnswer("The result", moveResultSchema) },
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
        summary: "Pause the rollout at its current percentage until it is resumed",
        request: { params: agentParam, body: jsonBody(pauseCanaryRequestSchema) },
        responses: { 200: jsonAnswer("The result", moveResultSchema) },
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
        summary: "Resume the rollout after a pause, a hold or a question",
        request: { params: agentParam, body: jsonBody(resumeCanaryRequestSchema) },
        responses: { 200: jsonAnswer("The result", moveResultSchema) },
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
        summary: "Turn the kill switch on or off: while on, every unit gets the active bundle",
        request: { params: agentParam, body: jsonBody(killSwitchRequestSchema) },
        responses: { 200: jsonAnswer("The release", releaseSchema) },
      }),
      async (context) => {
        const { on, reason } = context.req.valid("json");
        const options = rolloutActor(context.get("principal"));
        return context.json(
          await rollouts.setKillSwitch(context.req.valid("param").agent, on, reason, options),
          200,
        );
      },
    );
}
