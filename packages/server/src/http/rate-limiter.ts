/**
 * Token bucket rate limiter: a number of requests a minute for each principal, with a burst.
 *
 * Buckets are held in this process, so several processes on one database allow several times as much: the
 * limiter protects a process and is not a quota. The default is far above what an agent with the client, an
 * import or the console sends; it stops a client that loops.
 */
import { MINUTE_MS, SECOND_MS } from "../clock.ts";

/** Requests a minute for each principal. */
const DEFAULT_REQUESTS_PER_MINUTE = 12_000;
/** Maximum number of buckets. The least recently used one is dropped first and starts full again. */
const MAX_PRINCIPALS = 10_000;

export interface RateState {
  readonly allowed: boolean;
  /** Requests that are allowed immediately. */
  readonly remaining: number;
  /** Seconds until the bucket is full. */
  readonly resetSeconds: number;
  /** Seconds until the next request is allowed; 0 if it is allowed now. */
  readonly retryAfterSeconds: number;
}

export class RateLimiter {
  readonly perMinute: number;
  /** Size of the bucket: a tenth of the requests of a minute. */
  readonly burst: number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(perMinute: number = DEFAULT_REQUESTS_PER_MINUTE) {
    this.perMinute = perMinute;
    this.burst = Math.max(1, Math.ceil(perMinute / 10));
  }

  /** Takes a token from the bucket of the principal. `nowMs` is a monotonic time in milliseconds. */
  take(principal: string, nowMs: number): RateState {
    const bucket = this.#buckets.get(principal) ?? { tokens: this.burst, at: nowMs };
    const filled = ((nowMs - bucket.at) * this.perMinute) / MINUTE_MS;
    const tokens = Math.min(this.burst, bucket.tokens + Math.max(0, filled));
    const allowed = tokens >= 1;
    const left = allowed ? tokens - 1 : tokens;
    this.#remember(principal, { tokens: left, at: nowMs });
    const secondsFor = (count: number): number =>
      Math.ceil((Math.max(0, count) * MINUTE_MS) / this.perMinute / SECOND_MS);
    return {
      allowed,
      remaining: Math.floor(left),
      resetSeconds: secondsFor(this.burst - left),
      retryAfterSeconds: allowed ? 0 : Math.max(1, secondsFor(1 - left)),
    };
  }

  #remember(principal: string, bucket: { tokens: number; at: number }): void {
    this.#buckets.delete(principal);
    this.#buckets.set(principal, bucket);
    if (this.#buckets.size <= MAX_PRINCIPALS) return;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
