import {
  createRoute,
  documentSchema,
  jsonAnswer,
  jsonBody,
  newRouter,
  type Router,
  z,
} from "../http/router.ts";
import type { AccessService, CreatedKey } from "./access-service.ts";
import { type ApiKey, MAX_KEY_NAME, MAX_PERSON } from "./api-key.ts";
import { roles } from "./right.ts";

/** A key that was revoked, and whether this did it. */
export interface RevokedKey {
  readonly key: ApiKey;
  readonly changed: boolean;
}

const newKey = z.strictObject({
  name: z.string().max(MAX_KEY_NAME).optional(),
  person: z.string().max(MAX_PERSON),
  role: z.enum(roles),
  expires_at: z.iso.datetime({ offset: true }).nullable().optional(),
});

export function keyRoutes(access: AccessService): Router {
  return newRouter()
    .openapi(
      createRoute("manage_keys", {
        method: "get",
        path: "/v1/keys",
        summary: "Every key there ever was, newest first, without secrets",
        responses: {
          200: jsonAnswer("The keys", z.object({ keys: z.array(documentSchema<ApiKey>("ApiKey")) })),
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
          request: { body: jsonBody(newKey) },
          responses: { 200: jsonAnswer("The key and its secret", documentSchema<CreatedKey>("CreatedKey")) },
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
          200: jsonAnswer("The key, and whether this revoked it", documentSchema<RevokedKey>("RevokedKey")),
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
