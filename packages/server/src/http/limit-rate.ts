import type { MiddlewareHandler } from "hono";
import { RelearnError } from "../errors.ts";
import { type HttpEnv, principalName } from "./principal.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/**
 * Refuses with `rate_limited` what is beyond the principal's share, and says in each answer how much is left
 * (draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy` and `RateLimit`). After authentication.
 */
export function limitRate(
  limiter: RateLimiter,
  now: () => number = () => performance.now(),
): MiddlewareHandler<HttpEnv> {
  const policy = `"principal";q=${limiter.burst};w=${Math.ceil((limiter.burst * 60) / limiter.perMinute)}`;
  return async (context, next) => {
    const state = limiter.take(principalName(context.get("principal")), now());
    // On the answer in the making, so that a problem document carries them as well.
    context.header("ratelimit-policy", policy);
    context.header("ratelimit", `"principal";r=${state.remaining};t=${state.resetSeconds}`);
    if (!state.allowed) {
      throw new RelearnError(
        "rate_limited",
        `More than ${limiter.perMinute} requests a minute from one caller. Wait ${state.retryAfterSeconds} s; send records in batches, not one a request.`,
        { details: { retry_after_seconds: state.retryAfterSeconds } },
      );
    }
    await next();
  };
}
