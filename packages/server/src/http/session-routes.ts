import type { Actor } from "../actor.ts";
import type { AuditService } from "../audit/audit-service.ts";
import type { Right } from "./right.ts";
import { createRoute, documentSchema, jsonAnswer, newRouter, type Router, z } from "./router.ts";

/** Whom the service takes the caller for, and what they may do. */
export interface SessionDocument {
  readonly actor: Actor;
  readonly rights: readonly Right[];
  /** No key has been made: whoever reaches the service may do everything, under any name. */
  readonly open: boolean;
  readonly version: string;
}

export function sessionRoutes(audit: AuditService, version: string): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/session",
        summary: "Who makes this request, and what they may do",
        responses: { 200: jsonAnswer("The caller", documentSchema<SessionDocument>("Session")) },
      }),
      (context) => {
        const { actor, rights } = context.get("principal");
        return context.json({ actor, rights: [...rights], open: actor.kind === "asserted", version }, 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "post",
        path: "/v1/session/acting-as",
        summary: "Write down that the person at the open console acts under another name from now on",
        request: {
          body: {
            required: true,
            content: { "application/json": { schema: z.strictObject({ from: z.string().max(200) }) } },
          },
        },
        responses: { 200: jsonAnswer("The name", z.object({ name: z.string() })) },
      }),
      async (context) => {
        const { actor } = context.get("principal");
        const { from } = context.req.valid("json");
        await audit.change(actor, async () => ({
          result: undefined,
          record: { kind: "session.acting_as", object: actor.name, detail: { from } },
        }));
        return context.json({ name: actor.name }, 200);
      },
    );
}
