import {
  createRoute,
  documentSchema,
  jsonAnswer,
  newRouter,
  pageLimit,
  type Router,
  z,
} from "../http/router.ts";
import type { AuditEvent } from "./audit-event.ts";
import type { AuditService, ChainVerification } from "./audit-service.ts";

export function auditRoutes(audit: AuditService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/audit",
        summary: "What happened, newest first",
        request: {
          query: z.strictObject({
            actor: z.string().optional(),
            kind: z.string().optional(),
            agent: z.string().optional(),
            object: z.string().optional(),
            before: z.coerce.number().int().positive().optional(),
            limit: pageLimit,
          }),
        },
        responses: {
          200: jsonAnswer(
            "A page of events; `before` of the next page, or null",
            z.object({
              events: z.array(documentSchema<AuditEvent>("AuditEvent")),
              next_before: z.number().nullable(),
            }),
          ),
        },
      }),
      async (context) => {
        const { before, limit, ...filter } = context.req.valid("query");
        const events = await audit.list(filter, { before, limit });
        return context.json(
          { events, next_before: events.length < limit ? null : (events.at(-1)?.sequence ?? null) },
          200,
        );
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/audit/verification",
        summary: "Walk the hash chain and say whether it is intact",
        responses: { 200: jsonAnswer("The verdict", documentSchema<ChainVerification>("ChainVerification")) },
      }),
      async (context) => context.json(await audit.verify(), 200),
    );
}
