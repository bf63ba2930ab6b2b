import type { Context } from "hono";
import { IDEMPOTENCY_HEADER } from "./carry-out-once.ts";
import type { HttpEnv } from "./principal.ts";
import { toProblem } from "./problem.ts";
import { z } from "./router.ts";
import { shouldLog, toKnownError } from "./to-known-error.ts";

/** Line of a progress response; the last line is `result` or `problem`. */
export type ProgressLineDocument<Progress, Result> =
  | { readonly progress: Progress }
  | { readonly result: Result }
  | { readonly problem: ReturnType<typeof toProblem> };

const LINES = "application/x-ndjson";

/** Describes a progress response in OpenAPI. */
export function progressDescription(description: string, schema: z.ZodType) {
  const content: Record<string, { schema: z.ZodType }> = {
    "application/json": { schema },
    [LINES]: { schema: z.string() },
  };
  return { description, content };
}

/**
 * Responds with the result of long-running work: as JSON, or, if the caller accepts application/x-ndjson and
 * sends no idempotency key, as one line for each progress report and a last line with the result or the problem.
 * `signal` aborts when the caller disconnects; the work should stop then.
 */
export async function progressAnswer<Progress, Result>(
  context: Context<HttpEnv>,
  work: (report: ((progress: Progress) => void) | undefined, signal: AbortSignal) => Promise<Result>,
): Promise<Response> {
  const disconnected = context.req.raw.signal;
  const inLines = (context.req.header("accept") ?? "").includes(LINES);
  if (!inLines || context.req.header(IDEMPOTENCY_HEADER) !== undefined) {
    return context.json((await work(undefined, disconnected)) as object, 200);
  }
  const cancelled = new AbortController();
  const signal = AbortSignal.any([disconnected, cancelled.signal]);
  const reportFailure = context.get("reportFailure");
  const request = context.req.raw;
  const requestId = context.get("requestId");
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const writeLine = (line: ProgressLineDocument<Progress, Result>): void => {
        if (!signal.aborted) controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
      };
      try {
        writeLine({ result: await work((progress) => writeLine({ progress }), signal) });
      } catch (error) {
        if (signal.aborted) return;
        const known = toKnownError(error);
        if (shouldLog(known)) reportFailure(error, request, requestId);
        writeLine({ problem: toProblem(known) });
      }
      if (!signal.aborted) controller.close();
    },
    cancel(reason) {
      cancelled.abort(reason);
    },
  });
  return context.body(body, 200, { "content-type": LINES });
}
