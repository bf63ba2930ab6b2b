import type { Context, MiddlewareHandler } from "hono";
import { RelearnError } from "../errors.ts";
import { ByteBudget } from "../http/byte-budget.ts";
import { limitRate } from "../http/limit-rate.ts";
import type { HttpEnv, Principal } from "../http/principal.ts";
import { toProblem } from "../http/problem.ts";
import type { RateLimiter } from "../http/rate-limiter.ts";
import { requestId } from "../http/request-id.ts";
import { newRouter, type Router } from "../http/router.ts";
import { securityHeaders } from "../http/security-headers.ts";
import { shouldLog, toKnownError } from "../http/to-known-error.ts";
import type { IdempotencyService } from "../idempotency/idempotency-service.ts";
import { docsPage, docsScript } from "./docs-page.ts";
import { completeDocument, type DeclaredRoute, type OpenApiDocument } from "./openapi-document.ts";

export interface AppOptions {
  readonly version: string;
  /** Sets the request's principal or throws `unauthenticated`. */
  readonly authenticate: MiddlewareHandler<HttpEnv>;
  /** The routers of the features; their paths begin with /v1. */
  readonly routers: readonly Router[];
  /** Handles GET requests that match no route: the console's files and pages. */
  readonly pages?: MiddlewareHandler;
  /** Stores the responses of requests with an idempotency key. */
  readonly idempotency?: IdempotencyService;
  /** Limits the requests of each principal; without it, there is no limit. */
  readonly rateLimiter?: RateLimiter;
  /** Called for each unexpected error. */
  readonly reportFailure: (error: unknown, request: Request, requestId: string) => void;
  /** Called after each response, for the log; never receives the content of a request. */
  readonly reportRequest?: (answered: AnsweredRequest) => void;
}

/** Memory limit for batches being processed: two of the largest JSON lists, or thirty NDJSON batches. */
const BATCH_MEMORY_BYTES = 256 * 1024 * 1024;
/** Maximum number of batches that wait for memory; further ones are refused with `busy`. */
const MAX_WAITING_BATCHES = 1000;

export interface AnsweredRequest {
  readonly request_id: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly actor: string | undefined;
  readonly duration_ms: number;
}

/** Creates the HTTP application: the routes of the features with authentication and error handling. Opens no port. */
export function createApp(options: AppOptions): Router {
  const app = newRouter();
  app.use(requestId());
  const { reportRequest } = options;
  if (reportRequest !== undefined) {
    app.use(async (context, next) => {
      const start = performance.now();
      await next();
      const principal: Principal | undefined = context.get("principal");
      reportRequest({
        request_id: context.get("requestId"),
        method: context.req.method,
        path: context.req.path,
        status: context.res.status,
        actor: principal?.actor.name,
        duration_ms: Math.round(performance.now() - start),
      });
    });
  }
  app.use(securityHeaders());
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.use("/v1/*", options.authenticate, async (context, next) => {
    context.set("reportFailure", options.reportFailure);
    await next();
  });
  for (const path of ["/openapi.json", "/docs", "/docs/*"]) app.use(path, options.authenticate);
  if (options.rateLimiter !== undefined) app.use("/v1/*", limitRate(options.rateLimiter));
  const batchBudget = new ByteBudget(BATCH_MEMORY_BYTES, MAX_WAITING_BATCHES);
  app.use("/v1/*", async (context, next) => {
    context.set("idempotency", options.idempotency);
    context.set("batchBudget", batchBudget);
    await next();
  });
  for (const router of options.routers) app.route("/", router);
  app.openAPIRegistry.registerComponent("securitySchemes", "key", { type: "http", scheme: "bearer" });
  let document: OpenApiDocument | undefined;
  const describe = (): OpenApiDocument => {
    document ??= completeDocument(
      app.getOpenAPI31Document({
        openapi: "3.1.0",
        info: {
          title: "Relearn",
          version: options.version,
          license: { name: "Apache-2.0" },
          description:
            "Continuous learning for agents built on language models. Errors are problem documents (RFC 9457) with a stable `code`. Unknown parameters and members are refused. Every request body may be compressed with gzip.",
        },
        security: [{ key: [] }],
      }) as unknown as OpenApiDocument,
      app.openAPIRegistry.definitions.flatMap((one) =>
        one.type === "route" ? [one.route as unknown as DeclaredRoute] : [],
      ),
    );
    return document;
  };
  app.get("/openapi.json", (context) => context.json(describe()));
  app.get("/docs", (context) => docsPage(context, describe()));
  app.get("/docs/search.js", docsScript);
  if (options.pages !== undefined) app.get("*", options.pages);
  const methodsAt = methodTable(app);
  app.notFound((context) => {
    const { pathname } = new URL(context.req.url);
    const allow = methodsAt(pathname);
    if (allow.length > 0 && context.req.method === "OPTIONS") {
      return context.body(null, 204, { allow: allow.join(", ") });
    }
    if (allow.length > 0) {
      return problemAnswer(
        context,
        new RelearnError(
          "method_not_allowed",
          `${pathname} does not support ${context.req.method}; it supports ${allow.join(", ")}.`,
          { details: { allow } },
        ),
      );
    }
    return problemAnswer(
      context,
      new RelearnError(
        "not_found",
        `There is no route ${context.req.method} ${pathname}. /openapi.json lists the routes.`,
      ),
    );
  });
  app.onError((error, context) => {
    const known = toKnownError(error);
    if (shouldLog(known)) options.reportFailure(error, context.req.raw, context.get("requestId"));
    return problemAnswer(context, known);
  });
  return app;
}

/** Creates the function that returns the methods of a path, in alphabetical order. */
function methodTable(app: Router): (pathname: string) => readonly string[] {
  const routes = app.openAPIRegistry.definitions.flatMap((one) =>
    one.type === "route"
      ? [
          {
            method: one.route.method.toUpperCase(),
            form: new RegExp(`^${one.route.path.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`),
          },
        ]
      : [],
  );
  const getPaths = ["/openapi.json", "/docs", "/docs/search.js", "/healthz"];
  return (pathname) => {
    const methods = routes.flatMap(({ method, form }) => (form.test(pathname) ? [method] : []));
    if (getPaths.includes(pathname)) methods.push("GET");
    if (methods.includes("GET")) methods.push("HEAD");
    return methods.length === 0 ? [] : [...new Set(methods), "OPTIONS"].sort();
  };
}

function problemAnswer(context: Context<HttpEnv>, error: unknown): Response {
  const problem = toProblem(error);
  const wait = problem.details?.["retry_after_seconds"];
  const allow = problem.details?.["allow"];
  return context.body(JSON.stringify({ ...problem, request_id: context.get("requestId") }), problem.status, {
    "content-type": "application/problem+json",
    ...(problem.status === 401 ? { "www-authenticate": 'Bearer realm="relearn"' } : {}),
    ...(typeof wait === "number" ? { "retry-after": String(wait) } : {}),
    ...(Array.isArray(allow) ? { allow: allow.join(", ") } : {}),
  });
}
