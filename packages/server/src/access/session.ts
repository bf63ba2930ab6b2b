import { HOUR_MS, MINUTE_MS } from "../clock.ts";
import { type KeyLifetime, keyState } from "./api-key.ts";

/** Both limits as required by OWASP ASVS level 2 (3.3.2). */
const SESSION_IDLE_MS = 30 * MINUTE_MS;
export const SESSION_ABSOLUTE_MS = 12 * HOUR_MS;

export interface SessionLifetime {
  readonly last_seen_at: Date;
  readonly expires_at: Date;
  readonly ended_at: Date | null;
}

export function isSessionLive(session: SessionLifetime, key: KeyLifetime, now: Date): boolean {
  return (
    session.ended_at === null &&
    now < session.expires_at &&
    now.getTime() < session.last_seen_at.getTime() + SESSION_IDLE_MS &&
    keyState(key, now) === "usable"
  );
}
