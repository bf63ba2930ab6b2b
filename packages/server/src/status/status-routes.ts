import { loopStatusSchema } from "@relearn/contract";
import { createRoute, jsonAnswer, newRouter, type Router } from "../http/router.ts";
import type { StatusService } from "./status-service.ts";

export function statusRoutes(status: StatusService): Router {
  return newRouter().openapi(
    createRoute("read", {
      method: "get",
      path: "/v1/status",
      summary: "Get the status of the installation: agents, jobs and warnings",
      responses: { 200: jsonAnswer("The status", loopStatusSchema) },
    }),
    async (context) => {
      const isOpen = context.get("principal").via === "open";
      return context.json(await status.status({ isOpen }), 200);
    },
  );
}
