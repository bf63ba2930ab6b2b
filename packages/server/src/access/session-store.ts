import type { Selectable } from "kysely";
import type { Executor } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import type { StoredKey } from "./api-key-store.ts";

export type StoredSession = Selectable<Tables["sessions"]>;
export type SessionWithKey = StoredSession & {
  readonly key: Pick<StoredKey, "key_id" | "name" | "person" | "role" | "expires_at" | "revoked_at">;
};

export async function insertSession(
  executor: Executor,
  session: Omit<StoredSession, "ended_at">,
): Promise<void> {
  await executor
    .insertInto("sessions")
    .values({ ...session, ended_at: null })
    .execute();
}

export async function findSessionByToken(
  executor: Executor,
  tokenHash: string,
): Promise<SessionWithKey | undefined> {
  const [found] = await withKey(executor).where("sessions.token_hash", "=", tokenHash).execute();
  return found === undefined ? undefined : toSession(found);
}

/** Returns the sessions that were not ended, newest first. The caller filters out expired ones. */
export async function listOpenSessions(executor: Executor): Promise<SessionWithKey[]> {
  const rows = await withKey(executor)
    .where("sessions.ended_at", "is", null)
    .orderBy("sessions.started_at", "desc")
    .orderBy("sessions.session_id")
    .execute();
  return rows.map(toSession);
}

/** Ends a session and returns it, or undefined if it had ended already or does not exist. */
export async function endSession(
  executor: Executor,
  sessionId: string,
  now: Date,
): Promise<StoredSession | undefined> {
  return executor
    .updateTable("sessions")
    .set({ ended_at: now })
    .where("session_id", "=", sessionId)
    .where("ended_at", "is", null)
    .returningAll()
    .executeTakeFirst();
}

export async function endSessionsOfKey(executor: Executor, keyId: string, now: Date): Promise<number> {
  const result = await executor
    .updateTable("sessions")
    .set({ ended_at: now })
    .where("key_id", "=", keyId)
    .where("ended_at", "is", null)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** Records activity, unless it was recorded after `since`. */
export async function touchSession(
  executor: Executor,
  sessionId: string,
  since: Date,
  now: Date,
): Promise<void> {
  await executor
    .updateTable("sessions")
    .set({ last_seen_at: now })
    .where("session_id", "=", sessionId)
    .where("last_seen_at", "<", since)
    .execute();
}

/** Deletes sessions that expired before `until`; the audit log keeps their events. */
export async function deleteSessionsBefore(executor: Executor, until: Date): Promise<void> {
  await executor.deleteFrom("sessions").where("expires_at", "<", until).execute();
}

function withKey(executor: Executor) {
  return executor
    .selectFrom("sessions")
    .innerJoin("api_keys", "api_keys.key_id", "sessions.key_id")
    .selectAll("sessions")
    .select([
      "api_keys.name as key_name",
      "api_keys.person as key_person",
      "api_keys.role as key_role",
      "api_keys.expires_at as key_expires_at",
      "api_keys.revoked_at as key_revoked_at",
    ]);
}

type Joined = Awaited<ReturnType<ReturnType<typeof withKey>["execute"]>>[number];

function toSession(row: Joined): SessionWithKey {
  const { key_name, key_person, key_role, key_expires_at, key_revoked_at, ...session } = row;
  return {
    ...session,
    key: {
      key_id: session.key_id,
      name: key_name,
      person: key_person,
      role: key_role,
      expires_at: key_expires_at,
      revoked_at: key_revoked_at,
    },
  };
}
