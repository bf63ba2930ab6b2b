import type { AuditEvent, ChainVerification } from "@relearn/contract";
import type { Transaction } from "kysely";
import type { Actor } from "../actor.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import { GENESIS_HASH, verifyChainPage } from "./audit-event.ts";
import {
  type AuditFilter,
  appendAuditEvent,
  listAuditEvents,
  readChainPage,
  readEventsThrough,
  readHighestSequence,
} from "./audit-store.ts";

/** What happened, to what, in words and ids. */
export interface AuditRecord {
  readonly kind: string;
  readonly agent?: string | undefined;
  readonly object: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Told of each committed event; for whoever shows what changes while one looks. */
export type AuditListener = (event: AuditEvent) => void;

const VERIFY_PAGE = 1000;
/** Events of an export that are in memory at once. */
const EXPORT_PAGE = 500;

/** The log of every state change, as a hash chain. It trusts its caller to have checked the actor's right. */
export class AuditService {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #listeners = new Set<AuditListener>();

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Appends within the caller's transaction: the change and its event commit together. */
  append(trx: Transaction<Tables>, actor: Actor, record: AuditRecord): Promise<AuditEvent> {
    return appendAuditEvent(trx, {
      at: this.#clock.now(),
      actor: actor.name,
      actor_kind: actor.kind,
      kind: record.kind,
      agent: record.agent ?? null,
      object: record.object,
      detail: record.detail ?? {},
    });
  }

  /**
   * Runs one state change: the work and its audit event in one transaction. `work` returns the result and
   * what to record; without a record nothing changed and nothing is written down.
   */
  async change<Result>(
    actor: Actor,
    work: (trx: Transaction<Tables>) => Promise<{ result: Result; record?: AuditRecord | undefined }>,
  ): Promise<Result> {
    const events: AuditEvent[] = [];
    const result = await this.#database.transaction(async (trx) => {
      const done = await work(trx);
      if (done.record !== undefined) events.push(await this.append(trx, actor, done.record));
      return done.result;
    });
    this.#database.afterCommit(() => {
      for (const event of events) for (const listener of this.#listeners) listener(event);
    });
    return result;
  }

  /** Calls `listener` after each commit of this process; returns how to stop. */
  subscribe(listener: AuditListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  list(filter: AuditFilter, page: { before?: number | undefined; limit: number }): Promise<AuditEvent[]> {
    return listAuditEvents(this.#database.kysely, filter, page);
  }

  /** Every event that matches, oldest first, up to the newest when the first page is read; page by page. */
  async *export(filter: AuditFilter): AsyncGenerator<readonly AuditEvent[]> {
    // The chain grows under a lock to the end of each transaction: below its newest event nothing appears.
    const through = await readHighestSequence(this.#database.kysely);
    let after = 0;
    for (;;) {
      const position = { after, through, limit: EXPORT_PAGE };
      const page = await readEventsThrough(this.#database.kysely, filter, position);
      if (page.length > 0) yield page;
      if (page.length < EXPORT_PAGE) return;
      after = page.at(-1)?.sequence ?? after;
    }
  }

  /** Walks the whole chain, a page at a time. */
  async verify(): Promise<ChainVerification> {
    let position = { sequence: 0, hash: GENESIS_HASH };
    for (;;) {
      const page = await readChainPage(this.#database.kysely, position.sequence, VERIFY_PAGE);
      const checked = verifyChainPage(position, page);
      if ("fault" in checked) return { intact: false, events: position.sequence, fault: checked };
      position = checked;
      if (page.length < VERIFY_PAGE) return { intact: true, events: position.sequence, head: position.hash };
    }
  }
}
