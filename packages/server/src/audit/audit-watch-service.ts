/**
 * Notifies watchers when the audit log has grown, whichever process wrote to it.
 *
 * The events of the chain are numbered without gaps, so the highest number shows whether there are new ones.
 * Commits of this process are reported immediately; those of other processes are found by polling the number
 * once a second while there are watchers. (ADR 0010 explains why not by LISTEN.)
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

  /** Returns the number of the newest event, or 0 if there is none. */
  head(): Promise<number> {
    return readHighestSequence(this.#database.kysely);
  }

  /** Returns events above a number, in order. */
  after(sequence: number, limit: number): Promise<AuditEvent[]> {
    return readChainPage(this.#database.kysely, sequence, limit);
  }

  /** Calls `onGrowth` whenever there may be new events. Returns the function that stops watching. */
  watch(onGrowth: () => void): () => void {
    this.#watchers.add(onGrowth);
    if (this.#watchers.size === 1) this.#start();
    return () => {
      this.#watchers.delete(onGrowth);
      if (this.#watchers.size === 0) this.close();
    };
  }

  /** Stops polling until the next call of `watch`. */
  close(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    this.#stopListening = this.#audit.subscribe(() => this.#notify());
    this.#schedulePoll();
  }

  #schedulePoll(): void {
    this.#timer = setTimeout(async () => {
      const timer = this.#timer;
      try {
        const head = await this.head();
        if (head !== this.#known) this.#notify();
        this.#known = head;
      } catch {
        // A poll that fails is retried at the next interval.
      }
      if (this.#timer === timer && timer !== undefined) this.#schedulePoll();
    }, this.#pollMs);
    this.#timer.unref();
  }

  #notify(): void {
    for (const onGrowth of this.#watchers) onGrowth();
  }
}
