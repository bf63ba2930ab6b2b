/**
 * Carries a request with an idempotency key out once: the same key with the same request gets the answer that
 * the first one got. A key belongs to its principal and is kept for a day.
 *
 * The key is taken first and held while the request is carried out, so that two at once do not both run. The
 * answer is kept in the very transaction of the change (`atomic`), so that a crash leaves both or neither.
 * Work that is long, and harmless to do again, is not put into one transaction; its answer is kept after it.
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

/** How long an answer is kept. */
export const KEPT_MS = DAY_MS;
/** A process silent for this long has lost its request: somebody else may carry it out. */
const HELD_MS = 60 * SECOND_MS;
const RENEW_MS = 15 * SECOND_MS;
/** How often expired keys are deleted, by the process that takes a new one. */
const PRUNE_EVERY_MS = 10 * MINUTE_MS;
const PRUNE_ROWS = 1000;
/** Rounds a pruning takes at most; what is left is taken by the next. */
const PRUNE_ROUNDS = 50;

export interface KeyedRequest extends KeyIdentity {
  /** Of what is asked, once the body is read; undefined before. */
  readonly digest: () => Promise<string>;
  /** The digest where it is known before the work. */
  readonly knownDigest: string | undefined;
  /** Whether the work is short and one transaction. */
  readonly atomic: boolean;
}

/** What carrying out gave: an answer that is kept, or one that is not, since nothing was done. */
export type Carried = { readonly answer: Answer } | { readonly refused: true };

export type KeyedResult = { readonly replayed: Answer } | { readonly carried: true };

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
   * Runs `work` unless the request was carried out before. Throws `request_in_flight` where it is under way,
   * `idempotency_key_reused` where the key came with another request.
   */
  async once(request: KeyedRequest, work: () => Promise<Carried>): Promise<KeyedResult> {
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
    if (!(await claimKey(kysely, claim, HELD_MS))) return { replayed: await this.#storedAnswer(request) };
    const renewal = setInterval(() => {
      // A renewal that fails is followed by another.
      renewKey(kysely, held, HELD_MS).catch(() => {});
    }, RENEW_MS);
    renewal.unref();
    try {
      await this.#carryOut(request, held, work);
    } catch (error) {
      await releaseKey(this.#database.kysely, held);
      if (!(error instanceof Refused)) throw error;
    } finally {
      clearInterval(renewal);
    }
    return { carried: true };
  }

  async #carryOut(request: KeyedRequest, held: HeldKey, work: () => Promise<Carried>): Promise<void> {
    const workAndKeep = async (): Promise<void> => {
      const carried = await work();
      if ("refused" in carried) throw new Refused();
      const { kysely } = this.#database;
      const kept = await storeAnswer(kysely, held, await request.digest(), carried.answer, this.#clock.now());
      if (kept || !request.atomic) return;
      throw new RelearnError(
        "request_in_flight",
        "This process was silent for so long that another one has taken the request over. Send it again for its answer.",
        { details: { retry_after_seconds: 1 } },
      );
    };
    if (request.atomic) await this.#database.runAtomically(workAndKeep);
    else await workAndKeep();
  }

  async #storedAnswer(request: KeyedRequest): Promise<Answer> {
    const stored = await findRequest(this.#database.kysely, request);
    // A batch that another holder still reads has no digest to compare with; its key alone says that it runs.
    if (stored?.digest != null && stored.digest !== (await request.digest())) {
      throw new RelearnError(
        "idempotency_key_reused",
        "The idempotency key came before with another request. Use a new key for each request; the same one only to send the same request again.",
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
      "The first request with this idempotency key is still being carried out. Send it again in a moment for its answer.",
      { details: { key: request.key, retry_after_seconds: 1 } },
    );
  }

  /** Deletes what has expired, now and then: as fast as keys come, however long nobody did. */
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
