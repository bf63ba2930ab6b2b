import { switchboardConfigSchema } from "@relearn/contract";
import { createRoute, jsonAnswer, newRouter, type Router, z } from "../http/router.ts";
import type { SwitchboardService } from "./switchboard-service.ts";

export function switchboardRoutes(switchboard: SwitchboardService): Router {
  return newRouter().openapi(
    createRoute("signal", {
      method: "get",
      path: "/v1/agents/{agent}/switchboard",
      summary: "Get the config from which the agent's process decides; 304 if it matches `If-None-Match`",
      request: {
        params: z.object({ agent: z.string() }),
        headers: z.object({
          "if-none-match": z
            .string()
            .optional()
            .describe("ETags of the configs that the caller has; 304 if the config is one of them"),
        }),
      },
      responses: {
        200: { ...jsonAnswer("The config", switchboardConfigSchema), headers: { etag: {} } },
        304: { description: "Unchanged", headers: { etag: {} } },
      },
    }),
    async (context) => {
      const { config, etag } = await switchboard.config(context.req.valid("param").agent);
      context.header("etag", etag);
      context.header("cache-control", "no-cache");
      const known = context.req
        .header("if-none-match")
        ?.split(",")
        .map((tag) => tag.trim().replace(/^W\//, ""));
      return known?.includes(etag) ? context.body(null, 304) : context.json(config, 200);
    },
  );
}
