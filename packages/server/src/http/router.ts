import { createRoute as createOpenApiRoute, OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import { type Document, findJsonFault, isUnstorableText, type Right } from "@relearn/contract";
import type { Context } from "hono";
import { RelearnError } from "../errors.ts";
import { formatPath } from "../format-path.ts";
import { carryOutOnce, IDEMPOTENCY_HEADER, type RequestOnce } from "./carry-out-once.ts";
import type { HttpEnv, Principal } from "./principal.ts";
import { MAX_BATCH_BYTES, MAX_JSON_BYTES, RequestBody } from "./request-body.ts";
import { batchMemoryBytes } from "./take-record-batch.ts";

export type Router = OpenAPIHono<HttpEnv>;

/** Creates a router that reports schema violations as `invalid_input` problems with every fault. */
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
        `Invalid request: ${faults.map((fault) => `${fault.where} ${fault.path}: ${fault.message}`).join("; ")}.`,
        { details: { faults } },
      );
    },
  });
}

/** Requirement of a route: a right; `known`, any authenticated caller; or `none`, for signing in. */
export type RouteRight = Right | "known" | "none";

export interface RouteTraits {
  /** The handler reads records from `context.get("body")`; the body is not read before. */
  readonly batch?: boolean;
  /** How the route handles an idempotency key of a POST; `atomic` by default. */
  readonly once?: RequestOnce;
}

/**
 * Creates a route with a required right. Before the handler runs, the right is checked, unknown members of the
 * query and the body are refused, and so is text that PostgreSQL cannot store. The OpenAPI document has the
 * right and the traits as `x-relearn-right` and `x-relearn-…`.
 */
export function createRoute<const Config extends RouteConfig>(
  right: RouteRight,
  config: Config,
  traits: RouteTraits = {},
) {
  const isPost = config.method === "post";
  const once: RequestOnce | undefined = isPost ? (traits.once ?? "atomic") : undefined;
  const { query, body } = config.request ?? {};
  // Otherwise a missing body would reach the handler without validation.
  if (body !== undefined && traits.batch !== true) body.required = true;
  return createOpenApiRoute({
    ...config,
    "x-relearn-right": right,
    ...(once === undefined ? {} : { "x-relearn-once": once }),
    ...(traits.batch === true ? { "x-relearn-batch": true } : {}),
    middleware: async (context: Context<HttpEnv>, next: () => Promise<void>) => {
      requireRight(context.get("principal"), right);
      requireStorableAddress(context, query !== undefined);
      const requestBody = new RequestBody(
        context.req.raw,
        traits.batch === true ? MAX_BATCH_BYTES : MAX_JSON_BYTES,
        { digested: context.req.header(IDEMPOTENCY_HEADER) !== undefined },
      );
      const run = async (): Promise<void> =>
        once === undefined ? next() : carryOutOnce(context, once, requestBody, next);
      if (traits.batch === true) {
        context.set("body", requestBody);
        const release = await context.get("batchBudget").acquire(batchMemoryBytes(requestBody));
        try {
          await run();
        } finally {
          release();
        }
        return;
      }
      if (config.method !== "get") await readJsonBody(context, requestBody, body !== undefined);
      await run();
    },
  });
}

/** Refuses path and query parameters that PostgreSQL cannot store, and a query on a route that has none. */
function requireStorableAddress(context: Context<HttpEnv>, hasQuery: boolean): void {
  const { searchParams } = new URL(context.req.url);
  for (const [name, value] of [...Object.entries(context.req.param()), ...searchParams]) {
    if (isUnstorableText(name) || isUnstorableText(value)) {
      throw new RelearnError(
        "invalid_input",
        `Invalid URL: the parameter ${JSON.stringify(name.toWellFormed())} must be well-formed text without U+0000.`,
      );
    }
  }
  if (hasQuery || searchParams.size === 0) return;
  throw new RelearnError(
    "invalid_input",
    `Invalid URL: this route has no query parameters, but ${JSON.stringify([...searchParams.keys()][0]!)} was given.`,
  );
}

/** Reads a JSON body, checks what schemas do not check, and passes it to the validators. */
async function readJsonBody(
  context: Context<HttpEnv>,
  body: RequestBody,
  isDeclared: boolean,
): Promise<void> {
  const text = body.isAbsent ? "" : await body.text();
  if (text !== "" && !/^application\/([\w.-]+\+)?json$/.test(body.mediaType)) {
    throw new RelearnError(
      "unsupported_media_type",
      `The body has ${body.mediaType === "" ? "no content type" : `the content type ${body.mediaType}`}, which is not supported; send application/json.`,
    );
  }
  let value: unknown = {};
  if (text.trim() !== "") {
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new RelearnError("invalid_input", `The body is not valid JSON: ${(error as Error).message}.`, {
        cause: error,
      });
    }
  }
  const fault = findJsonFault(value);
  if (fault !== undefined) {
    throw new RelearnError(
      "invalid_input",
      `Invalid request: json ${formatPath(fault.path)}: ${fault.message}.`,
      {
        details: { faults: [{ where: "json", path: formatPath(fault.path), message: fault.message }] },
      },
    );
  }
  if (!isDeclared && (typeof value !== "object" || value === null || Object.keys(value).length > 0)) {
    throw new RelearnError("invalid_input", "This route has no body; omit it or send {}.");
  }
  if (body.isAbsent) return;
  // The body is consumed, so the validators get a new request with the same text. The signal is kept: it tells
  // long-running work that the caller has disconnected.
  const { url, method, headers, signal } = context.req.raw;
  const init = text === "" ? {} : { body: text.trim() === "" ? "{}" : text };
  context.req.raw = new Request(url, { method, headers, signal, ...init });
}

function requireRight(principal: Principal, right: RouteRight): void {
  if (right === "none") return;
  if (principal.via === "anonymous") throw new RelearnError("unauthenticated", "You are not signed in.");
  if (right === "known" || principal.rights.has(right)) return;
  throw new RelearnError(
    "forbidden",
    `${describeCaller(principal)} may not do this: the right "${right}" is required. ${describeRemedy(principal)}`,
    {
      details: { right, actor: principal.actor.name, role: principal.role },
    },
  );
}

function describeCaller({ actor, role }: Principal): string {
  return role === null ? actor.name : `${actor.name}, ${role},`;
}

function describeRemedy({ via }: Principal): string {
  return via === "machine"
    ? "Without a key, a command on this machine has the rights of an operator; set RELEARN_API_KEY to your own key."
    : "Ask an admin for a key with a role that has this right.";
}

/** Describes a JSON response by the schema of its document. */
export function jsonAnswer<Schema extends z.ZodType>(description: string, schema: Schema) {
  // Responses are not parsed at run time, so the schema serves as a type and a description only.
  const answer = schema as unknown as z.ZodType<Document<Schema>>;
  return { description, content: { "application/json": { schema: answer } } };
}

/** Declares a required JSON body. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true as const, content: { "application/json": { schema } } };
}

/** Schemas that describe a body in OpenAPI if the handler validates it with an error code of its own. */
export const describedBodies = new WeakMap<z.ZodType, z.ZodType>();

/** Declares a JSON body that `read` parses and the handler validates; the OpenAPI document shows `described`. */
export function describedBody<Schema extends z.ZodType>(described: z.ZodType, read: Schema) {
  describedBodies.set(read, described);
  return jsonBody(read);
}

export { z };
