import type { MiddlewareHandler } from "hono";
import { RelearnError } from "../errors.ts";
import { type HttpEnv, principalName } from "./principal.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/**
 * Refuses requests above the principal's rate limit with `rate_limited` and adds the remaining quota to each
 * response (draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy` and `RateLimit`). Runs after authentication.
 */
export function limitRate(
  limiter: RateLimiter,
  now: () => number = () => performance.now(),
): MiddlewareHandler<HttpEnv> {
  const policy = `"principal";q=${limiter.burst};w=${Math.ceil((limiter.burst * 60) / limiter.perMinute)}`;
  return async (context, next) => {
    const state = limiter.take(principalName(context.get("principal")), now());
    // Set before the route runs, so that problem documents have the headers as well.
    context.header("ratelimit-policy", policy);
    context.header("ratelimit", `"principal";r=${state.remaining};t=${state.resetSeconds}`);
    if (!state.allowed) {
      throw new RelearnError(
        "rate_limited",
        `Rate limit exceeded: a caller may send ${limiter.perMinute} requests a minute. Wait ${state.retryAfterSeconds} s, and send records in batches.`,
        { details: { retry_after_seconds: state.retryAfterSeconds } },
      );
    }
    await next();
  };
}
