import { randomUUID } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import type { HttpEnv } from "./principal.ts";

const REQUEST_ID_HEADER = "x-request-id";

/** Request ids that are accepted from a proxy or caller, so that log lines can be correlated. */
const acceptedForm = /^[A-Za-z0-9._:-]{1,128}$/;

/** Assigns an id to each request, the caller's or a random UUID, and returns it in the response. */
export function requestId(): MiddlewareHandler<HttpEnv> {
  return async (context, next) => {
    const requested = context.req.header(REQUEST_ID_HEADER);
    const id = requested !== undefined && acceptedForm.test(requested) ? requested : randomUUID();
    context.set("requestId", id);
    await next();
    context.res.headers.set(REQUEST_ID_HEADER, id);
  };
}
