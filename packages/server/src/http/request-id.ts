import { randomUUID } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import type { HttpEnv } from "./principal.ts";

const REQUEST_ID_HEADER = "x-request-id";

/** What a proxy or a caller may name its request, so that a line of our log is found from theirs. */
const acceptedForm = /^[A-Za-z0-9._:-]{1,128}$/;

/** Names each request: as the caller does, else by a random UUID; the answer says it. */
export function requestId(): MiddlewareHandler<HttpEnv> {
  return async (context, next) => {
    const named = context.req.header(REQUEST_ID_HEADER);
    const id = named !== undefined && acceptedForm.test(named) ? named : randomUUID();
    context.set("requestId", id);
    await next();
    context.res.headers.set(REQUEST_ID_HEADER, id);
  };
}
