import type { Right } from "@relearn/contract";
import type { Context, MiddlewareHandler } from "hono";
import type { AccessService, Proof } from "../access/access-service.ts";
import { checkPerson, isSameSecret } from "../access/api-key.ts";
import { machineRights, rightsByRole } from "../access/right.ts";
import { assertedActor } from "../actor.ts";
import { RelearnError } from "../errors.ts";
import type { HttpEnv, Principal } from "../http/principal.ts";
import { findSource } from "../http/request-source.ts";
import { classifyOrigin, isForwarded, isLoopbackName, isUnsafe } from "../http/same-origin.ts";
import { readSessionCookie } from "../http/session-cookie.ts";

/** Header in which an unauthenticated caller asserts its name; percent-encoded UTF-8. */
export const ACTOR_HEADER = "relearn-actor";
/** Header of the console's requests. A page of another site would need a CORS preflight to send it, which is refused. */
const CONSOLE_HEADER = "relearn-console";
/** Header of the requests that the console makes while it is not in use; they do not extend the session. */
const IDLE_HEADER = "relearn-idle";

const everyRight: ReadonlySet<Right> = new Set(rightsByRole.admin);
const machineRightSet: ReadonlySet<Right> = new Set(machineRights);

/** Grants every right to every caller under its asserted name; for an application without a port. */
export function openAuthentication(): MiddlewareHandler<HttpEnv> {
  return async (context, next) => {
    context.set("principal", openPrincipal(context));
    await next();
  };
}

export interface ServiceAuthenticationOptions {
  readonly access: AccessService;
  /** Token of the data folder's lock: a caller that can read it has `machineRights`. */
  readonly machineToken?: string | undefined;
}

/**
 * Creates the authentication of a service. Until the first key is created, the service is open to this machine
 * and to its own pages. After that a request needs a key (`Authorization: Bearer`), the token of the data
 * folder or a session cookie. Each request is checked in the database, so creating or revoking a key takes
 * effect immediately in every process.
 */
export function serviceAuthentication(options: ServiceAuthenticationOptions): MiddlewareHandler<HttpEnv> {
  return async (context, next) => {
    context.set("principal", await findPrincipal(context, options));
    await next();
  };
}

async function findPrincipal(
  context: Context<HttpEnv>,
  { access, machineToken }: ServiceAuthenticationOptions,
): Promise<Principal> {
  const request = context.req.raw;
  const secret = readBearerToken(request);
  const isMachine = secret !== undefined && machineToken !== undefined && isSameSecret(machineToken, secret);
  if (await access.isOpen()) {
    requireThisMachine(request);
    refuseForeignPage(request);
    if (secret !== undefined && !isMachine) {
      throw new RelearnError(
        "unauthenticated",
        "This installation has no API keys, so the key that was sent cannot be checked. Unset RELEARN_API_KEY, or create a key: `relearn keys create --role admin`.",
      );
    }
    return openPrincipal(context);
  }
  if (isMachine) return { ...openPrincipal(context), rights: machineRightSet, via: "machine" };
  if (secret !== undefined) {
    const proof = await access.proveKey(secret, findSource(context));
    requireOwnName(request, proof.person);
    return provenPrincipal(proof, "key", null);
  }
  if (isSignIn(request)) {
    refuseForeignPage(request);
    return anonymous;
  }
  const token = readSessionCookie(context);
  if (token !== undefined) {
    // A browser that reconnects an event stream cannot set the header.
    const idle =
      context.req.header(IDLE_HEADER) !== undefined ||
      (context.req.header("accept")?.includes("text/event-stream") ?? false);
    const session = await access.proveSession(token, { idle });
    if (session !== undefined) {
      refuseForeignPage(request);
      requireConsole(request);
      requireOwnName(request, session.person);
      return provenPrincipal(session, "session", session.session_id);
    }
  }
  throw new RelearnError(
    "unauthenticated",
    token === undefined
      ? "An API key is required: sign in to the console, set RELEARN_API_KEY for the command line, or send Authorization: Bearer KEY. An admin creates keys with `relearn keys create`."
      : "The session has expired. Sign in again.",
  );
}

const anonymous: Principal = {
  actor: { name: "anonymous", kind: "asserted" },
  rights: new Set(),
  via: "anonymous",
  role: null,
  keyId: null,
  sessionId: null,
  expiresAt: null,
};

function openPrincipal(context: Context): Principal {
  const encoded = context.req.header(ACTOR_HEADER);
  const name = encoded === undefined ? undefined : checkPerson(decodeActor(encoded));
  const actor = assertedActor(name, process.env);
  return {
    actor,
    rights: everyRight,
    via: "open",
    role: null,
    keyId: null,
    sessionId: null,
    expiresAt: null,
  };
}

function provenPrincipal(proof: Proof, via: "key" | "session", sessionId: string | null): Principal {
  return {
    actor: { name: proof.person, kind: "key" },
    rights: new Set(rightsByRole[proof.role]),
    via,
    role: proof.role,
    keyId: proof.key_id,
    sessionId,
    expiresAt: proof.expires_at,
  };
}

/** Returns whether the request signs in, which needs no authentication. */
const isSignIn = (request: Request): boolean =>
  request.method === "POST" && new URL(request.url).pathname === "/v1/session";

function readBearerToken(request: Request): string | undefined {
  const header = request.headers.get("authorization");
  if (header === null) return undefined;
  const secret = /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1];
  if (secret === undefined) {
    throw new RelearnError("unauthenticated", "The Authorization header must be `Bearer KEY`.");
  }
  return secret;
}

/** Refuses an asserted name that differs from the person of the key. */
function requireOwnName(request: Request, person: string): void {
  const encoded = request.headers.get(ACTOR_HEADER);
  if (encoded === null || decodeActor(encoded) === person) return;
  throw new RelearnError(
    "forbidden",
    `The key belongs to ${person} and cannot act as ${decodeActor(encoded)}. Omit --as (${ACTOR_HEADER}), or use that person's key.`,
    { details: { person } },
  );
}

function requireThisMachine(request: Request): void {
  const { hostname } = new URL(request.url);
  if (isLoopbackName(hostname) && !isForwarded(request)) return;
  throw new RelearnError(
    "host_refused",
    isForwarded(request)
      ? "This installation has no API keys, so the service accepts requests from this machine only, and this request was forwarded by a proxy. Create a key first: `relearn keys create --role admin`."
      : `This installation has no API keys, so the service accepts only names of this machine (localhost, 127.0.0.1), not ${hostname}. Create a key first: \`relearn keys create --role admin\`.`,
  );
}

/**
 * Refuses API requests that a page of another site makes, including reads: the page could not see the response,
 * but a read can be expensive or have an effect (showing the judges of a review item ends its blindness).
 */
function refuseForeignPage(request: Request): void {
  const isPage = !isUnsafe(request.method) && !new URL(request.url).pathname.startsWith("/v1/");
  if (isPage || classifyOrigin(request) !== "foreign") return;
  throw new RelearnError("cross_site", "The request was made by a page of another site and was refused.");
}

/** Requires that a change authenticated by a cookie comes from the console: by its origin and by its header. */
function requireConsole(request: Request): void {
  if (!isUnsafe(request.method)) return;
  if (classifyOrigin(request) === "own" && request.headers.has(CONSOLE_HEADER)) return;
  throw new RelearnError(
    "cross_site",
    "A session can make changes only from the console's own pages. Programs must send a key: Authorization: Bearer KEY.",
  );
}

function decodeActor(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
