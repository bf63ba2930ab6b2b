import type { Context } from "hono";
import { IDEMPOTENCY_HEADER } from "./carry-out-once.ts";
import { isWorthTelling, knownError } from "./known-error.ts";
import type { HttpEnv } from "./principal.ts";
import { toProblem } from "./problem.ts";
import { z } from "./router.ts";

/** One line of an answer that tells how far it is; `result` or `problem` is the last. */
export type ProgressLineDocument<Progress, Result> =
  | { readonly progress: Progress }
  | { readonly result: Result }
  | { readonly problem: ReturnType<typeof toProblem> };

const LINES = "application/x-ndjson";

/** What a route's OpenAPI description says of such an answer. */
export function progressDescription(description: string, schema: z.ZodType) {
  const content: Record<string, { schema: z.ZodType }> = {
    "application/json": { schema },
    [LINES]: { schema: z.string() },
  };
  return { description, content };
}

/**
 * The answer of long work: its result as JSON; or, for a caller that accepts application/x-ndjson, one line a
 * report and the result or the problem as the last (not with an idempotency key: the answer is kept then). `signal` fires when the caller is gone: the work is for
 * nobody then, and should end.
 */
export async function progressAnswer<Progress, Result>(
  context: Context<HttpEnv>,
  work: (report: ((progress: Progress) => void) | undefined, signal: AbortSignal) => Promise<Result>,
): Promise<Response> {
  const gone = context.req.raw.signal;
  const inLines = (context.req.header("accept") ?? "").includes(LINES);
  if (!inLines || context.req.header(IDEMPOTENCY_HEADER) !== undefined) {
    return context.json((await work(undefined, gone)) as object, 200);
  }
  const cancelled = new AbortController();
  const signal = AbortSignal.any([gone, cancelled.signal]);
  const reportFailure = context.get("reportFailure");
  const request = context.req.raw;
  const requestId = context.get("requestId");
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const say = (line: ProgressLineDocument<Progress, Result>): void => {
        if (!signal.aborted) controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
      };
      try {
        say({ result: await work((progress) => say({ progress }), signal) });
      } catch (error) {
        if (signal.aborted) return;
        const known = knownError(error);
        if (isWorthTelling(known)) reportFailure(error, request, requestId);
        say({ problem: toProblem(known) });
      }
      if (!signal.aborted) controller.close();
    },
    cancel(reason) {
      cancelled.abort(reason);
    },
  });
  return context.body(body, 200, { "content-type": LINES });
}
