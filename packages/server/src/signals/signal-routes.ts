import type { Context } from "hono";
import { readRecordBatch, withBatchIndexes } from "../http/read-record-batch.ts";
import {
  createRoute,
  documentSchema,
  type HttpEnv,
  jsonAnswer,
  newRouter,
  type Router,
  z,
} from "../http/router.ts";
import { type SignalKind, signalKinds } from "./signal.ts";
import type { IngestReport, SignalService } from "./signal-service.ts";

// JSON lists are read by the handler too: declared here they would be read without a limit before it.
const body = { content: { "application/x-ndjson": { schema: z.string() } } };
const responses = {
  200: jsonAnswer("What became of each record", documentSchema<IngestReport>("IngestReport")),
};

export function signalRoutes(signals: SignalService): Router {
  const ingest = async (context: Context<HttpEnv>, kind: SignalKind): Promise<IngestReport> => {
    const batch = await readRecordBatch(context.req.raw);
    const report = await signals.ingest(kind, batch.values, { actor: context.get("principal").actor });
    return withBatchIndexes(batch, report);
  };
  return newRouter()
    .openapi(
      createRoute("signal", {
        method: "post",
        path: "/v1/signals/{kind}",
        summary: "Send signals: a JSON list or NDJSON of up to 10,000 records and 32 MB",
        request: { params: z.object({ kind: z.enum(signalKinds) }), body },
        responses,
      }),
      async (context) => context.json(await ingest(context, context.req.valid("param").kind), 200),
    )
    .openapi(
      createRoute("signal", {
        method: "post",
        path: "/v1/exposures",
        summary: "Send exposures, as the client does",
        request: { body },
        responses,
      }),
      async (context) => context.json(await ingest(context, "exposures"), 200),
    )
    .openapi(
      createRoute("signal", {
        method: "post",
        path: "/v1/outcomes",
        summary: "Send outcomes, as the client does",
        request: { body },
        responses,
      }),
      async (context) => context.json(await ingest(context, "outcomes"), 200),
    );
}
