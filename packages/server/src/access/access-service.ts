import type { ApiKey, CreatedKey, Role, Session } from "@relearn/contract";
import { MAX_KEY_NAME } from "@relearn/contract";
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
  hashSecret,
  isKeyId,
  keyState,
  matchesSecret,
  newKeySecret,
  newRandomText,
  otherSpelling,
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
  /** What the key is for; left out: person and role. */
  readonly name?: string | undefined;
  readonly person: string;
  readonly role: Role;
  /** ISO 8601; left out: in a year; null: it does not end by itself. */
  readonly expires_at?: string | null | undefined;
}

/** Whom a key or a session proves the caller to be. */
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
  /** For the browser's cookie; stored is its hash. */
  readonly token: string;
}

/** A key that was not let in; for the log. Holds no secret. */
export interface KeyRefusal {
  readonly reason: "unknown" | "expired" | "revoked" | "too_many_attempts";
  readonly source: string;
  readonly keyId: string | undefined;
}

/** A key that nobody thinks of any more ends some day; `relearn status` tells of it in the weeks before. */
const KEY_LIFETIME_MS = 365 * DAY_MS;
/** Long enough to put another key in its place at leisure. */
const ENDING_SOON_MS = 14 * DAY_MS;
/** Uses are noted to the minute: a busy key costs one write a minute. */
const TOUCH_MS = MINUTE_MS;
/** Sessions that ran out are kept for a while, then only the audit has them. */
const FORGET_SESSIONS_MS = 30 * DAY_MS;
const MAX_USER_AGENT = 200;

