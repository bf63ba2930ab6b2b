import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { SECOND_MS } from "../clock.ts";
import { isLoopbackName, isOverTls } from "./same-origin.ts";

const NAME = "relearn_session";

/**
 * Returns whether the cookie requires TLS: always, except on this machine. The prefix `__Host-` prevents a
 * sibling site (other.example.com) from setting the cookie.
 */
function mustBeSecure(request: Request): boolean {
  return isOverTls(request) || !isLoopbackName(new URL(request.url).hostname);
}

const getCookieOptions = (request: Request) =>
  mustBeSecure(request) ? ({ prefix: "host", secure: true } as const) : ({ secure: false } as const);

export function readSessionCookie(context: Context): string | undefined {
  return mustBeSecure(context.req.raw) ? getCookie(context, NAME, "host") : getCookie(context, NAME);
}

/** Sets the cookie of a session that lasts at most `maxAgeMs`. */
export function writeSessionCookie(context: Context, token: string, maxAgeMs: number): void {
  setCookie(context, NAME, token, {
    path: "/",
    httpOnly: true,
    sameSite: "Strict",
    maxAge: maxAgeMs / SECOND_MS,
    ...getCookieOptions(context.req.raw),
  });
}

export function clearSessionCookie(context: Context): void {
  deleteCookie(context, NAME, {
    path: "/",
    httpOnly: true,
    sameSite: "Strict",
    ...getCookieOptions(context.req.raw),
  });
}
