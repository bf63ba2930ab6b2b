/**
 * Limits failed authentication attempts per source (the address of the connection) and per key id.
 *
 * Guessing 256 random bits is infeasible at any rate, so this limiter does not protect the keys; it limits the
 * load of such attempts and makes them visible in the log. It must not allow a denial of service itself:
 * - Only *different* wrong secrets count. An agent that repeats one expired key for days counts once and does
 *   not lock out the users of its machine.
 * - A source that has used a key successfully can continue to use it while others fail, so failed attempts with
 *   someone else's key id do not lock that person out.
 *
 * The state is held in this process and bounded; a restart clears it.
 */
import { MINUTE_MS, SECOND_MS } from "../clock.ts";

/** Number of different wrong secrets within the window after which attempts are refused. */
const MAX_FAILURES = 10;
const WINDOW_MS = 15 * MINUTE_MS;
/** Maximum number of entries; the oldest are dropped first. */
const MAX_ENTRIES = 10_000;

interface Failures {
  /** Hashes of wrong secrets with the time of their first attempt in this window. */
  readonly tried: Map<string, number>;
  blockedUntil: number;
}

export interface Attempt {
  readonly source: string;
  /** Undefined if the text is not a key. */
  readonly keyId: string | undefined;
  readonly secretHash: string;
}

export class AttemptLimiter {
  readonly #failures = new Map<string, Failures>();
  readonly #known = new Map<string, string>();

  /** Returns the seconds to wait before the attempt is allowed, or 0. */
  retryAfterSeconds(attempt: Attempt, now: Date): number {
    // This source has used this secret successfully before.
    if (this.#known.get(toPair(attempt)) === attempt.secretHash) return 0;
    const until = Math.max(
      ...listCounters(attempt).map((counter) => {
        const failures = this.#failures.get(counter);
        // A repeated wrong secret reveals nothing new, so it is refused without a delay.
        return failures === undefined || failures.tried.has(attempt.secretHash) ? 0 : failures.blockedUntil;
      }),
    );
    return Math.max(0, Math.ceil((until - now.getTime()) / SECOND_MS));
  }

  failed(attempt: Attempt, now: Date): void {
    const since = now.getTime() - WINDOW_MS;
    for (const counter of listCounters(attempt)) {
      const failures = this.#failures.get(counter) ?? { tried: new Map<string, number>(), blockedUntil: 0 };
      for (const [hash, at] of failures.tried) if (at <= since) failures.tried.delete(hash);
      if (!failures.tried.has(attempt.secretHash) && failures.tried.size < MAX_FAILURES) {
        failures.tried.set(attempt.secretHash, now.getTime());
        if (failures.tried.size >= MAX_FAILURES) failures.blockedUntil = now.getTime() + WINDOW_MS;
      }
      remember(this.#failures, counter, failures);
    }
  }

  /** Number of entries. */
  get size(): number {
    return this.#failures.size + this.#known.size;
  }

  succeeded(attempt: Attempt): void {
    remember(this.#known, toPair(attempt), attempt.secretHash);
  }
}

function listCounters({ source, keyId }: Attempt): string[] {
  return keyId === undefined ? [`source ${source}`] : [`source ${source}`, `key ${keyId}`];
}

const toPair = ({ source, keyId }: Attempt): string => `${keyId ?? ""} ${source}`;

function remember<Value>(entries: Map<string, Value>, name: string, value: Value): void {
  entries.delete(name);
  entries.set(name, value);
  if (entries.size <= MAX_ENTRIES) return;
  const [oldest] = entries.keys();
  if (oldest !== undefined) entries.delete(oldest);
}
