import {
  auditExportQuerySchema,
  auditPageSchema,
  auditQuerySchema,
  chainVerificationSchema,
} from "@relearn/contract";
import { exportAnswer, exportDescription } from "../http/export-answer.ts";
import { createRoute, jsonAnswer, newRouter, type Router } from "../http/router.ts";
import { auditExportColumns } from "./audit-event.ts";
import type { AuditService } from "./audit-service.ts";

export function auditRoutes(audit: AuditService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/audit",
        summary: "What happened, newest first",
        request: {
          query: auditQuerySchema,
        },
        responses: {
          200: jsonAnswer("A page of events; `before` of the next page, or null", auditPageSchema),
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
        path: "/v1/audit/export",
        summary: "All events that match, oldest first, as a file",
        request: { query: auditExportQuerySchema },
        responses: { 200: exportDescription("A line an event, with what its hash was made of") },
      }),
      (context) => {
        const { format, ...filter } = context.req.valid("query");
        const pages = audit.export(filter);
        return exportAnswer(context, { name: "audit", format, columns: auditExportColumns, pages });
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/audit/verification",
        summary: "Walk the hash chain and say whether it is intact",
        responses: { 200: jsonAnswer("The verdict", chainVerificationSchema) },
      }),
      async (context) => context.json(await audit.verify(), 200),
    );
}
