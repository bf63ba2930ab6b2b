import type { Context, MiddlewareHandler } from "hono";
import { RelearnError } from "../errors.ts";
import { toProblem } from "./problem.ts";
import { type HttpEnv, newRouter, type Router } from "./router.ts";
import { securityHeaders } from "./security-headers.ts";

export interface AppOptions {
  readonly version: string;
  /** Sets the request's principal or throws `unauthenticated`. */
  readonly authenticate: MiddlewareHandler<HttpEnv>;
  /** The routers of the features; their paths begin with /v1. */
  readonly routers: readonly Router[];
  /** Answers GET where no route does: the console's files and pages. */
  readonly pages?: MiddlewareHandler;
  /** Told of errors nobody foresaw. */
  readonly reportFailure: (error: unknown, request: Request) => void;
}

/** The HTTP application: the features' routes behind one authentication and one error table. Opens no port. */
export function createApp(options: AppOptions): Router {
  const app = newRouter();
  app.use(securityHeaders());
  app.get("/healthz", (context) => context.json({ status: "ok", version: options.version }));
  app.use("/v1/*", options.authenticate);
  app.use("/openapi.json", options.authenticate);
  for (const router of options.routers) app.route("/", router);
  app.openAPIRegistry.registerComponent("securitySchemes", "key", { type: "http", scheme: "bearer" });
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "Relearn",
      version: options.version,
      license: { name: "Apache-2.0" },
    },
    security: [{ key: [] }],
  });
  if (options.pages !== undefined) app.get("*", options.pages);
  app.notFound((context) => {
    const { pathname } = new URL(context.req.url);
    return problemAnswer(
      context,
      new RelearnError(
        "not_found",
        `There is nothing at ${context.req.method} ${pathname}. /openapi.json lists what there is.`,
      ),
    );
  });
  app.onError((error, context) => {
    const known = fromFramework(error);
    if (!(known instanceof RelearnError) || known.code === "internal")
      options.reportFailure(error, context.req.raw);
    return problemAnswer(context, known);
  });
  return app;
}

/** Hono refuses bodies that are no JSON before any schema sees them. */
function fromFramework(error: unknown): unknown {
  if (error instanceof Error && "status" in error && error.status === 400) {
    return new RelearnError("invalid_input", `The request is refused: ${error.message}.`, { cause: error });
  }
  return error;
}

function problemAnswer(context: Context, error: unknown): Response {
  const problem = toProblem(error);
  const wait = problem.details?.["retry_after_seconds"];
  return context.body(JSON.stringify(problem), problem.status, {
    "content-type": "application/problem+json",
    ...(problem.status === 401 ? { "www-authenticate": 'Bearer realm="relearn"' } : {}),
    ...(typeof wait === "number" ? { "retry-after": String(wait) } : {}),
  });
}
