import {
  addReportSchema,
  batchQuerySchema,
  conflictPageSchema,
  conflictsQuerySchema,
  exampleExportQuerySchema,
  examplePageSchema,
  examplesQuerySchema,
  labelConflictSchema,
  labelCountsQuerySchema,
  labelCountsSchema,
  labelStatsSchema,
  settleConflictRequestSchema,
} from "@relearn/contract";
import { exportAnswer, exportDescription } from "../http/export-answer.ts";
import { createRoute, jsonAnswer, jsonBody, newRouter, type Router, z } from "../http/router.ts";
import { takeRecordBatch } from "../http/take-record-batch.ts";
import { exampleExportColumns } from "./example-export.ts";
import type { LabeledExampleService } from "./labeled-example-service.ts";

export function labeledExampleRoutes(examples: LabeledExampleService): Router {
  return newRouter()
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/stats",
        summary: "Count the labeled examples by source, agent and label",
        responses: { 200: jsonAnswer("The counts", labelStatsSchema) },
      }),
      async (context) => context.json(await examples.stats(), 200),
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/stats/label-counts",
        summary: "Count an agent's labels by day",
        request: {
          query: labelCountsQuerySchema,
        },
        responses: { 200: jsonAnswer("Labels per day", labelCountsSchema) },
      }),
      async (context) => {
        const { agent, days } = context.req.valid("query");
        return context.json(await examples.countDailyLabels(agent, days), 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/examples",
        summary: "List labeled examples, newest first; with `after`, oldest first",
        request: {
          query: examplesQuerySchema,
        },
        responses: {
          200: jsonAnswer(
            "A page; `next` is the `before` (or `after`) of the next page, or null",
            examplePageSchema,
          ),
        },
      }),
      async (context) => {
        const { before, after, limit, ...filter } = context.req.valid("query");
        const page = await examples.list(filter, { before, after, limit });
        return context.json({ examples: page, next: nextPosition(page, limit) }, 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/examples/export",
        summary:
          "Export the matching labeled examples as a file, oldest first, as of the start of the request",
        request: { query: exampleExportQuerySchema },
        responses: {
          200: exportDescription("One example per line; `POST /v1/examples` accepts the same format"),
        },
      }),
      (context) => {
        const { format, ...filter } = context.req.valid("query");
        const pages = examples.export(filter);
        return exportAnswer(context, { name: "examples", format, columns: exampleExportColumns, pages });
      },
    )
    .openapi(
      createRoute(
        "operate",
        {
          method: "post",
          path: "/v1/examples",
          summary: "Add labeled examples: a JSON list or NDJSON of up to 10,000 records",
          request: {
            query: batchQuerySchema,
            body: { content: { "application/x-ndjson": { schema: z.string() } } },
          },
          responses: {
            200: jsonAnswer("Counts of stored examples, and the rejected records", addReportSchema),
          },
        },
        { batch: true, once: "repeatable" },
      ),
      async (context) => {
        const { actor } = context.get("principal");
        const isDryRun = context.req.valid("query").dry_run === "true";
        const report = await takeRecordBatch(context.get("body"), {
          check: (documents) => examples.check(documents),
          store: (checked) =>
            isDryRun ? examples.dryRun(checked, { actor }) : examples.store(checked, { actor }),
        });
        return context.json(report, 200);
      },
    )
    .openapi(
      createRoute("read", {
        method: "get",
        path: "/v1/conflicts",
        summary: "List label conflicts, newest first",
        request: {
          query: conflictsQuerySchema,
        },
        responses: {
          200: jsonAnswer("A page; `next` is the `before` of the next page, or null", conflictPageSchema),
        },
      }),
      async (context) => {
        const { before, limit, ...filter } = context.req.valid("query");
        const page = await examples.conflicts(filter, { before, limit });
        return context.json({ conflicts: page, next: nextPosition(page, limit) }, 200);
      },
    )
    .openapi(
      createRoute("label", {
        method: "post",
        path: "/v1/conflicts/{id}/settle",
        summary: "Settle a label conflict: keep the old label or take the new one",
        request: {
          params: z.object({ id: z.coerce.number().int().positive() }),
          body: jsonBody(settleConflictRequestSchema),
        },
        responses: {
          200: jsonAnswer("The settled conflict", labelConflictSchema),
        },
      }),
      async (context) =>
        context.json(
          await examples.settle(context.req.valid("param").id, context.req.valid("json").settlement, {
            actor: context.get("principal").actor,
          }),
          200,
        ),
    );
}

function nextPosition(page: readonly { readonly id: number }[], limit: number): number | null {
  return page.length < limit ? null : (page.at(-1)?.id ?? null);
}
