import type { ExportFormat } from "@relearn/contract";
import type { Context } from "hono";
import { SECOND_MS } from "../clock.ts";
import { exportHead, exportLines } from "../export-text.ts";
import { cutOffWhereStalled } from "./cut-off-where-stalled.ts";
import type { HttpEnv } from "./principal.ts";
import { z } from "./router.ts";

/** A reader that takes nothing for so long is cut off. */
const STALLED_MS = 60 * SECOND_MS;

const JSON_LINES = "application/x-ndjson";
const CSV = "text/csv; charset=utf-8; header=present";

/** What a route's OpenAPI description says of an export. */
export function exportDescription(description: string) {
  const text = { schema: z.string() };
  return { description, content: { [JSON_LINES]: text, "text/csv": text } };
}

/**
 * The answer of an export: the pages as lines, as fast as the reader takes them and no faster, so that a slow
 * one costs a page of memory and no connection to the database. gzip where it is accepted.
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
  // Before the status is sent: what fails here is a problem document yet.
  const first = await pages.next();
  cutOffWhereStalled(context, STALLED_MS);
  const reportFailure = context.get("reportFailure");
  const request = context.req.raw;
  const requestId = context.get("requestId");
  const plain = textStream(formatLines(first, pages, format, columns), (error) =>
    reportFailure(error, request, requestId),
  );
  const isPacked = acceptsGzip(context.req.header("accept-encoding"));
  return context.body(isPacked ? plain.pipeThrough(new CompressionStream("gzip")) : plain, 200, {
    "content-type": format === "jsonl" ? JSON_LINES : CSV,
    "content-disposition": `attachment; filename="${name}.${format === "jsonl" ? "jsonl" : "csv"}"`,
    vary: "accept-encoding",
    ...(isPacked ? { "content-encoding": "gzip" } : {}),
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

/** Reads a text when it is asked for more, none ahead; an error breaks the answer off, so that no part passes for the whole. */
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
            // A chunk of no bytes would satisfy nobody.
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

/** Whether the header names gzip, and not to refuse it. */
function acceptsGzip(header = ""): boolean {
  return header
    .toLowerCase()
    .split(",")
    .some((one) => /^\s*gzip\s*(;\s*q=(1(\.0*)?|0?\.\d*[1-9]\d*)\s*)?$/.test(one));
}
