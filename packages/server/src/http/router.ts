import { createRoute as createOpenApiRoute, OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Actor } from "../actor.ts";
import { formatPath } from "../agents/agent-definition-schema.ts";
import { RelearnError } from "../errors.ts";
import type { Right } from "./right.ts";

/** Who makes the request and what they may do; set by the service's authentication before any route runs. */
export interface Principal {
  readonly actor: Actor;
  readonly rights: ReadonlySet<Right>;
}

export interface HttpEnv {
  Variables: { principal: Principal };
}

export type Router = OpenAPIHono<HttpEnv>;

/** An empty router whose schema violations become `invalid_input` problems that name every fault. */
export function newRouter(): Router {
  return new OpenAPIHono<HttpEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const faults = result.error.issues.map((issue) => ({
        where: result.target,
        path: formatPath(issue.path),
        message: issue.message,
      }));
      throw new RelearnError(
        "invalid_input",
        `The request is refused: ${faults.map((fault) => `${fault.where} ${fault.path}: ${fault.message}`).join("; ")}.`,
        { details: { faults } },
      );
    },
  });
}

/** A route that states its right. The right stands in the OpenAPI document as `x-relearn-right`. */
export function createRoute<const Config extends RouteConfig>(right: Right, config: Config) {
  return createOpenApiRoute({
    ...config,
    "x-relearn-right": right,
    middleware: async (context: Context<HttpEnv>, next: () => Promise<void>) => {
      requireRight(context.get("principal"), right);
      await next();
    },
  });
}

function requireRight(principal: Principal, right: Right): void {
  if (principal.rights.has(right)) return;
  throw new RelearnError(
    "forbidden",
    `${principal.actor.name} may not do this: it needs the right "${right}". Ask an admin for a key with a role that has it.`,
    { details: { right, actor: principal.actor.name } },
  );
}

/** A JSON answer of the given document type; its schema in the OpenAPI document is as precise as the schema is. */
export function jsonAnswer<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { "application/json": { schema } } };
}

/** A document that a type describes and no schema: it is made by Relearn, so nothing checks it at run time. */
export function documentSchema<Document>(name: string): z.ZodType<Document> {
  return z.custom<Document>().openapi(name, { type: "object" });
}

/** Page size in a query: at most 1000, 100 unless told. */
export const pageLimit = z.coerce.number().int().min(1).max(1000).default(100);

export { z };