/** Keys and sessions: who may come in, and as whom. It trusts its caller to have checked the right to manage them. */
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

  /** No key was ever made. Once false, false for good: keys are revoked, never deleted. */
  async isOpen(): Promise<boolean> {
    if (this.#closed) return false;
    if (!(await hasAnyKey(this.#database.kysely))) return true;
    // Of several requests that find out at once, one says so.
    if (!this.#closed) {
      this.#closed = true;
      for (const listener of this.#closingListeners) listener();
    }
    return false;
  }

  hasUsableAdminKey(): Promise<boolean> {
    return hasUsableAdminKey(this.#database.kysely, this.#clock.now());
  }

  /** Told of each key that was not let in; returns how to stop. */
  subscribeRefusals(listener: (refusal: KeyRefusal) => void): () => void {
    this.#refusalListeners.add(listener);
    return () => this.#refusalListeners.delete(listener);
  }

  /** Told once when an installation that was open is found to have a key; returns how to stop. */
  subscribeClosing(listener: () => void): () => void {
    this.#closingListeners.add(listener);
    return () => this.#closingListeners.delete(listener);
  }

  /**
   * Makes a key. The first one must be an admin's, or nobody could make a second over HTTP; a person is
   * always spelled in one way, or four eyes would take two spellings for two people.
   */
  async createKey(wanted: NewKey, options: { actor: ActorReference }): Promise<CreatedKey> {
    const actor = toActor(options.actor);
    const now = this.#clock.now();
    const person = checkPerson(wanted.person);
    const name = checkKeyName(wanted.name ?? `${person}, ${wanted.role}`.slice(0, MAX_KEY_NAME));
    const expiresAt =
      wanted.expires_at === undefined
        ? new Date(now.getTime() + KEY_LIFETIME_MS)
        : checkExpiry(wanted.expires_at, now);
    return this.#audit.change<CreatedKey>(actor, async (trx) => {
      if (wanted.role !== "admin" && !(await hasAnyKey(trx))) {
        throw new RelearnError(
          "admin_key_missing",
          `The first key must have the role admin, not ${wanted.role}: from then on nothing is open, and only an admin makes keys. Run \`relearn keys create --role admin\` first.`,
        );
      }
      const spelled = otherSpelling(person, await listPersons(trx));
      if (spelled !== undefined) {
        throw new RelearnError(
          "invalid_input",
          `There are keys of "${spelled}" already; "${person}" would count as somebody else. Write the name the same way.`,
          { details: { field: "person", known: spelled } },
        );
      }
      const { keyId, secret } = newKeySecret();
      const row = {
        key_id: keyId,
        secret_hash: hashSecret(secret),
        name,
        person,
        role: wanted.role,
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
          detail: { name, person, role: wanted.role, expires_at: expiresAt?.toISOString() ?? null },
        },
      };
    });
  }

  /** Every key there ever was, the newest first. */
  async keys(): Promise<ApiKey[]> {
    const now = this.#clock.now();
    return (await listKeys(this.#database.kysely)).map((key) => toKey(key, now));
  }

  /** Keys in use that end within a fortnight, the first to end first: whoever used one lately would notice. */
  async keysEndingSoon(): Promise<ApiKey[]> {
    const until = new Date(this.#clock.now().getTime() + ENDING_SOON_MS).toISOString();
    return (await this.keys())
      .filter((key) => key.state === "usable" && key.last_used_at !== null)
      .filter((key) => key.expires_at !== null && key.expires_at <= until)
      .sort((one, other) => ((one.expires_at ?? "") < (other.expires_at ?? "") ? -1 : 1));
  }

  /**
   * Revokes a key and ends its sessions, at once and everywhere. `changed` is false where it was revoked
   * before. Throws `unknown_key`, and `last_admin_key` where no usable admin key would be left.
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
          `${keyId} is the last admin key that can be used. Make another with \`relearn keys create --role admin\`, then revoke this one.`,
        );
      }
      const changed = isKeyId(keyId) && (await revokeKey(trx, keyId, actor.name, now));
      const key = isKeyId(keyId) ? await findKey(trx, keyId) : undefined;
      if (key === undefined) {
        throw new RelearnError(
          "unknown_key",
          `There is no key ${keyId}. \`relearn keys list\` names them; an id is the part of the key up to its second underscore.`,
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
   * Whom a secret belongs to. Throws `unauthenticated`, with one and the same message for whatever is not a
   * key of this installation, and `too_many_attempts`. That a key has ended is told to whoever has its secret.
   */
  async proveKey(secret: string, source: string): Promise<Proof> {
    const now = this.#clock.now();
    const attempt: Attempt = { source, keyId: parseKeyId(secret), secretHash: hashSecret(secret) };
    const retryAfterSeconds = this.#limiter.retryAfterSeconds(attempt, now);
    if (retryAfterSeconds > 0) {
      this.#report({ reason: "too_many_attempts", source, keyId: attempt.keyId });
      throw new RelearnError(
        "too_many_attempts",
        `Too many different wrong keys were tried. The next one is looked at in ${retryAfterSeconds} seconds.`,
        { details: { retry_after_seconds: retryAfterSeconds } },
      );
    }
    const key = attempt.keyId === undefined ? undefined : await findKey(this.#database.kysely, attempt.keyId);
    if (!matchesSecret(key?.secret_hash, secret) || key === undefined) {
      this.#limiter.failed(attempt, now);
      this.#report({ reason: "unknown", source, keyId: attempt.keyId });
      throw new RelearnError("unauthenticated", "The key is not one of this installation's.");
    }
    const state = keyState(key, now);
    if (state !== "usable") {
      this.#report({ reason: state, source, keyId: key.key_id });
      const ended =
        state === "revoked"
          ? "was revoked"
          : `ended at ${key.expires_at?.toISOString() ?? "an earlier time"}`;
      throw new RelearnError("unauthenticated", `The key ${key.key_id} ${ended}. Ask an admin for another.`);
    }
    this.#limiter.succeeded(attempt);
    await touchKey(this.#database.kysely, key.key_id, new Date(now.getTime() - TOUCH_MS), now);
    return { key_id: key.key_id, person: key.person, role: key.role, expires_at: key.expires_at };
  }

  /**
   * Begins a session with a proven key. The session that the browser had before is ended, so that a token
   * planted there beforehand is worth nothing.
   */
  async signIn(
    proof: Proof,
    browser: { userAgent: string; formerToken: string | undefined },
  ): Promise<SignedIn> {
    if (!rightsByRole[proof.role].includes("read")) {
      throw new RelearnError(
        "forbidden",
        `The key ${proof.key_id} has the role ${proof.role}, which may send signals and see nothing. Sign in with a person's key.`,
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

  /** Whom a session's token belongs to, or undefined where it is none or has ended. `idle`: nobody's hand made the request. */
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

  /** Sessions that are live, the newest first: everybody's, or one person's. */
  async sessions(person?: string): Promise<Session[]> {
    const now = this.#clock.now();
    const open = await listOpenSessions(this.#database.kysely);
    return open
      .filter((session) => isSessionLive(session, session.key, now))
      .filter((session) => person === undefined || session.key.person === person)
      .map(toSession);
  }

  /** Ends a session; with `person` only one of theirs. Throws `unknown_session` where there is none that is live. */
  async endSession(sessionId: string, options: { actor: Actor; person?: string }): Promise<void> {
    const known = (await this.sessions(options.person)).some((one) => one.session_id === sessionId);
    if (!known) {
      throw new RelearnError("unknown_session", `There is no session ${sessionId} that could be ended.`);
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
