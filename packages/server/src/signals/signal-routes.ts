import { batchQuerySchema, type IngestReport, ingestReportSchema, type SignalKind } from "@relearn/contract";
import { signalKinds } from "@relearn/contract/values";
import type { Context } from "hono";
import type { HttpEnv } from "../http/principal.ts";
import { createRoute, jsonAnswer, newRouter, type Router, z } from "../http/router.ts";
import { takeRecordBatch } from "../http/take-record-batch.ts";
import type { SignalService } from "./signal-service.ts";

// The handler also reads JSON lists. If they were declared here, they would be read without a limit before it.
const body = { content: { "application/x-ndjson": { schema: z.string() } } };
// A repeated batch changes nothing, so its chunks need no common transaction.
const batch = { batch: true, once: "repeatable" } as const;
const responses = {
  200: jsonAnswer("Counts of stored records, and the rejected records", ingestReportSchema),
};

export function signalRoutes(signals: SignalService): Router {
  const ingest = async (
    context: Context<HttpEnv>,
    kind: SignalKind,
    isDryRun: boolean,
  ): Promise<IngestReport> => {
    const { actor } = context.get("principal");
    return takeRecordBatch(context.get("body"), {
      check: (records) => signals.check(kind, records),
      store: (checked) => (isDryRun ? signals.dryRun(checked, { actor }) : signals.store(checked, { actor })),
    });
  };
  return newRouter()
    .openapi(
      createRoute(
        "signal",
        {
          method: "post",
          path: "/v1/signals/{kind}",
          summary: "Send signals: a JSON list or NDJSON of up to 10,000 records and 32 MB",
          request: { params: z.object({ kind: z.enum(signalKinds) }), query: batchQuerySchema, body },
          responses,
        },
        batch,
      ),
      async (context) => {
        const isDryRun = context.req.valid("query").dry_run === "true";
        return context.json(await ingest(context, context.req.valid("param").kind, isDryRun), 200);
      },
    )
    .openapi(
      createRoute(
        "signal",
        {
          method: "post",
          path: "/v1/exposures",
          summary: "Send exposures of the client",
          request: { body },
          responses,
        },
        batch,
      ),
      async (context) => context.json(await ingest(context, "exposures", false), 200),
    )
    .openapi(
      createRoute(
        "signal",
        {
          method: "post",
          path: "/v1/outcomes",
          summary: "Send outcomes of the client",
          request: { body },
          responses,
        },
        batch,
      ),
      async (context) => context.json(await ingest(context, "outcomes", false), 200),
    );
}
