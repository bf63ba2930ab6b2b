import { createdKeySchema, createKeyRequestSchema, keyListSchema, revokedKeySchema } from "@relearn/contract";
import { createRoute, jsonAnswer, jsonBody, newRouter, type Router, z } from "../http/router.ts";
import type { AccessService } from "./access-service.ts";

export function keyRoutes(access: AccessService): Router {
  return newRouter()
    .openapi(
      createRoute("manage_keys", {
        method: "get",
        path: "/v1/keys",
        summary: "Every key there ever was, newest first, without secrets",
        responses: {
          200: jsonAnswer("The keys", keyListSchema),
        },
      }),
      async (context) => context.json({ keys: await access.keys() }, 200),
    )
    .openapi(
      createRoute(
        "manage_keys",
        {
          method: "post",
          path: "/v1/keys",
          summary:
            "Make a key: for a year unless `expires_at` says otherwise, null for no end. The secret is in this answer and nowhere else",
          request: { body: jsonBody(createKeyRequestSchema) },
          responses: { 200: jsonAnswer("The key and its secret", createdKeySchema) },
        },
        { once: "refused" },
      ),
      async (context) =>
        context.json(
          await access.createKey(context.req.valid("json"), { actor: context.get("principal").actor }),
          200,
        ),
    )
    .openapi(
      createRoute("manage_keys", {
        method: "post",
        path: "/v1/keys/{key_id}/revocation",
        summary: "Revoke a key and end its sessions, at once",
        request: { params: z.object({ key_id: z.string() }) },
        responses: {
          200: jsonAnswer("The key, and whether this revoked it", revokedKeySchema),
        },
      }),
      async (context) =>
        context.json(
          await access.revokeKey(context.req.valid("param").key_id, {
            actor: context.get("principal").actor,
          }),
          200,
        ),
    );
}
