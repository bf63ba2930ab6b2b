/**
 * Says when the audit log has grown, whichever process wrote to it.
 *
 * Each change of state is one event in one order without gaps (the chain), so its highest number tells all
 * there is to tell. What this process commits is known at once; what others do is found by asking for that
 * number once a second, while somebody watches. (ADR 0010 says why not LISTEN.)
 */
import type { AuditEvent } from "@relearn/contract";
import { SECOND_MS } from "../clock.ts";
import type { Database } from "../db/database.ts";
import type { AuditService } from "./audit-service.ts";
import { readChainPage, readHighestSequence } from "./audit-store.ts";

export class AuditWatchService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #pollMs: number;
  readonly #watchers = new Set<() => void>();
  #stopListening: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #known = 0;

  constructor(database: Database, audit: AuditService, options: { pollMs?: number } = {}) {
    this.#database = database;
    this.#audit = audit;
    this.#pollMs = options.pollMs ?? SECOND_MS;
  }

  /** Number of the newest event; 0 where there is none. */
  head(): Promise<number> {
    return readHighestSequence(this.#database.kysely);
  }

  /** Events above a number, in their order. */
  after(sequence: number, limit: number): Promise<AuditEvent[]> {
    return readChainPage(this.#database.kysely, sequence, limit);
  }

  /** Calls `grown` whenever there may be new events; returns how to stop. */
  watch(grown: () => void): () => void {
    this.#watchers.add(grown);
    if (this.#watchers.size === 1) this.#begin();
    return () => {
      this.#watchers.delete(grown);
      if (this.#watchers.size === 0) this.close();
    };
  }

  /** Asks no more, until somebody watches again. */
  close(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #begin(): void {
    this.#stopListening = this.#audit.subscribe(() => this.#tell());
    this.#askLater();
  }

  #askLater(): void {
    this.#timer = setTimeout(async () => {
      const timer = this.#timer;
      try {
        const head = await this.head();
        if (head !== this.#known) this.#tell();
        this.#known = head;
      } catch {
        // A database that does not answer now is asked again.
      }
      if (this.#timer === timer && timer !== undefined) this.#askLater();
    }, this.#pollMs);
    this.#timer.unref();
  }

  #tell(): void {
    for (const grown of this.#watchers) grown();
  }
}
