import { createRoute as createOpenApiRoute, OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Right } from "@relearn/contract";
import { type Document, findJsonFault, isUnstorableText } from "@relearn/contract";
import type { Context } from "hono";
import { RelearnError } from "../errors.ts";
import { formatPath } from "../format-path.ts";
import { carryOutOnce, IDEMPOTENCY_HEADER, type RequestOnce } from "./carry-out-once.ts";
import type { HttpEnv, Principal } from "./principal.ts";
import { MAX_BATCH_BYTES, MAX_JSON_BYTES, RequestBody } from "./request-body.ts";
import { batchMemoryBytes } from "./take-record-batch.ts";

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

export interface RouteTraits {
  /** The handler reads records from `context.get("body")`; nothing of the body is read before it. */
  readonly batch?: boolean;
  /** How a POST with an idempotency key is carried out; `atomic` unless told. */
  readonly once?: RequestOnce;
}

/**
 * A route that states its right. Before its handler runs, the caller has the right, nothing is in the query
 * or the body that the route does not know, and no text of the request is one that cannot be stored. Right and
 * traits stand in the OpenAPI document as `x-relearn-right` and `x-relearn-…`.
 */
export function createRoute<const Config extends RouteConfig>(
  right: RouteRight,
  config: Config,
  traits: RouteTraits = {},
) {
  const isPost = config.method === "post";
  const once: RequestOnce | undefined = isPost ? (traits.once ?? "atomic") : undefined;
  const { query, body } = config.request ?? {};
  // Without this a body that is left out would reach the handler unchecked.
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
        const giveBack = await context.get("batchBudget").take(batchMemoryBytes(requestBody));
        try {
          await run();
        } finally {
          giveBack();
        }
        return;
      }
      if (config.method !== "get") await readJsonBody(context, requestBody, body !== undefined);
      await run();
    },
  });
}

/** Addresses stand in statements: what PostgreSQL cannot hold is refused, and a query that nobody reads. */
function requireStorableAddress(context: Context<HttpEnv>, hasQuery: boolean): void {
  const { searchParams } = new URL(context.req.url);
  for (const [name, value] of [...Object.entries(context.req.param()), ...searchParams]) {
    if (isUnstorableText(name) || isUnstorableText(value)) {
      throw new RelearnError(
        "invalid_input",
        `The address is refused: ${JSON.stringify(name.toWellFormed())} must be well-formed text without U+0000.`,
      );
    }
  }
  if (hasQuery || searchParams.size === 0) return;
  throw new RelearnError(
    "invalid_input",
    `The address is refused: this route has no query, and ${JSON.stringify([...searchParams.keys()][0]!)} is none of its parameters.`,
  );
}

/** Reads the body of a route of JSON, checks what any schema would overlook, and hands it to the validators. */
async function readJsonBody(
  context: Context<HttpEnv>,
  body: RequestBody,
  isDeclared: boolean,
): Promise<void> {
  const text = body.isAbsent ? "" : await body.text();
  if (text !== "" && !/^application\/([\w.-]+\+)?json$/.test(body.mediaType)) {
    throw new RelearnError(
      "unsupported_media_type",
      `The body has ${body.mediaType === "" ? "no content type" : `the content type ${body.mediaType}`}; send application/json.`,
    );
  }
  let value: unknown = {};
  if (text.trim() !== "") {
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new RelearnError("invalid_input", `The body is not JSON: ${(error as Error).message}.`, {
        cause: error,
      });
    }
  }
  const fault = findJsonFault(value);
  if (fault !== undefined) {
    throw new RelearnError(
      "invalid_input",
      `The request is refused: json ${formatPath(fault.path)}: ${fault.message}.`,
      {
        details: { faults: [{ where: "json", path: formatPath(fault.path), message: fault.message }] },
      },
    );
  }
  if (!isDeclared && (typeof value !== "object" || value === null || Object.keys(value).length > 0)) {
    throw new RelearnError("invalid_input", "This route takes no body; leave it out or send {}.");
  }
  if (body.isAbsent) return;
  // The body is spent: the validators read what it said from a request of their own. The signal goes along,
  // by which long work learns that its caller is gone.
  const { url, method, headers, signal } = context.req.raw;
  const again = text === "" ? {} : { body: text.trim() === "" ? "{}" : text };
  context.req.raw = new Request(url, { method, headers, signal, ...again });
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

/** A JSON answer, described by the schema of its document. */
export function jsonAnswer<Schema extends z.ZodType>(description: string, schema: Schema) {
  // Relearn makes its answers itself: nothing parses them at run time, and nobody changes them.
  const answer = schema as unknown as z.ZodType<Document<Schema>>;
  return { description, content: { "application/json": { schema: answer } } };
}

/** A JSON body that must be there; what the schema does not know is refused by it. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true as const, content: { "application/json": { schema } } };
}

/** Schemas that a body is described by where its own check, with an error code of its own, reads it. */
export const describedBodies = new WeakMap<z.ZodType, z.ZodType>();

/** A JSON body that `read` takes as it is and the handler checks; the document describes it by `described`. */
export function describedBody<Schema extends z.ZodType>(described: z.ZodType, read: Schema) {
  describedBodies.set(read, described);
  return jsonBody(read);
}

export { z };
