import { eraseRequestSchema, erasureReportSchema } from "@relearn/contract";
import { createRoute, jsonAnswer, jsonBody, newRouter, type Router } from "../http/router.ts";
import type { ErasureService } from "./erasure-service.ts";

export function erasureRoutes(erasure: ErasureService): Router {
  return newRouter().openapi(
    createRoute("operate", {
      method: "post",
      path: "/v1/erasures",
      summary: "Erase the personal data of a task's key or a unit's id from every table",
      // In the body, since access logs contain URLs.
      request: {
        body: jsonBody(eraseRequestSchema),
      },
      responses: { 200: jsonAnswer("Number of changed rows by table", erasureReportSchema) },
    }),
    async (context) =>
      context.json(
        await erasure.erase(context.req.valid("json").key, { actor: context.get("principal").actor }),
        200,
      ),
  );
}
