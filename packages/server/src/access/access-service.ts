import { type ApiKey, type CreatedKey, MAX_KEY_NAME, type Role, type Session } from "@relearn/contract";
import { type Actor, type ActorReference, toActor } from "../actor.ts";
import type { AuditService } from "../audit/audit-service.ts";
import { type Clock, DAY_MS, MINUTE_MS } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { RelearnError } from "../errors.ts";
import { newId } from "../new-id.ts";
import {
  checkExpiry,
  checkKeyName,
  checkPerson,
  findOtherSpelling,
  hashSecret,
  isKeyId,
  keyState,
  matchesSecret,
  newKeySecret,
  newRandomText,
  parseKeyId,
} from "./api-key.ts";
import {
  findKey,
  hasAnyKey,
  hasUsableAdminKey,
  insertKey,
  listKeys,
  listPersons,
  lockUsableAdminKeys,
  revokeKey,
  type StoredKey,
  touchKey,
} from "./api-key-store.ts";
import { type Attempt, AttemptLimiter } from "./attempt-limiter.ts";
import { rightsByRole } from "./right.ts";
import { isSessionLive, SESSION_ABSOLUTE_MS } from "./session.ts";
import {
  deleteSessionsBefore,
  endSession,
  endSessionsOfKey,
  findSessionByToken,
  insertSession,
  listOpenSessions,
  type StoredSession,
  touchSession,
} from "./session-store.ts";

export interface NewKey {
  /** Purpose of the key; by default the person and the role. */
  readonly name?: string | undefined;
  readonly person: string;
  readonly role: Role;
  /** Expiry (ISO 8601); by default in a year; null: the key does not expire. */
  readonly expires_at?: string | null | undefined;
}

/** Identity that a key or a session proves. */
export interface Proof {
  readonly key_id: string;
  readonly person: string;
  readonly role: Role;
  readonly expires_at: Date | null;
}

export interface SessionProof extends Proof {
  readonly session_id: string;
  readonly expires_at: Date;
}

export interface SignedIn {
  readonly session: Session;
  /** Value of the session cookie; only its hash is stored. */
  readonly token: string;
}

/** Refused key, for the log. Contains no secret. */
export interface KeyRefusal {
  readonly reason: "unknown" | "expired" | "revoked" | "too_many_attempts";
  readonly source: string;
  readonly keyId: string | undefined;
}

/** Default lifetime, so that forgotten keys expire; `relearn status` warns in the weeks before. */
const KEY_LIFETIME_MS = 365 * DAY_MS;
/** How long before expiry `relearn status` warns. */
const ENDING_SOON_MS = 14 * DAY_MS;
/** Resolution of the recorded last use: a busy key costs one write a minute. */
const TOUCH_MS = MINUTE_MS;
/** Retention of expired sessions; after that only the audit log has them. */
const FORGET_SESSIONS_MS = 30 * DAY_MS;
const MAX_USER_AGENT = 200;

