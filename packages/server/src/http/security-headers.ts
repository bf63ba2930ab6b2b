import type { MiddlewareHandler } from "hono";
import { isLoopbackName, isOverTls } from "./same-origin.ts";

/** What holds for every answer; a route may say something else. */
const always: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
  // Answers that are no page of the console: nothing in them runs or loads, wherever they are opened.
  "content-security-policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  // What is behind a key stays in no cache.
  "cache-control": "no-store",
};

const ONE_YEAR_SECONDS = 31_536_000;

/** Adds the headers of security to each answer that does not bring its own. */
export function securityHeaders(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    const { headers } = context.res;
    for (const [name, value] of Object.entries(always)) if (!headers.has(name)) headers.set(name, value);
    // Never for this machine's own names: it would bind every other program on them to TLS.
    if (isOverTls(context.req.raw) && !isLoopbackName(new URL(context.req.url).hostname)) {
      headers.set("strict-transport-security", `max-age=${ONE_YEAR_SECONDS}`);
    }
  };
}
