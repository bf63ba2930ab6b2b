import { createRoute as createOpenApiRoute, OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Right, Role } from "../access/right.ts";
import type { Actor } from "../actor.ts";
import { formatPath } from "../agents/agent-definition-schema.ts";
import { RelearnError } from "../errors.ts";

/** Who makes the request and what they may do; set by the service's authentication before any route runs. */
export interface Principal {
  readonly actor: Actor;
  readonly rights: ReadonlySet<Right>;
  /**
   * How the caller is known: `open`, no key was ever made and the caller says who acts; `machine`, by the token
   * of the data folder, and says who acts; `key` and `session`, proven; `nobody`, on the way to signing in.
   */
  readonly via: "open" | "machine" | "key" | "session" | "nobody";
  readonly role: Role | null;
  readonly keyId: string | null;
  readonly sessionId: string | null;
  /** When the key or the session ends, where it does. */
  readonly expiresAt: Date | null;
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

/** What a route asks of its caller: a right; to be known at all; or, for signing in, nothing. */
export type RouteRight = Right | "known" | "none";

/** A route that states its right. The right stands in the OpenAPI document as `x-relearn-right`. */
export function createRoute<const Config extends RouteConfig>(right: RouteRight, config: Config) {
  return createOpenApiRoute({
    ...config,
    "x-relearn-right": right,
    middleware: async (context: Context<HttpEnv>, next: () => Promise<void>) => {
      requireRight(context.get("principal"), right);
      await next();
    },
  });
}

function requireRight(principal: Principal, right: RouteRight): void {
  if (right === "none") return;
  if (principal.via === "nobody") throw new RelearnError("unauthenticated", "Nobody is signed in.");
  if (right === "known" || principal.rights.has(right)) return;
  throw new RelearnError(
    "forbidden",
    `${describeCaller(principal)} may not do this: it needs the right "${right}". ${remedy(principal)}`,
    {
      details: { right, actor: principal.actor.name, role: principal.role },
    },
  );
}

function describeCaller({ actor, role }: Principal): string {
  return role === null ? actor.name : `${actor.name}, ${role},`;
}

function remedy({ via }: Principal): string {
  return via === "machine"
    ? "A command on this machine acts with an operator's rights; set RELEARN_API_KEY to your own key."
    : "Ask an admin for a key with a role that has it.";
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
