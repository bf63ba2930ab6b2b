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

/** Content of an audit event: what happened, and to which object. */
export interface AuditRecord {
  readonly kind: string;
  readonly agent?: string | undefined;
  readonly object: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Callback for each committed event, such as a live view. */
export type AuditListener = (event: AuditEvent) => void;

const VERIFY_PAGE = 1000;
/** Number of events of an export in memory at once. */
const EXPORT_PAGE = 500;

/** Audit log of every state change, as a hash chain. The caller must have checked the right of the actor. */
export class AuditService {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #listeners = new Set<AuditListener>();

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Appends an event in the caller's transaction, so that the change and its event commit together. */
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
   * Runs one state change and appends its audit event in the same transaction. `work` returns the result and
   * the record; it omits the record if nothing changed.
   */
  async change<Result>(
    actor: Actor,
    work: (trx: Transaction<Tables>) => Promise<{ result: Result; record?: AuditRecord | undefined }>,
  ): Promise<Result> {
    const events: AuditEvent[] = [];
    const result = await this.#database.transaction(async (trx) => {
      const outcome = await work(trx);
      if (outcome.record !== undefined) events.push(await this.append(trx, actor, outcome.record));
      return outcome.result;
    });
    this.#database.afterCommit(() => {
      for (const event of events) for (const listener of this.#listeners) listener(event);
    });
    return result;
  }

  /** Calls `listener` after each commit of this process. Returns the function that unsubscribes it. */
  subscribe(listener: AuditListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  list(filter: AuditFilter, page: { before?: number | undefined; limit: number }): Promise<AuditEvent[]> {
    return listAuditEvents(this.#database.kysely, filter, page);
  }

  /** Yields pages of the matching events, oldest first, up to the event that was newest at the start. */
  async *export(filter: AuditFilter): AsyncGenerator<readonly AuditEvent[]> {
    // Appends hold a lock until commit, so no event can appear below the newest one.
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

  /** Verifies the whole chain, page by page. */
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
