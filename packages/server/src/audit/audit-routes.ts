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
        summary: "List the events of the audit log, newest first",
        request: {
          query: auditQuerySchema,
        },
        responses: {
          200: jsonAnswer(
            "A page of events; `next_before` is the cursor of the next page, or null",
            auditPageSchema,
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
        path: "/v1/audit/export",
        summary: "Export all matching events as a file, oldest first",
        request: { query: auditExportQuerySchema },
        responses: {
          200: exportDescription("One line for each event, with the fields that its hash covers"),
        },
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
        summary: "Verify the hash chain of the audit log",
        responses: { 200: jsonAnswer("The result", chainVerificationSchema) },
      }),
      async (context) => context.json(await audit.verify(), 200),
    );
}
