import { agentDefinitionSchema, agentListSchema, agentSchema, appliedAgentSchema } from "@relearn/contract";
import { createRoute, describedBody, jsonAnswer, newRouter, type Router, z } from "../http/router.ts";
import type { AgentService } from "./agent-service.ts";

const agentName = z.object({ agent: z.string().openapi({ example: "inbox_triage" }) });

export function agentRoutes(agents: AgentService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/agents",
        summary: "List the agents",
        responses: { 200: jsonAnswer("All agents", agentListSchema) },
      }),
      async (context) => context.json({ agents: await agents.list() }, 200),
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/agents/{agent}",
        summary: "Get an agent and its definition",
        request: { params: agentName },
        responses: { 200: jsonAnswer("The agent", agentSchema) },
      }),
      async (context) => context.json(await agents.get(context.req.valid("param").agent), 200),
    )
    .openapi(
      createRoute("administer", {
        method: "put",
        path: "/v1/agents",
        summary: "Create or change an agent",
        // The service parses the definition, so that faults are reported as `invalid_definition` with their paths.
        request: { body: describedBody(agentDefinitionSchema, z.unknown()) },
        responses: { 200: jsonAnswer("The applied agent", appliedAgentSchema) },
      }),
      async (context) =>
        context.json(
          await agents.apply(context.req.valid("json"), { actor: context.get("principal").actor }),
          200,
        ),
    );
}
