import type { ReviewItemDocument } from "@relearn/contract";
import { type ActorReference, toActor } from "../actor.ts";
import type { AgentService } from "../agents/agent-service.ts";
import type { AuditService } from "../audit/audit-service.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { RelearnError } from "../errors.ts";
import { decideLease } from "./decide-answer.ts";
import { createLease, type LeaseOptions } from "./lease.ts";
import { toChangedItemError, toLeaseLostError } from "./refuse-answer.ts";
import { listAnswers } from "./review-answer-store.ts";
import type { ReviewItemService } from "./review-item-service.ts";
import { claimReviewItems, leaseReviewItem, renewLease, resumeLeases } from "./review-lease-store.ts";
import {
  findRequestedItem,
  insertReviewItems,
  requireReviewItem,
  type StoredReviewItem,
  settleReviewItem,
} from "./review-store.ts";

export interface ClaimOptions extends LeaseOptions {
  /** Maximum number of items; 1 by default. */
  readonly count?: number | undefined;
  /** True: return the items that the person already holds first, and extend their leases. */
  readonly resume?: boolean | undefined;
}

/** Leases of review items. The caller checks the right to label. */
export class ReviewLeaseService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #clock: Clock;
  readonly #agents: AgentService;
  readonly #items: ReviewItemService;

  constructor(parts: {
    readonly database: Database;
    readonly audit: AuditService;
    readonly clock: Clock;
    readonly agents: AgentService;
    readonly items: ReviewItemService;
  }) {
    this.#database = parts.database;
    this.#audit = parts.audit;
    this.#clock = parts.clock;
    this.#agents = parts.agents;
    this.#items = parts.items;
  }

  /**
   * Adds a task to the queue at a person's request. `queued` is false if the task is or was in the queue. Throws
   * `not_found` if the task has no evaluation result.
   */
  async request(
    agent: string,
    taskKey: string,
    options: { actor: ActorReference },
  ): Promise<{ readonly queued: boolean }> {
    const { definition } = await this.#agents.get(agent);
    return this.#audit.change(toActor(options.actor), async (trx) => {
      const now = this.#clock.now();
      const item = await findRequestedItem(trx, agent, taskKey);
      if (item === undefined) {
        throw new RelearnError(
          "not_found",
          `${agent} has no evaluation result of the task ${taskKey}. Only a task whose result is stored can be reviewed.`,
          { details: { agent, task_key: taskKey } },
        );
      }
      const queued = await insertReviewItems(trx, agent, [item], {
        batchId: "requested",
        reviewsNeeded: definition.reviews_per_item ?? 1,
        now,
      });
      return {
        result: { queued: queued > 0 },
        record:
          queued === 0
            ? undefined
            : { kind: "review.requested", agent, object: taskKey, detail: { result_id: item.result_id } },
      };
    });
  }

  /**
   * Leases the next items of the agent to a person, highest priority first. Returns none if nothing waits for that
   * person. No item is ever leased to two people; an item whose lease has ended is offered again.
   */
  async claim(agent: string, options: ClaimOptions): Promise<ReviewItemDocument[]> {
    const definition = await this.#agents.definition(agent);
    const lease = createLease(options, this.#clock.now());
    const count = options.count ?? 1;
    const resumed = options.resume
      ? await resumeLeases(this.#database.kysely, agent, lease, count)
      : ([] as StoredReviewItem[]);
    const claimed =
      resumed.length < count
        ? await claimReviewItems(this.#database.kysely, agent, lease, count - resumed.length)
        : [];
    return Promise.all(
      [...resumed, ...claimed].map((item) => this.#items.document(item, definition, lease.reviewer)),
    );
  }

  /** Leases one item, for example to open a link to it or to submit again after a lease has ended. */
  async claimItem(itemId: number, options: LeaseOptions): Promise<ReviewItemDocument> {
    const lease = createLease(options, this.#clock.now());
    const item = await this.#database.transaction(async (trx) => {
      const present = await requireReviewItem(trx, itemId, { lock: true });
      const held =
        present.state === "leased" &&
        present.lease_expires_at !== null &&
        present.lease_expires_at > lease.now;
      const mine = present.leased_to === lease.reviewer;
      if ((present.state !== "pending" && present.state !== "leased") || (held && !mine)) {
        throw new RelearnError(
          "lease_lost",
          held
            ? `Item ${itemId} is leased to another reviewer until ${present.lease_expires_at?.toISOString()}. Claim the next item.`
            : `Item ${itemId} is ${present.state} and does not wait for a label. Claim the next item.`,
          { details: { item_id: itemId, state: present.state, free: false } },
        );
      }
      const answered = await listAnswers(trx, present);
      if (answered.some((answer) => answer.reviewer === lease.reviewer)) {
        throw new RelearnError(
          "already_answered",
          `You have already answered item ${itemId}; it waits for another reviewer. Undo your answer to change it.`,
          { details: { item_id: itemId } },
        );
      }
      const leased = await leaseReviewItem(trx, present, lease);
      if (leased === undefined) throw toChangedItemError(present);
      return leased;
    });
    return this.#items.document(item, await this.#agents.definition(item.agent), lease.reviewer);
  }

  /** Extends a lease. Throws `lease_lost` if it is no longer held. */
  async renew(
    itemId: number,
    options: LeaseOptions & { readonly leaseToken: string },
  ): Promise<{ item_id: number; expires_at: string }> {
    const { reviewer, now, expiresAt } = createLease(options, this.#clock.now());
    const item = await renewLease(this.#database.kysely, itemId, {
      reviewer,
      token: options.leaseToken,
      now,
      expiresAt,
    });
    if (item === undefined) {
      const present = await requireReviewItem(this.#database.kysely, itemId);
      throw toLeaseLostError(present, reviewer, options.leaseToken, now, {});
    }
    return { item_id: itemId, expires_at: expiresAt.toISOString() };
  }

  /** Returns an item to the queue without an answer. `released` is false if the lease is no longer held. */
  async release(
    itemId: number,
    options: Pick<LeaseOptions, "actor"> & { readonly leaseToken: string },
  ): Promise<{ item_id: number; released: boolean }> {
    const reviewer = toActor(options.actor).name;
    const now = this.#clock.now();
    return this.#database.transaction(async (trx) => {
      const item = await requireReviewItem(trx, itemId, { lock: true });
      const held = decideLease(item, reviewer, options.leaseToken, now).kind === "held";
      const rows = held ? await settleReviewItem(trx, item, { state: "pending", label: null, now }) : 0;
      return { item_id: itemId, released: rows === 1 };
    });
  }
}
