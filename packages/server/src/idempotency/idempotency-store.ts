import { sql } from "kysely";
import type { Executor } from "../db/database.ts";

/** Idempotency key and the principal that it belongs to. */
export interface KeyIdentity {
  readonly key: string;
  readonly principal: string;
}

export interface StoredRequest {
  /** Digest of the request; null while the body is still being read. */
  readonly digest: string | null;
  readonly done_at: Date | null;
  readonly status: number | null;
  readonly content_type: string | null;
  readonly answer: string | null;
}

export interface KeyClaim extends KeyIdentity {
  readonly digest: string | null;
  readonly holder: string;
  readonly now: Date;
  /** Rows created before this time have expired. */
  readonly expiredBefore: Date;
  /** Prefix of this process's holders if no other process can exist, else null. */
  readonly onlyProcess: string | null;
}

/**
 * Claims a key that is new, has expired, or whose holder no longer renews it. Returns false if another holder
 * has it. Leases are measured by the clock of the database, which all processes share.
 */
export async function claimKey(executor: Executor, claim: KeyClaim, heldForMs: number): Promise<boolean> {
  const until = sql`clock_timestamp() + ${heldForMs} * interval '1 millisecond'`;
  const { rows } = await sql`
    insert into idempotency_keys as k (key, principal, digest, holder, held_until, created_at)
    values (${claim.key}, ${claim.principal}, ${claim.digest}, ${claim.holder}, ${until}, ${claim.now})
    on conflict (key, principal) do update set
      digest = excluded.digest, holder = excluded.holder, held_until = excluded.held_until,
      created_at = excluded.created_at, done_at = null, status = null, content_type = null, answer = null
     where k.created_at < ${claim.expiredBefore}
        or (k.done_at is null
            and (k.digest is null or excluded.digest is null or k.digest = excluded.digest)
            and (k.held_until < clock_timestamp()
                 or split_part(k.holder, ' ', 1) <> ${claim.onlyProcess}::text))
    returning true`.execute(executor);
  return rows.length === 1;
}

export function findRequest(
  executor: Executor,
  { key, principal }: KeyIdentity,
): Promise<StoredRequest | undefined> {
  return executor
    .selectFrom("idempotency_keys")
    .select(["digest", "done_at", "status", "content_type", "answer"])
    .where("key", "=", key)
    .where("principal", "=", principal)
    .executeTakeFirst();
}

/** Extends the lease of a key. */
export async function renewKey(executor: Executor, holder: HeldKey, heldForMs: number): Promise<void> {
  await executor
    .updateTable("idempotency_keys")
    .set({ held_until: sql<Date>`clock_timestamp() + ${heldForMs} * interval '1 millisecond'` })
    .where("key", "=", holder.key)
    .where("principal", "=", holder.principal)
    .where("holder", "=", holder.holder)
    .where("done_at", "is", null)
    .execute();
}

export interface HeldKey extends KeyIdentity {
  readonly holder: string;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Stores the response. Returns false if the key is no longer held by this holder. */
export async function storeAnswer(
  executor: Executor,
  held: HeldKey,
  digest: string,
  answer: Answer,
  now: Date,
): Promise<boolean> {
  const result = await executor
    .updateTable("idempotency_keys")
    .set({
      digest,
      done_at: now,
      status: answer.status,
      content_type: answer.contentType,
      answer: answer.text,
    })
    .where("key", "=", held.key)
    .where("principal", "=", held.principal)
    .where("holder", "=", held.holder)
    .where("done_at", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Releases a key whose request was refused or failed. */
export async function releaseKey(executor: Executor, held: HeldKey): Promise<void> {
  await executor
    .deleteFrom("idempotency_keys")
    .where("key", "=", held.key)
    .where("principal", "=", held.principal)
    .where("holder", "=", held.holder)
    .where("done_at", "is", null)
    .execute();
}

/** Deletes at most `limit` rows created before `before` and returns their number. */
export async function deleteExpiredKeys(executor: Executor, before: Date, limit: number): Promise<number> {
  const { rows } = await sql`
    delete from idempotency_keys where (key, principal) in (
      select key, principal from idempotency_keys where created_at < ${before}
       order by created_at limit ${limit} for update skip locked)
    returning true`.execute(executor);
  return rows.length;
}
