import type { ExportFormat } from "@relearn/contract";
import type { Context } from "hono";
import { SECOND_MS } from "../clock.ts";
import { exportHead, exportLines } from "../export-text.ts";
import { disconnectWhenStalled } from "./disconnect-when-stalled.ts";
import type { HttpEnv } from "./principal.ts";
import { z } from "./router.ts";

/** Time after which a reader that accepts no data is disconnected. */
const STALLED_MS = 60 * SECOND_MS;

const JSON_LINES = "application/x-ndjson";
const CSV = "text/csv; charset=utf-8; header=present";

/** Describes the response of an export in OpenAPI. */
export function exportDescription(description: string) {
  const text = { schema: z.string() };
  return { description, content: { [JSON_LINES]: text, "text/csv": text } };
}

/**
 * Streams an export: the pages as lines, at the speed of the reader, so that a slow reader costs one page of
 * memory and no database connection. Compressed with gzip if the client accepts it.
 */
export async function exportAnswer<Column extends string>(
  context: Context<HttpEnv>,
  exported: {
    readonly name: string;
    readonly format: ExportFormat;
    readonly columns: readonly Column[];
    readonly pages: AsyncGenerator<readonly { readonly [Name in Column]: unknown }[]>;
  },
): Promise<Response> {
  const { name, format, columns, pages } = exported;
  // The first page is read before the status is sent, so that a failure can still become a problem document.
  const first = await pages.next();
  disconnectWhenStalled(context, STALLED_MS);
  const reportFailure = context.get("reportFailure");
  const request = context.req.raw;
  const requestId = context.get("requestId");
  const plain = textStream(formatLines(first, pages, format, columns), (error) =>
    reportFailure(error, request, requestId),
  );
  const isCompressed = acceptsGzip(context.req.header("accept-encoding"));
  return context.body(isCompressed ? plain.pipeThrough(new CompressionStream("gzip")) : plain, 200, {
    "content-type": format === "jsonl" ? JSON_LINES : CSV,
    "content-disposition": `attachment; filename="${name}.${format === "jsonl" ? "jsonl" : "csv"}"`,
    vary: "accept-encoding",
    ...(isCompressed ? { "content-encoding": "gzip" } : {}),
  });
}

async function* formatLines<Column extends string>(
  first: IteratorResult<readonly { readonly [Name in Column]: unknown }[]>,
  pages: AsyncGenerator<readonly { readonly [Name in Column]: unknown }[]>,
  format: ExportFormat,
  columns: readonly Column[],
): AsyncGenerator<string> {
  yield exportHead(format, columns) + (first.done ? "" : exportLines(format, columns, first.value));
  for await (const page of pages) yield exportLines(format, columns, page);
}

/** Streams texts on demand, without reading ahead. An error aborts the response, so that a partial export is not mistaken for a complete one. */
function textStream(
  texts: AsyncGenerator<string>,
  onFailure: (error: unknown) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          for (;;) {
            const { done, value } = await texts.next();
            if (done === true) return controller.close();
            // An empty chunk would not satisfy the pull.
            if (value !== "") return controller.enqueue(encoder.encode(value));
          }
        } catch (error) {
          onFailure(error);
          controller.error(error);
        }
      },
      async cancel() {
        await texts.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Returns whether the header lists gzip with a weight above 0. */
function acceptsGzip(header = ""): boolean {
  return header
    .toLowerCase()
    .split(",")
    .some((one) => /^\s*gzip\s*(;\s*q=(1(\.0*)?|0?\.\d*[1-9]\d*)\s*)?$/.test(one));
}
