import type { MiddlewareHandler } from "hono";
import { isLoopbackName, isOverTls } from "./same-origin.ts";

/** Headers of every response that does not set them itself. */
const defaultHeaders: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
  // For responses other than the console's pages: nothing in them may run or load.
  "content-security-policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  // Responses that require a key must not be cached.
  "cache-control": "no-store",
};

const ONE_YEAR_SECONDS = 31_536_000;

/** Adds the default security headers to each response. */
export function securityHeaders(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    const { headers } = context.res;
    for (const [name, value] of Object.entries(defaultHeaders))
      if (!headers.has(name)) headers.set(name, value);
    // Not for names of this machine: it would force TLS on every other program there.
    if (isOverTls(context.req.raw) && !isLoopbackName(new URL(context.req.url).hostname)) {
      headers.set("strict-transport-security", `max-age=${ONE_YEAR_SECONDS}`);
    }
  };
}
