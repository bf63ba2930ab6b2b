/**
 * Slows down whoever tries keys: per source (the address of the connection) and per key id.
 *
 * Guessing 256 random bits is hopeless at any speed, so this is not what keeps keys safe; it keeps the noise
 * of trying down, and shows it in the log. So it is built not to become a weapon itself:
 * - Only *different* wrong secrets count. An agent that repeats one expired key for days counts once, and
 *   does not lock out the people on its machine.
 * - Where a source has used a key rightly, it goes on being let in with it while others fail: naming somebody's
 *   key id in wrong attempts locks nobody out of where they work.
 *
 * State is held in this process and bounded; after a restart counting begins anew.
 */
import { MINUTE_MS, SECOND_MS } from "../clock.ts";

/** Different wrong secrets within the window after which no more are looked at. */
const MAX_FAILURES = 10;
const WINDOW_MS = 15 * MINUTE_MS;
/** Sources, keys and known pairs remembered at most, the oldest forgotten first. */
const MAX_ENTRIES = 10_000;

interface Failures {
  /** Hash of a wrong secret to when it was first tried in this window. */
  readonly tried: Map<string, number>;
  blockedUntil: number;
}

export interface Attempt {
  readonly source: string;
  /** Undefined where what was given is no key at all. */
  readonly keyId: string | undefined;
  readonly secretHash: string;
}

export class AttemptLimiter {
  readonly #failures = new Map<string, Failures>();
  readonly #known = new Map<string, string>();

  /** Seconds to wait before the attempt may be made, or 0. */
  retryAfterSeconds(attempt: Attempt, now: Date): number {
    // The very secret that was right from this source.
    if (this.#known.get(toPair(attempt)) === attempt.secretHash) return 0;
    const until = Math.max(
      ...listCounters(attempt).map((counter) => {
        const failures = this.#failures.get(counter);
        // A wrong secret tried again tells its sender nothing new: it gets its refusal, not the delay.
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

  /** Entries held at this time. */
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
