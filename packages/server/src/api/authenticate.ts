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

/** The header in which a caller who proves nothing says who acts; percent-encoded UTF-8. */
export const ACTOR_HEADER = "relearn-actor";
/** The console's own requests carry it: a page elsewhere could not send it without asking first, and is refused. */
const CONSOLE_HEADER = "relearn-console";
/** The console says so in requests that it makes by itself while nobody touches it: they keep no session alive. */
const IDLE_HEADER = "relearn-idle";

const everyRight: ReadonlySet<Right> = new Set(rightsByRole.admin);
const onThisMachine: ReadonlySet<Right> = new Set(machineRights);

/** Lets everybody do everything under the name they give: for an application that no port leads to. */
export function openAuthentication(): MiddlewareHandler<HttpEnv> {
  return async (context, next) => {
    context.set("principal", openPrincipal(context));
    await next();
  };
}

export interface ServiceAuthenticationOptions {
  readonly access: AccessService;
  /** Token of the data folder's lock: whoever can read it acts with `machineRights`. */
  readonly machineToken?: string | undefined;
}

/**
 * The authentication of a service. While no key was ever made it is open, to this machine and to pages of its
 * own. From the first key on a request needs a key (`Authorization: Bearer`), the token of the data folder, or
 * a session's cookie. That is looked up for each request, so that a key that is made or revoked counts at once,
 * whichever process did it.
 */
export function serviceAuthentication(options: ServiceAuthenticationOptions): MiddlewareHandler<HttpEnv> {
  return async (context, next) => {
    context.set("principal", await principalOf(context, options));
    await next();
  };
}

async function principalOf(
  context: Context<HttpEnv>,
  { access, machineToken }: ServiceAuthenticationOptions,
): Promise<Principal> {
  const request = context.req.raw;
  const secret = bearerOf(request);
  const isMachine = secret !== undefined && machineToken !== undefined && isSameSecret(machineToken, secret);
  if (await access.isOpen()) {
    requireThisMachine(request);
    refuseForeignPage(request);
    if (secret !== undefined && !isMachine) {
      throw new RelearnError(
        "unauthenticated",
        "No key has been made here, so the one that was sent cannot be checked. Leave it out (RELEARN_API_KEY), or make keys: `relearn keys create --role admin`.",
      );
    }
    return openPrincipal(context);
  }
  if (isMachine) return { ...openPrincipal(context), rights: onThisMachine, via: "machine" };
  if (secret !== undefined) {
    const proof = await access.proveKey(secret, findSource(context));
    requireOwnName(request, proof.person);
    return provenPrincipal(proof, "key", null);
  }
  if (isSignIn(request)) {
    refuseForeignPage(request);
    return nobody;
  }
  const token = readSessionCookie(context);
  if (token !== undefined) {
    // A stream that the browser opens again by itself cannot carry the header.
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
      ? "This needs a key: sign in to the console, set RELEARN_API_KEY for the command line, or send Authorization: Bearer KEY. An admin makes keys with `relearn keys create`."
      : "The session has ended. Sign in again.",
  );
}

const nobody: Principal = {
  actor: { name: "nobody", kind: "asserted" },
  rights: new Set(),
  via: "nobody",
  role: null,
  keyId: null,
  sessionId: null,
  expiresAt: null,
};

function openPrincipal(context: Context): Principal {
  const named = context.req.header(ACTOR_HEADER);
  const actor = assertedActor(named === undefined ? undefined : checkPerson(decodeActor(named)), process.env);
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

/** Signing in is the one act that needs no principal. */
const isSignIn = (request: Request): boolean =>
  request.method === "POST" && new URL(request.url).pathname === "/v1/session";

function bearerOf(request: Request): string | undefined {
  const header = request.headers.get("authorization");
  if (header === null) return undefined;
  const secret = /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1];
  if (secret === undefined) {
    throw new RelearnError("unauthenticated", "The Authorization header must be `Bearer KEY`.");
  }
  return secret;
}

/** A proven caller acts as the key's person; another name is refused, since silently dropping it would surprise. */
function requireOwnName(request: Request, person: string): void {
  const named = request.headers.get(ACTOR_HEADER);
  if (named === null || decodeActor(named) === person) return;
  throw new RelearnError(
    "forbidden",
    `The key is ${person}'s and cannot act as ${decodeActor(named)}. Leave --as (${ACTOR_HEADER}) out, or use the other person's key.`,
    { details: { person } },
  );
}

function requireThisMachine(request: Request): void {
  const { hostname } = new URL(request.url);
  if (isLoopbackName(hostname) && !isForwarded(request)) return;
  throw new RelearnError(
    "host_refused",
    isForwarded(request)
      ? "No key has been made, so the service answers this machine only, and this request was passed on from elsewhere. Make a key first: `relearn keys create --role admin`."
      : `No key has been made, so the service answers to names of this machine only (localhost, 127.0.0.1), not to ${hostname}. Make a key first: \`relearn keys create --role admin\`.`,
  );
}

/**
 * Of another site's page nothing is taken that is meant for programs, reading included: it would see no answer,
 * but a read may be costly, or leave a trace (an item whose judges were looked at is not blind any more).
 */
function refuseForeignPage(request: Request): void {
  const isForPeople = !isUnsafe(request.method) && !new URL(request.url).pathname.startsWith("/v1/");
  if (isForPeople || classifyOrigin(request) !== "foreign") return;
  throw new RelearnError("cross_site", "The request comes from a page of another site. Nothing was done.");
}

/** What changes something under a cookie must come from the console: the browser says so, and the console does. */
function requireConsole(request: Request): void {
  if (!isUnsafe(request.method)) return;
  if (classifyOrigin(request) === "own" && request.headers.has(CONSOLE_HEADER)) return;
  throw new RelearnError(
    "cross_site",
    `A session changes things from the console's own pages only. Programs send a key: Authorization: Bearer KEY.`,
  );
}

function decodeActor(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
