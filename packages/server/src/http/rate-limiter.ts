/**
 * Keeps one caller from taking the whole service: so many requests a minute for each principal, with a burst.
 *
 * A bucket of tokens a principal, filled at a steady pace. Counted in this process, so several processes on
 * one database allow several times as much: it guards a process, it is no quota. The default is far above what
 * an agent with the client, an import or a console sends; a loop without an end meets it.
 */
import { MINUTE_MS, SECOND_MS } from "../clock.ts";

/** Requests a minute and principal. */
const DEFAULT_REQUESTS_PER_MINUTE = 12_000;
/** Principals remembered at most; the one that was silent longest is forgotten first, and begins anew. */
const MAX_PRINCIPALS = 10_000;

export interface RateState {
  readonly allowed: boolean;
  /** Requests that may follow at once. */
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly resetSeconds: number;
  /** Until one more request is allowed; 0 where it is now. */
  readonly retryAfterSeconds: number;
}

export class RateLimiter {
  readonly perMinute: number;
  /** How many may come at once after silence: a tenth of a minute's. */
  readonly burst: number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(perMinute: number = DEFAULT_REQUESTS_PER_MINUTE) {
    this.perMinute = perMinute;
    this.burst = Math.max(1, Math.ceil(perMinute / 10));
  }

  /** Takes a token of the principal's, at a time in milliseconds that never runs back. */
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
