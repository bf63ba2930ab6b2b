import type { AuditEvent } from "@relearn/contract";
import { type Selectable, sql, type Transaction } from "kysely";
import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";
import type { Tables } from "../db/tables.ts";
import { auditHash, GENESIS_HASH } from "./audit-event.ts";

/** Advisory lock that serializes appends to the chain; an arbitrary constant. */
const CHAIN_LOCK = 7_352_001;

export interface NewAuditEvent {
  readonly at: Date;
  readonly actor: string;
  readonly actor_kind: AuditEvent["actor_kind"];
  readonly kind: string;
  readonly agent: string | null;
  readonly object: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * Appends one event to the chain, in the transaction of the change that it records. An advisory lock serializes
 * appends until the transaction ends; call this last in a transaction to hold the lock briefly.
 */
export async function appendAuditEvent(trx: Transaction<Tables>, event: NewAuditEvent): Promise<AuditEvent> {
  await sql`select pg_advisory_xact_lock(${sql.lit(CHAIN_LOCK)})`.execute(trx);
  const last = await trx
    .selectFrom("audit_events")
    .select(["sequence", "hash"])
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  const content = {
    sequence: (last?.sequence ?? 0) + 1,
    at: event.at.toISOString(),
    actor: event.actor,
    actor_kind: event.actor_kind,
    kind: event.kind,
    agent: event.agent,
    object: event.object,
    detail: event.detail,
    previous_hash: last?.hash ?? GENESIS_HASH,
  };
  const hash = auditHash(content);
  await trx
    .insertInto("audit_events")
    .values({ ...content, at: event.at, detail: jsonb(event.detail), hash })
    .execute();
  return { ...content, hash };
}

export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly kind?: string | undefined;
  readonly agent?: string | undefined;
  readonly object?: string | undefined;
}

/** Returns a page of events, newest first, below `before` if given. */
export async function listAuditEvents(
  executor: Executor,
  filter: AuditFilter,
  page: { readonly before?: number | undefined; readonly limit: number },
): Promise<AuditEvent[]> {
  let query = matchingEvents(executor, filter).orderBy("sequence", "desc").limit(page.limit);
  if (page.before !== undefined) query = query.where("sequence", "<", page.before);
  return (await query.execute()).map(toEvent);
}

/** Returns a page of events in order, above `after` and up to `through`. */
export async function readEventsThrough(
  executor: Executor,
  filter: AuditFilter,
  page: { readonly after: number; readonly through: number; readonly limit: number },
): Promise<AuditEvent[]> {
  const rows = await matchingEvents(executor, filter)
    .where("sequence", ">", page.after)
    .where("sequence", "<=", page.through)
    .orderBy("sequence")
    .limit(page.limit)
    .execute();
  return rows.map(toEvent);
}

function matchingEvents(executor: Executor, { actor, kind, agent, object }: AuditFilter) {
  let query = executor.selectFrom("audit_events").selectAll();
  if (actor !== undefined) query = query.where("actor", "=", actor);
  if (kind !== undefined) query = query.where("kind", "=", kind);
  if (agent !== undefined) query = query.where("agent", "=", agent);
  if (object !== undefined) query = query.where("object", "=", object);
  return query;
}

/** Returns the number of the newest event, or 0 if there is none. */
export async function readHighestSequence(executor: Executor): Promise<number> {
  const newest = await executor
    .selectFrom("audit_events")
    .select("sequence")
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  return newest?.sequence ?? 0;
}

/** Returns a page of the chain in order, above `after`. */
export async function readChainPage(executor: Executor, after: number, limit: number): Promise<AuditEvent[]> {
  const rows = await executor
    .selectFrom("audit_events")
    .selectAll()
    .where("sequence", ">", after)
    .orderBy("sequence")
    .limit(limit)
    .execute();
  return rows.map(toEvent);
}

function toEvent(row: Selectable<Tables["audit_events"]>): AuditEvent {
  return { ...row, at: row.at.toISOString() };
}
