import {
  createRoute,
  documentSchema,
  jsonAnswer,
  jsonBody,
  newRouter,
  type Router,
  z,
} from "../http/router.ts";
import { keySchema } from "../record-schemas.ts";
import type { ErasureReport, ErasureService } from "./erasure-service.ts";

export function erasureRoutes(erasure: ErasureService): Router {
  return newRouter().openapi(
    createRoute("operate", {
      method: "post",
      path: "/v1/erasures",
      summary: "Take payloads and notes of a task's key or a unit's id out of every table",
      // In the body, not in the address: addresses stand in access logs.
      request: {
        body: jsonBody(z.strictObject({ key: keySchema })),
      },
      responses: { 200: jsonAnswer("What was erased", documentSchema<ErasureReport>("ErasureReport")) },
    }),
    async (context) =>
      context.json(
        await erasure.erase(context.req.valid("json").key, { actor: context.get("principal").actor }),
        200,
      ),
  );
}
