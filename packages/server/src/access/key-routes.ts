import { createdKeySchema, createKeyRequestSchema, keyListSchema, revokedKeySchema } from "@relearn/contract";
import { createRoute, jsonAnswer, jsonBody, newRouter, type Router, z } from "../http/router.ts";
import type { AccessService } from "./access-service.ts";

export function keyRoutes(access: AccessService): Router {
  return newRouter()
    .openapi(
      createRoute("manage_keys", {
        method: "get",
        path: "/v1/keys",
        summary: "List all API keys, newest first, without secrets",
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
            "Create an API key. It expires after a year by default; `expires_at` null means never. Only this response contains the secret",
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
        summary: "Revoke an API key and end its sessions immediately",
        request: { params: z.object({ key_id: z.string() }) },
        responses: {
          200: jsonAnswer("The key, and whether this request revoked it", revokedKeySchema),
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