/** Manages and checks API keys and sessions. The caller must have checked the right to manage them. */
export class AccessService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #clock: Clock;
  readonly #limiter = new AttemptLimiter();
  readonly #refusalListeners = new Set<(refusal: KeyRefusal) => void>();
  readonly #closingListeners = new Set<() => void>();
  #closed = false;

  constructor(database: Database, audit: AuditService, clock: Clock) {
    this.#database = database;
    this.#audit = audit;
    this.#clock = clock;
  }

  /** Returns whether no key was ever created. Never becomes true again, because keys are revoked, not deleted. */
  async isOpen(): Promise<boolean> {
    if (this.#closed) return false;
    if (!(await hasAnyKey(this.#database.kysely))) return true;
    // Several requests can detect this at once; the listeners are called once.
    if (!this.#closed) {
      this.#closed = true;
      for (const listener of this.#closingListeners) listener();
    }
    return false;
  }

  hasUsableAdminKey(): Promise<boolean> {
    return hasUsableAdminKey(this.#database.kysely, this.#clock.now());
  }

  /** Calls `listener` for each refused key. Returns the function that unsubscribes it. */
  subscribeRefusals(listener: (refusal: KeyRefusal) => void): () => void {
    this.#refusalListeners.add(listener);
    return () => this.#refusalListeners.delete(listener);
  }

  /** Calls `listener` once when an open installation is found to have a key. Returns the function that unsubscribes it. */
  subscribeClosing(listener: () => void): () => void {
    this.#closingListeners.add(listener);
    return () => this.#closingListeners.delete(listener);
  }

  /**
   * Creates a key. The first key must have the role admin, because only an admin can create further keys over
   * HTTP. A person's name must always be spelled the same, so that four-eyes approval recognizes the person.
   */
  async createKey(request: NewKey, options: { actor: ActorReference }): Promise<CreatedKey> {
    const actor = toActor(options.actor);
    const now = this.#clock.now();
    const person = checkPerson(request.person);
    const name = checkKeyName(request.name ?? `${person}, ${request.role}`.slice(0, MAX_KEY_NAME));
    const expiresAt =
      request.expires_at === undefined
        ? new Date(now.getTime() + KEY_LIFETIME_MS)
        : checkExpiry(request.expires_at, now);
    return this.#audit.change<CreatedKey>(actor, async (trx) => {
      if (request.role !== "admin" && !(await hasAnyKey(trx))) {
        throw new RelearnError(
          "admin_key_missing",
          `The first key must have the role admin, not ${request.role}, because only an admin can create further keys. Run \`relearn keys create --role admin\` first.`,
        );
      }
      const known = findOtherSpelling(person, await listPersons(trx));
      if (known !== undefined) {
        throw new RelearnError(
          "invalid_input",
          `The person "${known}" already has keys; "${person}" would be a different person. Use the same spelling.`,
          { details: { field: "person", known } },
        );
      }
      const { keyId, secret } = newKeySecret();
      const row = {
        key_id: keyId,
        secret_hash: hashSecret(secret),
        name,
        person,
        role: request.role,
        created_by: actor.name,
        created_at: now,
        expires_at: expiresAt,
      };
      await insertKey(trx, row);
      return {
        result: {
          key: toKey({ ...row, last_used_at: null, revoked_at: null, revoked_by: null }, now),
          secret,
        },
        record: {
          kind: "key.created",
          object: keyId,
          detail: { name, person, role: request.role, expires_at: expiresAt?.toISOString() ?? null },
        },
      };
    });
  }

  /** Returns every key that was ever created, newest first. */
  async keys(): Promise<ApiKey[]> {
    const now = this.#clock.now();
    return (await listKeys(this.#database.kysely)).map((key) => toKey(key, now));
  }

  /** Returns the keys that were used and expire within 14 days, by expiry. */
  async keysEndingSoon(): Promise<ApiKey[]> {
    const until = new Date(this.#clock.now().getTime() + ENDING_SOON_MS).toISOString();
    return (await this.keys())
      .filter((key) => key.state === "usable" && key.last_used_at !== null)
      .filter((key) => key.expires_at !== null && key.expires_at <= until)
      .sort((one, other) => ((one.expires_at ?? "") < (other.expires_at ?? "") ? -1 : 1));
  }

  /**
   * Revokes a key and ends its sessions, immediately in every process. `changed` is false if the key was
   * already revoked. Throws `unknown_key`, and `last_admin_key` if no usable admin key would remain.
   */
  async revokeKey(
    keyId: string,
    options: { actor: ActorReference },
  ): Promise<{ key: ApiKey; changed: boolean }> {
    const actor = toActor(options.actor);
    const now = this.#clock.now();
    return this.#audit.change(actor, async (trx) => {
      const admins = await lockUsableAdminKeys(trx, now);
      if (admins.length === 1 && admins[0] === keyId) {
        throw new RelearnError(
          "last_admin_key",
          `${keyId} is the last usable admin key. Create another with \`relearn keys create --role admin\`, then revoke this one.`,
        );
      }
      const changed = isKeyId(keyId) && (await revokeKey(trx, keyId, actor.name, now));
      const key = isKeyId(keyId) ? await findKey(trx, keyId) : undefined;
      if (key === undefined) {
        throw new RelearnError(
          "unknown_key",
          `There is no key ${keyId}. \`relearn keys list\` shows the ids; an id is the part of a key before its second underscore.`,
        );
      }
      const sessions = changed ? await endSessionsOfKey(trx, keyId, now) : 0;
      return {
        result: { key: toKey(key, now), changed },
        record: changed
          ? {
              kind: "key.revoked",
              object: keyId,
              detail: { name: key.name, person: key.person, role: key.role, sessions_ended: sessions },
            }
          : undefined,
      };
    });
  }

  /**
   * Returns the identity that a secret proves. Throws `unauthenticated`, with the same message for anything that
   * is not a key of this installation, and `too_many_attempts`. Only a caller with the secret learns that its
   * key has expired or was revoked.
   */
  async proveKey(secret: string, source: string): Promise<Proof> {
    const now = this.#clock.now();
    const attempt: Attempt = { source, keyId: parseKeyId(secret), secretHash: hashSecret(secret) };
    const retryAfterSeconds = this.#limiter.retryAfterSeconds(attempt, now);
    if (retryAfterSeconds > 0) {
      this.#report({ reason: "too_many_attempts", source, keyId: attempt.keyId });
      throw new RelearnError(
        "too_many_attempts",
        `Too many failed attempts with different keys. Try again in ${retryAfterSeconds} seconds.`,
        { details: { retry_after_seconds: retryAfterSeconds } },
      );
    }
    const key = attempt.keyId === undefined ? undefined : await findKey(this.#database.kysely, attempt.keyId);
    if (!matchesSecret(key?.secret_hash, secret) || key === undefined) {
      this.#limiter.failed(attempt, now);
      this.#report({ reason: "unknown", source, keyId: attempt.keyId });
      throw new RelearnError("unauthenticated", "The key is not valid for this installation.");
    }
    const state = keyState(key, now);
    if (state !== "usable") {
      this.#report({ reason: state, source, keyId: key.key_id });
      const ended =
        state === "revoked"
          ? "was revoked"
          : `expired at ${key.expires_at?.toISOString() ?? "an earlier time"}`;
      throw new RelearnError(
        "unauthenticated",
        `The key ${key.key_id} ${ended}. Ask an admin for a new key.`,
      );
    }
    this.#limiter.succeeded(attempt);
    await touchKey(this.#database.kysely, key.key_id, new Date(now.getTime() - TOUCH_MS), now);
    return { key_id: key.key_id, person: key.person, role: key.role, expires_at: key.expires_at };
  }

  /**
   * Starts a session for a proven key. Ends the session that the browser had before, which prevents session
   * fixation.
   */
  async signIn(
    proof: Proof,
    browser: { userAgent: string; formerToken: string | undefined },
  ): Promise<SignedIn> {
    if (!rightsByRole[proof.role].includes("read")) {
      throw new RelearnError(
        "forbidden",
        `The key ${proof.key_id} has the role ${proof.role}, which can send signals but has no right to read. Sign in with a person's key.`,
      );
    }
    const now = this.#clock.now();
    const token = newRandomText();
    const row = {
      session_id: newId("se"),
      token_hash: hashSecret(token),
      key_id: proof.key_id,
      user_agent: browser.userAgent.replace(/[\p{Cc}\p{Cf}]/gu, " ").slice(0, MAX_USER_AGENT),
      started_at: now,
      last_seen_at: now,
      expires_at: new Date(now.getTime() + SESSION_ABSOLUTE_MS),
    };
    return this.#audit.change<SignedIn>({ name: proof.person, kind: "key" }, async (trx) => {
      if (browser.formerToken !== undefined) {
        const former = await findSessionByToken(trx, hashSecret(browser.formerToken));
        if (former !== undefined) await endSession(trx, former.session_id, now);
      }
      await deleteSessionsBefore(trx, new Date(now.getTime() - FORGET_SESSIONS_MS));
      await insertSession(trx, row);
      return {
        result: {
          token,
          session: toSession({ ...row, key: proof }),
        },
        record: { kind: "session.started", object: row.session_id, detail: { key_id: proof.key_id } },
      };
    });
  }

  /** Returns the identity of a session's token, or undefined if the token is unknown or the session has ended. `idle`: the request does not extend the session. */
  async proveSession(token: string, options: { idle: boolean }): Promise<SessionProof | undefined> {
    const now = this.#clock.now();
    const session = await findSessionByToken(this.#database.kysely, hashSecret(token));
    if (session === undefined || !isSessionLive(session, session.key, now)) return undefined;
    if (!options.idle) {
      const since = new Date(now.getTime() - TOUCH_MS);
      await touchSession(this.#database.kysely, session.session_id, since, now);
    }
    return {
      session_id: session.session_id,
      key_id: session.key_id,
      person: session.key.person,
      role: session.key.role,
      expires_at: session.expires_at,
    };
  }

  /** Returns the active sessions, newest first, of one person or all. */
  async sessions(person?: string): Promise<Session[]> {
    const now = this.#clock.now();
    const open = await listOpenSessions(this.#database.kysely);
    return open
      .filter((session) => isSessionLive(session, session.key, now))
      .filter((session) => person === undefined || session.key.person === person)
      .map(toSession);
  }

  /** Ends a session; with `person`, only a session of that person. Throws `unknown_session` if it is not active. */
  async endSession(sessionId: string, options: { actor: Actor; person?: string }): Promise<void> {
    const known = (await this.sessions(options.person)).some((one) => one.session_id === sessionId);
    if (!known) {
      throw new RelearnError("unknown_session", `There is no active session ${sessionId}.`);
    }
    await this.#audit.change(options.actor, async (trx) => {
      const ended = await endSession(trx, sessionId, this.#clock.now());
      return {
        result: undefined,
        record:
          ended === undefined
            ? undefined
            : { kind: "session.ended", object: sessionId, detail: { key_id: ended.key_id } },
      };
    });
  }

  #report(refusal: KeyRefusal): void {
    for (const listener of this.#refusalListeners) listener(refusal);
  }
}

function toKey(row: StoredKey, now: Date): ApiKey {
  const { secret_hash: _, ...key } = row;
  return {
    ...key,
    state: keyState(row, now),
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
    last_used_at: row.last_used_at?.toISOString() ?? null,
    revoked_at: row.revoked_at?.toISOString() ?? null,
  };
}

function toSession(
  row: Omit<StoredSession, "token_hash" | "ended_at"> & { readonly key: Pick<Proof, "person" | "role"> },
): Session {
  return {
    session_id: row.session_id,
    key_id: row.key_id,
    person: row.key.person,
    role: row.key.role,
    started_at: row.started_at.toISOString(),
    last_seen_at: row.last_seen_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
    user_agent: row.user_agent,
  };
}
