/**
 * Executes a request with an idempotency key once: the same request with the same key receives the stored
 * response. A key belongs to its principal and is kept for a day.
 *
 * The key is claimed first and held during execution, so that concurrent requests do not both run. With
 * `atomic`, the response is stored in the transaction of the change, so that a crash leaves both or neither.
 * Long work that is harmless to repeat does not run in one transaction; its response is stored after it.
 */
import { randomUUID } from "node:crypto";
import { type Clock, DAY_MS, MINUTE_MS, SECOND_MS } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { RelearnError } from "../errors.ts";
import {
  type Answer,
  claimKey,
  deleteExpiredKeys,
  findRequest,
  type HeldKey,
  type KeyIdentity,
  releaseKey,
  renewKey,
  storeAnswer,
} from "./idempotency-store.ts";

/** Retention of a response. */
export const KEPT_MS = DAY_MS;
/** Time without renewal after which another process may claim the request. */
const HELD_MS = 60 * SECOND_MS;
const RENEW_MS = 15 * SECOND_MS;
/** Interval at which a process deletes expired keys when it claims a new one. */
const PRUNE_EVERY_MS = 10 * MINUTE_MS;
const PRUNE_ROWS = 1000;
/** Maximum number of deletes in one pruning; the next pruning deletes the rest. */
const PRUNE_ROUNDS = 50;

export interface KeyedRequest extends KeyIdentity {
  /** Computes the digest of the request; reads the body if necessary. */
  readonly digest: () => Promise<string>;
  /** The digest if it is known before the work, else undefined. */
  readonly knownDigest: string | undefined;
  /** Whether the work is short and runs in one transaction. */
  readonly atomic: boolean;
}

/** Outcome of an execution: a response to store, or a refusal, which is not stored because nothing was done. */
export type ExecutionOutcome = { readonly answer: Answer } | { readonly refused: true };

export type KeyedResult = { readonly replayed: Answer } | { readonly executed: true };

class Refused extends Error {}

export class IdempotencyService {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #process = randomUUID();
  #held = 0;
  #prunedAt = Number.NEGATIVE_INFINITY;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * Runs `work` unless the request was executed before. Throws `request_in_flight` if it is still running, and
   * `idempotency_key_reused` if the key was used with a different request.
   */
  async once(request: KeyedRequest, work: () => Promise<ExecutionOutcome>): Promise<KeyedResult> {
    await this.#prune();
    const now = this.#clock.now();
    const { kysely } = this.#database;
    const held: HeldKey = {
      key: request.key,
      principal: request.principal,
      holder: `${this.#process} ${this.#held++}`,
    };
    const claim = {
      ...held,
      digest: request.knownDigest ?? null,
      now,
      expiredBefore: new Date(now.getTime() - KEPT_MS),
      onlyProcess: this.#database.kind === "embedded" ? this.#process : null,
    };
    if (!(await claimKey(kysely, claim, HELD_MS))) return { replayed: await this.#findAnswer(request) };
    const renewal = setInterval(() => {
      // A failed renewal is retried at the next interval.
      renewKey(kysely, held, HELD_MS).catch(() => {});
    }, RENEW_MS);
    renewal.unref();
    try {
      await this.#execute(request, held, work);
    } catch (error) {
      await releaseKey(this.#database.kysely, held);
      if (!(error instanceof Refused)) throw error;
    } finally {
      clearInterval(renewal);
    }
    return { executed: true };
  }

  async #execute(request: KeyedRequest, held: HeldKey, work: () => Promise<ExecutionOutcome>): Promise<void> {
    const executeAndStore = async (): Promise<void> => {
      const outcome = await work();
      if ("refused" in outcome) throw new Refused();
      const { kysely } = this.#database;
      const digest = await request.digest();
      const isStored = await storeAnswer(kysely, held, digest, outcome.answer, this.#clock.now());
      if (isStored || !request.atomic) return;
      throw new RelearnError(
        "request_in_flight",
        "Another process has taken over this request, because its lease expired. Send the request again to get its response.",
        { details: { retry_after_seconds: 1 } },
      );
    };
    if (request.atomic) await this.#database.runAtomically(executeAndStore);
    else await executeAndStore();
  }

  async #findAnswer(request: KeyedRequest): Promise<Answer> {
    const stored = await findRequest(this.#database.kysely, request);
    // A batch that another holder is still reading has no digest yet; only its key can be compared.
    if (stored?.digest != null && stored.digest !== (await request.digest())) {
      throw new RelearnError(
        "idempotency_key_reused",
        "The idempotency key was already used with a different request. Use a new key for each request, and the same key only to repeat a request.",
        { details: { key: request.key } },
      );
    }
    if (stored?.answer != null) {
      return {
        status: stored.status ?? 200,
        contentType: stored.content_type ?? "application/json",
        text: stored.answer,
      };
    }
    throw new RelearnError(
      "request_in_flight",
      "The first request with this idempotency key is still running. Send the request again in a moment to get its response.",
      { details: { key: request.key, retry_after_seconds: 1 } },
    );
  }

  /** Deletes expired keys at intervals, in bounded steps. */
  async #prune(): Promise<void> {
    const now = this.#clock.now().getTime();
    if (now - this.#prunedAt < PRUNE_EVERY_MS) return;
    this.#prunedAt = now;
    const before = new Date(now - KEPT_MS);
    for (let round = 0; round < PRUNE_ROUNDS; round++) {
      if ((await deleteExpiredKeys(this.#database.kysely, before, PRUNE_ROWS)) < PRUNE_ROWS) return;
    }
  }
}
