/**
 * A session: a person who signed in to the console with their key. The browser holds a random token in a
 * cookie that no script can read; stored is its SHA-256. It ends after 30 minutes without a hand on the
 * console, after 12 hours in any case, when its key ends or is revoked, and by signing out.
 */
import { HOUR_MS, MINUTE_MS } from "../clock.ts";
import { type KeyLifetime, keyState } from "./api-key.ts";
import type { Role } from "./right.ts";

/** Both as OWASP ASVS asks of level 2 (3.3.2). */
const SESSION_IDLE_MS = 30 * MINUTE_MS;
export const SESSION_ABSOLUTE_MS = 12 * HOUR_MS;

/** A session as it is listed. */
export interface Session {
  readonly session_id: string;
  readonly key_id: string;
  readonly person: string;
  readonly role: Role;
  readonly started_at: string;
  /** To the minute. */
  readonly last_seen_at: string;
  /** In any case; earlier after 30 minutes of doing nothing. */
  readonly expires_at: string;
  readonly user_agent: string;
}

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
