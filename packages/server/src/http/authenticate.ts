import type { MiddlewareHandler } from "hono";
import { assertedActor } from "../actor.ts";
import { type Right, rightsByRole } from "./right.ts";
import type { HttpEnv } from "./router.ts";

/** The header in which a caller without a key says who acts; percent-encoded UTF-8. */
export const ACTOR_HEADER = "relearn-actor";

const everyRight: ReadonlySet<Right> = new Set(rightsByRole.admin);

/**
 * Authentication of an installation without keys: it listens on loopback only and trusts whoever reaches it;
 * the actor is what the caller asserts, else the person who runs the service.
 */
export function openAuthentication(): MiddlewareHandler<HttpEnv> {
  return async (context, next) => {
    const named = context.req.header(ACTOR_HEADER);
    const actor = assertedActor(named === undefined ? undefined : decodeActor(named), process.env);
    context.set("principal", { actor, rights: everyRight });
    await next();
  };
}

function decodeActor(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
